"""The heart of a process goes on beating, looks after the dead, and survives a sick database."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from living_system import living

from agent_runs.executors.local import LocalExecutor
from agent_runs.models import AgentRunStatus
from agent_runs.runs import recovery
from agent_runs.runs.heart import Heart
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events, leases, runs
from tests.dying import died, without_table
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

LONG_AGO = timedelta(days=1)


@contextlib.asynccontextmanager
async def beating(
    database: Database, *, alone: bool = True, events_kept: int = 100
) -> AsyncGenerator[None]:
    """A heart of the worker `me` that beats quickly."""

    async def nothing(_run_id: int) -> None:
        return

    executor = LocalExecutor(concurrency=1)
    executor.use(nothing)
    heart = Heart(
        database,
        executor,
        worker="me",
        alone=alone,
        events_kept=events_kept,
        beat_seconds=0.001,
    )
    async with executor, heart.beating():
        yield


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        while not await is_so():  # noqa: ASYNC110 - a beat tells nobody
            await anyio.sleep(0.01)


async def last_seen(database: Database, worker: str, ago: timedelta) -> None:
    async with database.begin() as transaction:
        await leases.beat(transaction, worker, datetime.now(UTC) - ago)


async def is_alive(database: Database, worker: str = "me") -> bool:
    return worker in await leases.alive(database, datetime.now(UTC) - recovery.DEAD_AFTER)


async def test_a_process_is_known_to_live_as_soon_as_it_does(
    tmp_path: Path, database_url: str
) -> None:
    async with living(tmp_path / "home", database_url, worker="one") as system:
        assert await is_alive(system.database, "one")


async def test_a_heart_beats_again_and_again(database: Database) -> None:
    async with beating(database):
        for _ in range(3):
            await last_seen(database, "me", LONG_AGO)
            await until(lambda: is_alive(database))


async def test_a_heart_stops_with_its_process(database: Database) -> None:
    async with beating(database):
        assert "heartbeat" in {task.get_name() for task in asyncio.all_tasks()}
    assert "heartbeat" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_a_heart_goes_on_after_the_database_was_sick(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with beating(database):
        async with without_table(database, "worker"):
            await died("heartbeat")
        await last_seen(database, "me", LONG_AGO)
        await until(lambda: is_alive(database))
    assert "heartbeat" in caplog.text


async def test_runs_of_a_process_that_dies_later_are_interrupted_by_one_that_lives(
    database: Database,
) -> None:
    async with beating(database, alone=False):
        await last_seen(database, "neighbour", timedelta())
        async with database.begin() as transaction:
            run = await runs.insert(transaction, prompt="/say hello", agent="scripted")
            await runs.claim(transaction, run.id, "neighbour")

        async def is_interrupted() -> bool:
            seen = await runs.get(database, run.id)
            return (seen.status, seen.status_reason) == (AgentRunStatus.ERROR, "interrupted")

        assert not await is_interrupted()
        await last_seen(database, "neighbour", LONG_AGO)
        await until(is_interrupted)


async def test_a_heart_drops_old_events(database: Database) -> None:
    async with beating(database, events_kept=2):
        for at in range(5):
            async with database.begin() as transaction:
                transaction.outbox.add_event("run.updated", 1, f'{{"at":{at}}}')

        async def are_dropped() -> bool:
            return len(await events.after(database, 0, 10)) == 2

        await until(are_dropped)
    assert await events.bounds(database) == (4, 5)
