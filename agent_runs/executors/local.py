"""Lets runs work in this process: asyncio tasks, first come, first served, a few at a time.

A task belongs to the executor from `submit` to its end. Leaving the executor cancels its tasks and
waits for them, so nothing outlives the program. Runs that never started stay PENDING in the store
and are submitted again at the next start.
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
        end_seconds: how long cancelled work may take to end.
    """

    def __init__(self, *, concurrency: int, end_seconds: float = 60.0) -> None:
        self._end_seconds = end_seconds
        self._room = asyncio.Semaphore(concurrency)
        self._work: Work | None = None
        self._waiting: dict[int, asyncio.Task[None]] = {}
        self._working: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()

    def use(self, work: Work) -> None:
        """Set what works on a run; call it once, before the first `submit`."""
        self._work = work

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._again.clear()
        tasks = [*self._waiting.values(), *self._working.values()]
        await end(*tasks, seconds=self._end_seconds)

    async def submit(self, run_id: int) -> None:
        """Let the run work as soon as there is room; one that already waits is not added again."""
        if run_id in self._waiting:
            return
        if run_id in self._working:
            # Its last turn is stored, but its task is still cleaning up.
            self._again.add(run_id)
            return
        self._waiting[run_id] = asyncio.create_task(self._run(run_id), name=f"run-{run_id}")

    async def withdraw(self, run_id: int) -> bool:
        """Remove a run that waits for room; False if it already works or is unknown."""
        self._again.discard(run_id)
        task = self._waiting.pop(run_id, None)
        if task is None:
            return False
        await end(task)
        return True

    async def _run(self, run_id: int) -> None:
        if self._work is None:
            raise RuntimeError("use() comes before submit()")
        # A waiting task that is cancelled was removed from `_waiting` by its canceller; the run may
        # already have another one there.
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
