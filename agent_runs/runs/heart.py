"""The heartbeat of a process: it says that it lives and takes over from those that do not."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from datetime import UTC, datetime

from agent_runs.executors.base import Executor
from agent_runs.runs import recovery
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events, leases

logger = logging.getLogger(__name__)

_SWEEP_EVERY = 3
_PRUNE_EVERY = 60


class Heart:
    """The heart of one process.

    Args:
        worker: its unique name.
        alone: True when no other process can be at work on this database.
        events_kept: how many events stay in the table for subscribers that come back.
    """

    def __init__(
        self,
        database: Database,
        executor: Executor,
        *,
        worker: str,
        alone: bool,
        events_kept: int,
    ) -> None:
        self._database = database
        self._executor = executor
        self._worker = worker
        self._alone = alone
        self._events_kept = events_kept

    @contextlib.asynccontextmanager
    async def beating(self) -> AsyncGenerator[None]:
        """Recover what a former process left, then beat while the block runs."""
        await self._take_over(alone=self._alone)
        beats = asyncio.create_task(self._live(), name="heartbeat")
        try:
            yield
        finally:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)

    async def beat(self) -> None:
        """Say once that the process lives."""
        async with self._database.begin() as transaction:
            await leases.beat(transaction, self._worker, datetime.now(UTC))

    async def _take_over(self, *, alone: bool) -> None:
        await recovery.take_over(self._database, self._executor, worker=self._worker, alone=alone)

    async def _live(self) -> None:
        beats = 0
        while True:
            await asyncio.sleep(recovery.BEAT_SECONDS)
            beats += 1
            try:
                await self.beat()
                if not self._alone and beats % _SWEEP_EVERY == 0:
                    await self._take_over(alone=False)
                if beats % _PRUNE_EVERY == 0:
                    async with self._database.begin() as transaction:
                        await events.prune(transaction, self._events_kept)
            except Exception:
                # A database that is away for a while must not end the heart.
                logger.exception("heartbeat failed, it goes on")
