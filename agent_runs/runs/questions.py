"""Questions of agents: a run is paused until a person answers, or the question is withdrawn.

The answer travels through the store and the event bus, so it does not matter which process takes
it.
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
        timeout_seconds: then the question is withdrawn.

    Returns:
        The chosen option; None when the question was withdrawn.
    """
    async with runs.changing(database, run_id) as (transaction, run):
        asked = await permissions.insert(
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
            permission_id=run.permission_id or asked.id,
        )
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _answer_to(database, bus, asked)
    except TimeoutError:
        return None
    finally:
        await to_its_end(_close(database, asked, fence))


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
        PermissionAnswered: it was answered or withdrawn before.
        InvalidRequest: the agent does not offer that answer.
    """
    await runs.get(database, run_id)
    asked = await permissions.get(database, run_id, permission_id)
    chosen = option_id or _option_for(asked, decision)
    if chosen not in {option.option_id for option in asked.options}:
        offered = ", ".join(repr(option.option_id) for option in asked.options)
        raise InvalidRequest(f"option_id: {chosen!r} is not offered; one of {offered}.")
    async with runs.changing(database, run_id) as (transaction, _):
        answered = await permissions.answer(transaction, permission_id, chosen)
        await _release(transaction, run_id)
    return answered


async def _answer_to(database: Database, bus: EventBus, asked: PermissionRequest) -> str | None:
    async with bus.subscribe(run_id=asked.agent_run_id) as subscription:
        while True:
            present = await permissions.get(database, asked.agent_run_id, asked.id)
            if present.state != "pending":
                return present.option_id
            await subscription.next(_POLL_SECONDS)


async def _close(database: Database, asked: PermissionRequest, fence: int) -> None:
    try:
        # The run is locked first, as for an answer: two that lock in another order wait forever.
        async with runs.changing(database, asked.agent_run_id) as (transaction, _):
            await permissions.withdraw(transaction, asked.id)
            await _release(transaction, asked.agent_run_id, fence=fence)
    except LostFence:
        return


async def _release(transaction: Transaction, run_id: int, *, fence: int | None = None) -> None:
    """Let a paused run go on once none of its questions is open."""
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


def _option_for(asked: PermissionRequest, decision: Literal["allow", "reject"] | None) -> str:
    if decision is None:
        raise InvalidRequest('Give option_id, or decision: "allow" or "reject".')
    # Once before always: an answer never says more than it was asked to.
    for kind in (f"{decision}_once", f"{decision}_always"):
        for option in asked.options:
            if option.kind == kind:
                return option.option_id
    raise InvalidRequest(f"decision: the agent offers no way to {decision} this.")
