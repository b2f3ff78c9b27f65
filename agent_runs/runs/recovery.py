"""Ends or starts the runs that a stopped process left behind.

A process beats into the lease table while it is alive. Runs of a process without a beat are
interrupted: they get an ERROR entry, keep their workspace and can be resumed. Runs that it had
accepted but not started are started here.
"""

import logging
from datetime import UTC, datetime, timedelta

from agent_runs.executors.base import Executor
from agent_runs.models import TERMINAL_STATUSES, AgentRunStatus
from agent_runs.runs.turns import INTERRUPTED, end_turn
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import leases, runs

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
DEAD_AFTER = timedelta(seconds=30)


async def take_over(
    database: Database, executor: Executor, *, worker: str, alone: bool
) -> tuple[int, int]:
    """End the runs of dead workers, and submit those that never started.

    Args:
        worker: our own name; its runs are left alone.
        alone: True if no other process can be using this database.

    Returns:
        (interrupted, started): how many runs of each kind there were.
    """
    now = datetime.now(UTC)
    alive: set[str] = set()
    if not alone:
        alive |= set(await leases.alive(database, now - DEAD_AFTER))
    interrupted = started = 0
    for run, owner in await runs.unfinished(database):
        if owner == worker or owner in alive or run.place != "here":
            continue
        match await _take(database, run.id, owner, worker):
            case AgentRunStatus.PENDING:
                await executor.submit(run.id)
                started += 1
            case None:
                pass
            case _:
                interrupted += 1
    for name in await leases.dead(database, now if alone else now - DEAD_AFTER):
        if name != worker:
            async with database.begin() as transaction:
                await leases.remove(transaction, name)
    if interrupted or started:
        logger.warning(
            "recovery: ended %d interrupted runs, submitted %d waiting runs", interrupted, started
        )
    return interrupted, started


async def _take(database: Database, run_id: int, owner: str | None, worker: str) -> str | None:
    """Make a waiting run ours, or end one that was being worked on.

    Returns:
        The status that the run had; None if another process was faster.
    """
    async with runs.changing(database, run_id) as (transaction, run):
        # The list of runs was read before; only now nobody else can change this one.
        present = await runs.private(transaction, run_id)
        if run.status in TERMINAL_STATUSES or present.worker != owner:
            return None
        if run.status == AgentRunStatus.PENDING:
            await runs.change_private(transaction, run_id, worker=worker)
        else:
            # A new fence first: if the old worker is still alive, its writes are refused.
            fence = await runs.advance_fence(transaction, run_id)
            await end_turn(transaction, run, INTERRUPTED, fence=fence, say=True)
    return run.status
