"""Prompts that wait for the present turn of a run to be complete."""

from agent_runs.errors import Conflict
from agent_runs.models import TERMINAL_STATUSES, QueuedPrompt
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import queue, runs

_LONGEST = 20


async def put(
    database: Database, run_id: int, prompt: str, images: tuple[str, ...]
) -> QueuedPrompt:
    """Keep a prompt for the next turn.

    Raises:
        RunNotFound: there is no such run.
        Conflict: the run has ended, or enough prompts wait.
    """
    async with database.begin() as transaction:
        run = await runs.lock(transaction, run_id)
        if run.status in TERMINAL_STATUSES:
            raise Conflict(f"Run {run_id} is {run.status}: resume it instead.")
        if run.queued >= _LONGEST:
            raise Conflict(f"Run {run_id} has {run.queued} prompts waiting, no more fit.")
        queued = await queue.insert(transaction, run_id, prompt=prompt, images=images)
        await runs.change(transaction, run, queued=run.queued + 1)
    return queued


async def withdraw(database: Database, run_id: int, queued_id: int) -> None:
    """Withdraw a prompt that still waits.

    Raises:
        RunNotFound: there is no such run.
        Conflict: it was sent or withdrawn before.
    """
    async with database.begin() as transaction:
        run = await runs.lock(transaction, run_id)
        await queue.withdraw(transaction, run_id, queued_id)
        await runs.change(transaction, run, queued=max(run.queued - 1, 0))
