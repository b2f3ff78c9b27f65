"""Questions of agents: a run pauses until a person answers, or until the question is withdrawn.

A question is withdrawn when its time is over or its turn ends. The answer travels through the store
and the event bus, so any process can take it.
"""

import asyncio
from collections.abc import Mapping
from typing import Literal

from agent_runs.bus.base import EventBus
from agent_runs.errors import InvalidRequest, LostFence
from agent_runs.models import JSON, AgentRunStatus
from agent_runs.providers.base import PermissionQuestion
from agent_runs.questions import PermissionRequest, filled_in
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
) -> PermissionRequest | None:
    """Pause a run until a person answers.

    Args:
        fence: of the claim under which the agent works.
        timeout_seconds: the time to answer; after it the question is withdrawn.

    Returns:
        The question with its answer; None if it was withdrawn.
    """
    async with runs.changing(database, run_id) as (transaction, run):
        permission = await permissions.insert(
            transaction,
            run_id=run_id,
            turn=turn,
            tool_call=question.tool_call,
            options=question.options,
            form=question.form,
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
    content: Mapping[str, JSON] | None = None,
) -> PermissionRequest:
    """Answer a question with one of its options, or simply with yes or no.

    Args:
        database: where the question is.
        run_id: whose agent asks.
        permission_id: id of the question.
        option_id: of the answer.
        decision: in place of an option.
        content: what was filled in, for a question with a form; it means yes.

    Raises:
        RunNotFound, PermissionNotFound: there is no such question.
        PermissionAnswered: it was already answered or withdrawn.
        InvalidRequest: the agent does not offer that answer.
    """
    await runs.get(database, run_id)
    question = await permissions.get(database, run_id, permission_id)
    if content and question.form is None:
        raise InvalidRequest("content: this question has no form. Answer it with an option.")
    yes = "allow" if content else None
    choice = option_id or _option_for(question, decision or yes)
    if choice not in {option.option_id for option in question.options}:
        options = ", ".join(repr(option.option_id) for option in question.options)
        raise InvalidRequest(f"option_id: {choice!r} is not offered. Choose one of {options}.")
    filled = _filled_in(question, choice, content or {})
    async with runs.changing(database, run_id) as (transaction, _):
        answered = await permissions.answer(transaction, permission_id, choice, filled)
        await _release(transaction, run_id)
    return answered


async def _answer_to(
    database: Database, bus: EventBus, question: PermissionRequest
) -> PermissionRequest | None:
    async with bus.subscribe(run_id=question.agent_run_id) as subscription:
        while True:
            present = await permissions.get(database, question.agent_run_id, question.id)
            if present.state != "pending":
                return present if present.state == "answered" else None
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


def _filled_in(
    question: PermissionRequest, choice: str, content: Mapping[str, JSON]
) -> dict[str, JSON]:
    kinds = {option.option_id: option.kind for option in question.options}
    if question.form is None or not kinds[choice].startswith("allow"):
        return {}
    return filled_in(question.form, content)


def _option_for(question: PermissionRequest, decision: Literal["allow", "reject"] | None) -> str:
    if decision is None:
        raise InvalidRequest('Give option_id, or decision: "allow" or "reject".')
    # Once before always: an answer must not allow more than the person meant.
    for kind in (f"{decision}_once", f"{decision}_always"):
        for option in question.options:
            if option.kind == kind:
                return option.option_id
    raise InvalidRequest(f"decision: the agent offers no way to {decision} this.")
