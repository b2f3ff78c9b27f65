"""The heartbeat of a process: shows that it is alive, and takes over runs of dead processes."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from functools import partial

from agent_runs.executors.base import Executor
from agent_runs.runs import recovery
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events, leases
from agent_runs.tasks import Restart, living

_SWEEP_EVERY = 3
_PRUNE_EVERY = 60


class Heart:
    """The heart of one process.

    Args:
        worker: its unique name.
        alone: True if no other process can be using this database.
        events_kept: how many events stay in the table for subscribers that reconnect.
        beat_seconds: the time between two beats, and the longest pause after a failed one.
    """

    def __init__(
        self,
        database: Database,
        executor: Executor,
        *,
        worker: str,
        alone: bool,
        events_kept: int,
        beat_seconds: float = recovery.BEAT_SECONDS,
    ) -> None:
        self._database = database
        self._executor = executor
        self._worker = worker
        self._alone = alone
        self._events_kept = events_kept
        self._beat_seconds = beat_seconds

    @contextlib.asynccontextmanager
    async def beating(self) -> AsyncGenerator[None]:
        """Recover what an earlier process left, then beat while the block runs."""
        await self._take_over(alone=self._alone)
        # The count outlives a failed beat, or sweeps and pruning might never happen.
        live = partial(self._live, itertools.count(1))
        restart = Restart(most_seconds=self._beat_seconds)
        async with living("heartbeat", live, restart=restart):
            yield

    async def beat(self) -> None:
        """Record once that the process is alive."""
        async with self._database.begin() as transaction:
            await leases.beat(transaction, self._worker, datetime.now(UTC))

    async def _take_over(self, *, alone: bool) -> None:
        await recovery.take_over(self._database, self._executor, worker=self._worker, alone=alone)

    async def _live(self, beats: Iterator[int]) -> None:
        for beat in beats:
            await self.beat()
            if not self._alone and beat % _SWEEP_EVERY == 0:
                await self._take_over(alone=False)
            if beat % _PRUNE_EVERY == 0:
                async with self._database.begin() as transaction:
                    await events.prune(transaction, self._events_kept)
            await asyncio.sleep(self._beat_seconds)
