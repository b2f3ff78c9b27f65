"""Mute a run, so that nobody outside hears of it any more, or let it speak again."""

from agent_runs.models import AgentRun
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import runs


async def set_muted(database: Database, run_id: int, *, muted: bool) -> AgentRun:
    """Let a run send no webhooks from now on, or send them again.

    Raises:
        RunNotFound: there is no such run.
    """
    async with database.begin() as transaction:
        run = await runs.lock(transaction, run_id)
        if run.muted != muted:
            run = await runs.change(transaction, run, muted=muted)
    return run
