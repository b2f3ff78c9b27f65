"""How long a run worked and waited: updated with each change of its status."""

from datetime import datetime, timedelta

from agent_runs.models import JSON, AgentRun, AgentRunStatus
from agent_runs.store.engine.database import Transaction
from agent_runs.store.engine.payloads import moment

_MILLISECOND = timedelta(milliseconds=1)
_NOBODY = frozenset({"quota"})
"""Reasons of a pause that no person can end."""


def waiting(before: AgentRun, fields: dict[str, JSON], now: datetime) -> dict[str, JSON]:
    """Return the new `paused_at` and `waited_ms` after a change.

    Args:
        before: the run as it was.
        fields: what it becomes.
    """
    is_paused = fields["status"] == AgentRunStatus.PAUSED and fields["status_reason"] not in _NOBODY
    if is_paused and before.paused_at is None:
        return {"paused_at": now}
    if not is_paused and before.paused_at is not None:
        waited = max((now - before.paused_at) // _MILLISECOND, 0)
        return {"paused_at": None, "waited_ms": before.waited_ms + waited}
    return {}


async def worked(transaction: Transaction, before: AgentRun, ended: datetime) -> dict[str, JSON]:
    """Return the new `worked_ms` after the end of a turn; nothing if its start is unknown."""
    rows = await transaction.execute(
        "select started_at from turn where run_id = :run_id and turn = :turn",
        {"run_id": before.id, "turn": before.turn},
    )
    started = rows[0][0] if rows else None
    if started is None:
        return {}
    spent = max((ended - moment(started)) // _MILLISECOND, 0)
    return {"worked_ms": (before.worked_ms or 0) + spent}
