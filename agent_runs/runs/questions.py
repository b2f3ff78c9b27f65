"""Questions of agents: a run pauses until a person answers, or until the question is withdrawn.

A question is withdrawn when its time is over or its turn ends. The answer travels through the store
and the event bus, so any process can take it.
"""

import asyncio
from typing import Literal

from agent_runs.bus.base import EventBus
from agent_runs.errors import InvalidRequest, LostFence
from agent_runs.models import AgentRunStatus, PermissionRequest
from agent_runs.providers.base import PermissionQuestion
from agent_runs.store.engine.database import Database, Transaction
from agent_runs.store.runs import permissions, runs
from agent_runs.tasks import to_its_end

_POLL_SECONDS = 30.0


async def ask(
    database: Database,
    bus: EventBus,
    question: PermissionQuestion,
    *,
    run_id: int,
    turn: int,
    fence: int,
    timeout_seconds: float,
) -> str | None:
    """Pause a run until a person answers.

    Args:
        fence: of the claim under which the agent works.
        timeout_seconds: the time to answer; after it the question is withdrawn.

    Returns:
        The chosen option; None if the question was withdrawn.
    """
    async with runs.changing(database, run_id) as (transaction, run):
        permission = await permissions.insert(
            transaction,
            run_id=run_id,
            turn=turn,
            tool_call=question.tool_call,
            options=question.options,
        )
        await runs.change(
            transaction,
            run,
            fence=fence,
            status=AgentRunStatus.PAUSED,
            status_reason="permission",
            permission_id=run.permission_id or permission.id,
        )
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _answer_to(database, bus, permission)
    except TimeoutError:
        return None
    finally:
        await to_its_end(_close(database, permission, fence))


async def answer(
    database: Database,
    run_id: int,
    permission_id: int,
    *,
    option_id: str | None = None,
    decision: Literal["allow", "reject"] | None = None,
) -> PermissionRequest:
    """Answer a question with one of its options, or simply with yes or no.

    Raises:
        RunNotFound, PermissionNotFound: there is no such question.
        PermissionAnswered: it was already answered or withdrawn.
        InvalidRequest: the agent does not offer that answer.
    """
    await runs.get(database, run_id)
    question = await permissions.get(database, run_id, permission_id)
    choice = option_id or _option_for(question, decision)
    if choice not in {option.option_id for option in question.options}:
        options = ", ".join(repr(option.option_id) for option in question.options)
        raise InvalidRequest(f"option_id: {choice!r} is not offered. Choose one of {options}.")
    async with runs.changing(database, run_id) as (transaction, _):
        answered = await permissions.answer(transaction, permission_id, choice)
        await _release(transaction, run_id)
    return answered


async def _answer_to(database: Database, bus: EventBus, question: PermissionRequest) -> str | None:
    async with bus.subscribe(run_id=question.agent_run_id) as subscription:
        while True:
            present = await permissions.get(database, question.agent_run_id, question.id)
            if present.state != "pending":
                return present.option_id
            await subscription.next(_POLL_SECONDS)


async def _close(database: Database, question: PermissionRequest, fence: int) -> None:
    try:
        # The run is locked first, as for an answer: a different order would deadlock.
        async with runs.changing(database, question.agent_run_id) as (transaction, _):
            await permissions.withdraw(transaction, question.id)
            await _release(transaction, question.agent_run_id, fence=fence)
    except LostFence:
        return


async def _release(transaction: Transaction, run_id: int, *, fence: int | None = None) -> None:
    """Let a paused run continue once none of its questions is open."""
    run = await runs.lock(transaction, run_id)
    if run.status != AgentRunStatus.PAUSED:
        return
    open_id = await permissions.oldest_pending(transaction, run_id)
    if open_id is None:
        await runs.change(
            transaction,
            run,
            fence=fence,
            status=AgentRunStatus.ACTIVE,
            status_reason=None,
            permission_id=None,
        )
    elif open_id != run.permission_id:
        await runs.change(transaction, run, fence=fence, permission_id=open_id)


def _option_for(question: PermissionRequest, decision: Literal["allow", "reject"] | None) -> str:
    if decision is None:
        raise InvalidRequest('Give option_id, or decision: "allow" or "reject".')
    # Once before always: an answer must not allow more than the person meant.
    for kind in (f"{decision}_once", f"{decision}_always"):
        for option in question.options:
            if option.kind == kind:
                return option.option_id
    raise InvalidRequest(f"decision: the agent offers no way to {decision} this.")
