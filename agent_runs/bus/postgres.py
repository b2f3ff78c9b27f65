"""The hub of one process among several on a PostgreSQL database.

LISTEN is only a hint that events were committed: they are read from the table, which is read every
second anyway. So a lost notification or a broken connection causes a delay, but no loss. The
connection must be a real session, not one of a transaction pooler.
"""

from typing import Self

import psycopg
from psycopg import sql

from agent_runs.bus.base import Bounds, ReadEvents
from agent_runs.bus.memory import MemoryBus
from agent_runs.errors import Unavailable
from agent_runs.events import CHANNEL
from agent_runs.tasks import Restart, living


class PostgresBus(MemoryBus):
    """Event bus that also gets what other processes commit; an async context manager."""

    _poll_seconds = 1.0

    def __init__(self, read_events: ReadEvents, bounds: Bounds, dsn: str) -> None:
        super().__init__(read_events, bounds)
        self._dsn = dsn

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        listening = living("event-bus-listen", self._listen, restart=Restart())
        await self._tasks.enter_async_context(listening)
        return self

    async def _listen(self) -> None:
        try:
            connection = await psycopg.AsyncConnection.connect(
                self._dsn, autocommit=True, keepalives_idle=30
            )
            async with connection:
                await connection.execute(sql.SQL("listen {}").format(sql.Identifier(CHANNEL)))
                # What was committed while nobody listened.
                self.hint()
                async for _ in connection.notifies():
                    self.hint()
        except psycopg.Error as exc:
            raise Unavailable(f"Events come late, once a second: {exc}") from exc
