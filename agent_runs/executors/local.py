"""Runs work in this process: asyncio tasks, first come first served, a few at a time.

A task belongs to the executor from `submit` to its end. Leaving the executor cancels what works
and waits for it, so nothing outlives the program; what never started stays PENDING in the store
and is submitted again at the next start.
"""

import asyncio
import logging
from typing import Self

from agent_runs.executors.base import Work
from agent_runs.tasks import end

logger = logging.getLogger(__name__)


class LocalExecutor:
    """At most `concurrency` runs work at the same time; the others wait in order.

    Args:
        end_seconds: how long work that is cancelled may take to end.
    """

    def __init__(self, *, concurrency: int, end_seconds: float = 60.0) -> None:
        self._end_seconds = end_seconds
        self._room = asyncio.Semaphore(concurrency)
        self._work: Work | None = None
        self._waiting: dict[int, asyncio.Task[None]] = {}
        self._working: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()

    def use(self, work: Work) -> None:
        """Set what to do for a run; called once, before the first `submit`."""
        self._work = work

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._again.clear()
        tasks = [*self._waiting.values(), *self._working.values()]
        await end(*tasks, seconds=self._end_seconds)

    async def submit(self, run_id: int) -> None:
        """Let the run work as soon as there is room; a run that waits already is not doubled."""
        if run_id in self._waiting:
            return
        if run_id in self._working:
            # Its last turn is in the store, but its task is still tidying up.
            self._again.add(run_id)
            return
        self._waiting[run_id] = asyncio.create_task(self._run(run_id), name=f"run-{run_id}")

    async def withdraw(self, run_id: int) -> bool:
        """Take a run out that waits for room; False when it works already or is not known."""
        self._again.discard(run_id)
        task = self._waiting.pop(run_id, None)
        if task is None:
            return False
        await end(task)
        return True

    async def _run(self, run_id: int) -> None:
        if self._work is None:
            raise RuntimeError("use() comes before submit()")
        # Who ends a task that still waits takes it out of `_waiting`, where another one of the same
        # run may stand by now.
        async with self._room:
            self._working[run_id] = self._waiting.pop(run_id)
            try:
                await self._work(run_id)
            except Exception:
                # The edge of a task: one run must not end the others.
                logger.exception("run %s: its work failed", run_id)
            finally:
                del self._working[run_id]
        if run_id in self._again:
            self._again.discard(run_id)
            await self.submit(run_id)
