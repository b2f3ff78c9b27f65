"""A turn whose database is away for a moment can still be stopped, and still ends."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import anyio
import pytest

from agent_runs.bus.memory import MemoryBus, MemorySubscription
from agent_runs.errors import Unavailable
from agent_runs.models import AgentRunStatus
from agent_runs.providers.base import Recorder, TurnOutcome, TurnRequest
from agent_runs.runs import TurnWork
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events, runs
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

Work = Callable[[], Awaitable[TurnOutcome]]


class OneTurn:
    """A provider that works on a turn by calling a function."""

    name = "one"

    def __init__(self, work: Work) -> None:
        self.stopped = asyncio.Event()
        self._work = work

    async def work(self, _request: TurnRequest, _recorder: Recorder) -> TurnOutcome:
        return await self._work()

    async def cancel(self, _run_id: int) -> None:
        self.stopped.set()


class StumblingBus(MemoryBus):
    """Cannot be joined the first time."""

    stumbles = 1

    @asynccontextmanager
    async def subscribe(self, **wanted: int | None) -> AsyncGenerator[MemorySubscription]:
        if self.stumbles:
            self.stumbles -= 1
            raise Unavailable("The database cannot be used now.")
        async with super().subscribe(**wanted) as subscription:
            yield subscription


@asynccontextmanager
async def working(database: Database, provider: OneTurn) -> AsyncGenerator[int]:
    """A run whose turn is worked on in the background; gives its id and waits for the end."""
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="Wait", agent="one")
    bus = StumblingBus(partial(events.after, database), partial(events.bounds, database))
    async with bus:
        database.on_events = bus.hint
        work = TurnWork(database, bus, provider, worker="one", permission_timeout_seconds=60)
        with anyio.fail_after(PATIENCE_SECONDS):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work, run.id)
                yield run.id


async def test_a_run_can_be_stopped_after_its_watch_has_failed_once(database: Database) -> None:
    async def until_stopped() -> TurnOutcome:
        await provider.stopped.wait()
        return TurnOutcome(status=AgentRunStatus.CANCELLED)

    provider = OneTurn(until_stopped)
    async with working(database, provider) as run_id, database.begin() as transaction:
        run = await runs.lock(transaction, run_id)
        await runs.change(transaction, run, stop_requested_at=run.created_at)
    assert (await runs.get(database, run_id)).status == AgentRunStatus.CANCELLED


async def test_the_end_of_a_turn_is_stored_once_the_database_can_be_written_again(
    sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)

    async def locked_at_the_end() -> TurnOutcome:
        other.execute("begin immediate")
        asyncio.get_running_loop().call_later(0.5, other.rollback)
        return TurnOutcome(status=AgentRunStatus.COMPLETE, result="Done")

    async with Database.open(sqlite_url) as database:
        async with database.begin() as transaction:
            await transaction.execute("pragma busy_timeout=1")
        async with working(database, OneTurn(locked_at_the_end)) as run_id:
            pass
        assert (await runs.get(database, run_id)).result == "Done"
    other.close()
    assert "its end cannot be stored" in caplog.text
