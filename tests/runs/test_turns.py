"""A turn comes to an end that says so, whatever fails: database, provider or our own code."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import cast

import anyio
import pytest

from agent_runs.bus.memory import MemoryBus, MemorySubscription
from agent_runs.errors import Unavailable
from agent_runs.executors.local import LocalExecutor
from agent_runs.models import AgentRun, AgentRunStatus, MessageType
from agent_runs.providers.base import Provider, Recorder, TurnOutcome, TurnRequest
from agent_runs.runs import TurnWork
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events, logs, runs
from tests.dying import cancelled_twice
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


def work_of(database: Database, bus: MemoryBus, provider: "OneTurn | TwoTurns") -> TurnWork:
    """Nothing is asked of a provider here but to work and to stop."""
    whole = cast("Provider", provider)
    return TurnWork(database, bus, whole, worker="one", permission_timeout_seconds=60)


class StumblingBus(MemoryBus):
    """Fails in these ways to be joined, one after the other."""

    stumbles: list[Exception]

    @asynccontextmanager
    async def subscribe(self, **wanted: int | None) -> AsyncGenerator[MemorySubscription]:
        if self.stumbles:
            raise self.stumbles.pop(0)
        async with super().subscribe(**wanted) as subscription:
            yield subscription


@asynccontextmanager
async def working(
    database: Database, provider: OneTurn, *stumbles: Exception
) -> AsyncGenerator[int]:
    """A run whose turn is worked on in the background; gives its id and waits for the end."""
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="Wait", agent="one")
    bus = StumblingBus(partial(events.after, database), partial(events.bounds, database))
    bus.stumbles = list(stumbles)
    async with bus:
        database.on_events = bus.hint
        work = work_of(database, bus, provider)
        with anyio.fail_after(PATIENCE_SECONDS):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work, run.id)
                yield run.id


@pytest.mark.parametrize(
    "failure", [Unavailable("The database cannot be used now."), ValueError("a fault of ours")]
)
async def test_a_run_can_be_stopped_after_its_watch_has_failed_once(
    database: Database, failure: Exception
) -> None:
    async def until_stopped() -> TurnOutcome:
        await provider.stopped.wait()
        return TurnOutcome(status=AgentRunStatus.CANCELLED)

    provider = OneTurn(until_stopped)
    async with working(database, provider, failure) as run_id, database.begin() as transaction:
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
    assert "cannot store its end" in caplog.text


class TwoTurns:
    """A provider whose driver may fail in the first turn that it gets."""

    name = "two"

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)

    async def work(self, _request: TurnRequest, _recorder: Recorder) -> TurnOutcome:
        if self._failures:
            raise self._failures.pop()
        return TurnOutcome(status=AgentRunStatus.COMPLETE, result="Done")

    async def cancel(self, _run_id: int) -> None:
        raise AssertionError("nobody asked for a stop")


async def waiting_run(database: Database) -> AgentRun:
    async with database.begin() as transaction:
        return await runs.insert(transaction, prompt="Work", agent="two")


async def one_after_the_other(database: Database, provider: TwoTurns, *run_ids: int) -> None:
    """Let runs work that share one slot, until the last one has ended."""
    bus = MemoryBus(partial(events.after, database), partial(events.bounds, database))
    executor = LocalExecutor(concurrency=1)
    executor.use(work_of(database, bus, provider))
    database.on_events = bus.hint
    async with bus, executor, bus.subscribe() as subscription:
        for run_id in run_ids:
            await executor.submit(run_id)
        with anyio.fail_after(PATIENCE_SECONDS):
            while (await runs.get(database, run_ids[-1])).finished_at is None:
                await subscription.next(10)


@pytest.mark.parametrize("fails", ["before the provider", "in the provider"])
async def test_a_turn_whose_code_fails_is_an_internal_error_and_the_next_run_works(
    database: Database, caplog: pytest.LogCaptureFixture, fails: str
) -> None:
    run, following = await waiting_run(database), await waiting_run(database)
    provider = TwoTurns()
    if fails == "in the provider":
        provider = TwoTurns(ValueError("a fault of ours"))
    else:
        async with database.begin() as transaction:
            await transaction.execute("delete from turn where run_id = :id", {"id": run.id})
    await one_after_the_other(database, provider, run.id, following.id)
    failed = await runs.get(database, run.id)
    assert (failed.status, failed.status_reason) == (AgentRunStatus.ERROR, "internal_error")
    assert failed.error == (
        "The server failed while it drove the agent; its log has the details. "
        "The workspace is kept. Resume the run to try again."
    )
    assert failed.finished_at is not None
    last = (await logs.read(database, run.id, limit=100))[-1]
    assert (last.message_type, last.observation) == (MessageType.ERROR, failed.error)
    kinds = [event.kind for event in await events.after(database, 0, 100, run.id)]
    assert kinds[-1] == "run.finished"
    (record,) = [each for each in caplog.records if each.name == "agent_runs.runs.turns"]
    assert record.getMessage() == f"run {run.id}: the provider failed"
    assert record.exc_info is not None
    assert "ValueError: a fault of ours" in caplog.text or fails == "before the provider"
    assert (await runs.get(database, following.id)).result == "Done"


async def test_a_turn_that_is_cancelled_again_while_its_end_is_stored_is_interrupted(
    database: Database,
) -> None:
    begun = asyncio.Event()

    async def work_for_ever() -> TurnOutcome:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody set it")

    run = await waiting_run(database)
    bus = MemoryBus(partial(events.after, database), partial(events.bounds, database))
    work = work_of(database, bus, OneTurn(work_for_ever))
    turn = asyncio.create_task(work(run.id))
    async with bus:
        with anyio.fail_after(PATIENCE_SECONDS):
            await begun.wait()
            async with database.begin() as transaction:
                # Nobody stores an end before this is over.
                await runs.lock(transaction, run.id)
                await cancelled_twice(turn)
            await asyncio.wait({turn})
    assert turn.cancelled()
    ended = await runs.get(database, run.id)
    assert (ended.status, ended.status_reason) == (AgentRunStatus.ERROR, "interrupted")
