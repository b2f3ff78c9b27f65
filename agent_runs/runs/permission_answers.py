"""Answers of people to the questions of agents."""

from typing import Literal

from agent_runs.errors import InvalidRequest
from agent_runs.models import PermissionRequest
from agent_runs.runs.recorder import release
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import permissions, runs


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
    async with database.begin() as transaction:
        await runs.lock(transaction, run_id)
        answered = await permissions.answer(transaction, permission_id, chosen)
        await release(transaction, run_id)
    return answered


def _option_for(asked: PermissionRequest, decision: Literal["allow", "reject"] | None) -> str:
    if decision is None:
        raise InvalidRequest('Give option_id, or decision: "allow" or "reject".')
    # Once before always: an answer never says more than it was asked to.
    for kind in (f"{decision}_once", f"{decision}_always"):
        for option in asked.options:
            if option.kind == kind:
                return option.option_id
    raise InvalidRequest(f"decision: the agent offers no way to {decision} this.")
