"""The event bus: one suite over the hub of one process and the one that hears of others."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, Callable

import anyio
import psycopg
import pytest
from store_samples import add_entries, new_run

from agent_runs.bus.memory import QUEUE_LENGTH, MemoryBus, MemorySubscription
from agent_runs.bus.postgres import PostgresBus
from agent_runs.events import Draft, Event, Reset, StoredEvent
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncGenerator[tuple[Database, MemoryBus]]:
    """A database and the bus that fits it."""
    async with Database.open(url) as database:
        reads = (
            functools.partial(events.after, database),
            functools.partial(events.bounds, database),
        )
        bus = MemoryBus(*reads) if database.dialect == "sqlite" else PostgresBus(*reads, url)
        async with bus:
            database.on_events = bus.hint
            yield database, bus


@pytest.fixture
async def both(database_url: str) -> AsyncGenerator[tuple[Database, MemoryBus]]:
    async with connected(database_url) as made:
        yield made


async def write(database: Database, number: int, run_id: int = 1) -> None:
    """Commit so many events, each on its own."""
    for at in range(number):
        async with database.begin() as transaction:
            transaction.outbox.add_event("run.updated", run_id, f'{{"at":{at}}}')


async def take(subscription: MemorySubscription, number: int) -> list[Event]:
    """Wait for so many events."""
    taken: list[Event] = []
    with anyio.fail_after(PATIENCE_SECONDS):
        while len(taken) < number:
            taken += await subscription.next(PATIENCE_SECONDS)
    return taken


def ids(taken: list[Event]) -> list[int]:
    return [event.id for event in taken if isinstance(event, StoredEvent)]


async def test_what_is_committed_is_delivered_in_order(both: tuple[Database, MemoryBus]) -> None:
    database, bus = both
    await write(database, 3)
    async with bus.subscribe() as subscription:
        run = await new_run(database)
        await add_entries(database, run.id)
        taken = await take(subscription, 2)
    assert taken == await events.after(database, 3, 10)
    assert [event.kind for event in taken if isinstance(event, StoredEvent)] == [
        "run.created",
        "logs.appended",
    ]


async def test_all_subscribers_share_the_same_event_objects(
    both: tuple[Database, MemoryBus],
) -> None:
    database, bus = both
    async with bus.subscribe() as one, bus.subscribe() as other, bus.subscribe(run_id=1) as third:
        await write(database, 1)
        (first,), (second,), (last,) = (
            await take(one, 1),
            await take(other, 1),
            await take(third, 1),
        )
    assert first is second is last


async def test_a_subscriber_hears_of_its_run_alone(both: tuple[Database, MemoryBus]) -> None:
    database, bus = both
    async with bus.subscribe(run_id=2) as subscription:
        await write(database, 2, run_id=1)
        await write(database, 2, run_id=2)
        taken = await take(subscription, 2)
    assert taken == await events.after(database, 0, 10, 2)


@pytest.mark.parametrize("run_id", [None, 2])
async def test_a_subscriber_that_comes_back_misses_nothing_and_hears_nothing_twice(
    both: tuple[Database, MemoryBus], run_id: int | None
) -> None:
    database, bus = both
    await write(database, QUEUE_LENGTH, run_id=1)
    await write(database, 2 * QUEUE_LENGTH + 7, run_id=2)
    expected = await events.after(database, 5, 10_000, run_id)
    async with bus.subscribe(after=5, run_id=run_id) as subscription:
        taken = await take(subscription, 10)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write, database, 50, 2)
            taken += await take(subscription, len(expected) + 50 - len(taken))
        assert await subscription.next(0.05) == []
    assert taken == await events.after(database, 5, 10_000, run_id)


async def test_nothing_in_time_is_an_empty_list(both: tuple[Database, MemoryBus]) -> None:
    _, bus = both
    async with bus.subscribe() as subscription:
        assert await subscription.next(0.01) == []
        assert await subscription.next(0) == []
    async with bus.subscribe(after=0) as subscription:
        assert await subscription.next(0) == []


async def test_a_slow_subscriber_loses_nothing_and_holds_nobody_up(
    both: tuple[Database, MemoryBus],
) -> None:
    database, bus = both
    number = 3 * QUEUE_LENGTH
    async with (
        bus.subscribe() as slow,
        bus.subscribe(run_id=1) as slow_too,
        bus.subscribe() as quick,
    ):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(write, database, number)
            assert ids(await take(quick, number)) == list(range(1, number + 1))
        assert slow.is_behind
        assert slow_too.is_behind
        await write(database, 2)
        for subscription in (slow, slow_too):
            assert ids(await take(subscription, number + 2)) == list(range(1, number + 3))
            await subscription.next(0)
            assert not subscription.is_behind
        await write(database, 1)
        assert ids(await take(slow, 1)) == [number + 3]


@pytest.mark.parametrize("run_id", [None, 1])
async def test_a_subscriber_whose_events_were_pruned_is_told_to_read_anew(
    both: tuple[Database, MemoryBus], run_id: int | None
) -> None:
    database, bus = both
    await write(database, 20)
    async with database.begin() as transaction:
        await events.prune(transaction, 5)
    async with bus.subscribe(after=3, run_id=run_id) as subscription:
        assert await take(subscription, 1) == [Reset(20)]
        await write(database, 1)
        assert ids(await take(subscription, 1)) == [21]
    async with bus.subscribe(after=15, run_id=run_id) as subscription:
        assert ids(await take(subscription, 6)) == list(range(16, 22))


async def test_an_id_of_another_database_is_told_to_read_anew(
    both: tuple[Database, MemoryBus],
) -> None:
    database, bus = both
    await write(database, 2)
    async with bus.subscribe(after=1000) as subscription:
        assert await take(subscription, 1) == [Reset(2)]
        await write(database, 1)
        assert ids(await take(subscription, 1)) == [3]


async def test_a_slow_subscriber_whose_events_were_pruned_is_told_to_read_anew(
    both: tuple[Database, MemoryBus],
) -> None:
    database, bus = both
    async with bus.subscribe() as slow, bus.subscribe() as quick:
        await write(database, QUEUE_LENGTH + 1)
        await take(quick, QUEUE_LENGTH + 1)
        async with database.begin() as transaction:
            await events.prune(transaction, 5)
        assert await take(slow, 1) == [Reset(QUEUE_LENGTH + 1)]


async def test_drafts_reach_who_watches_the_run_and_are_not_stored(
    both: tuple[Database, MemoryBus],
) -> None:
    database, bus = both
    draft = Draft(7, '{"text":"hel"}')
    async with bus.subscribe(run_id=7) as watching, bus.subscribe(run_id=8) as other:
        bus.send_draft(draft)
        assert await take(watching, 1) == [draft]
        assert await other.next(0) == []
        for _ in range(QUEUE_LENGTH + 10):
            bus.send_draft(draft)
        # Too many drafts push nothing out: the rest is dropped.
        assert len(await watching.next(0)) == QUEUE_LENGTH
    bus.send_draft(draft)
    assert await events.bounds(database) == (1, 0)


async def test_a_cancelled_wait_loses_nothing(both: tuple[Database, MemoryBus]) -> None:
    database, bus = both
    taken: list[Event] = []
    async with bus.subscribe() as subscription, anyio.create_task_group() as tasks:
        tasks.start_soon(write, database, 60)
        with anyio.fail_after(PATIENCE_SECONDS):
            while len(taken) < 60:
                with anyio.move_on_after(0.002):
                    taken += await subscription.next(PATIENCE_SECONDS)
    assert ids(taken) == list(range(1, 61))


@pytest.mark.soak
async def test_many_subscribers_come_and_go_while_events_flow(
    both: tuple[Database, MemoryBus],
) -> None:
    database, bus = both
    number = 150

    async def come_back_often(every: int) -> None:
        seen: list[int] = []
        while len(seen) < number:
            last_id = seen[-1] if seen else 0
            async with bus.subscribe(after=last_id) as subscription:
                seen += ids(await take(subscription, min(every, number - len(seen))))
        assert seen == list(range(1, number + 1))

    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            for every in (1, 3, 10, 40, 150):
                tasks.start_soon(come_back_often, every)
            tasks.start_soon(write, database, number)


async def test_the_hub_goes_on_after_the_database_was_away(
    both: tuple[Database, MemoryBus],
) -> None:
    database, bus = both
    read_events, fails = bus.read_events, 1

    async def fail_first(
        after_id: int, limit: int, run_id: int | None = None, /
    ) -> list[StoredEvent]:
        nonlocal fails
        if fails:
            fails -= 1
            raise OSError("away")
        return await read_events(after_id, limit, run_id)

    bus.read_events = fail_first
    async with bus.subscribe() as subscription:
        await write(database, 1)
        assert ids(await take(subscription, 1)) == [1]


async def test_a_bus_that_is_left_leaves_no_task_behind(database_url: str) -> None:
    def its_tasks() -> list[str]:
        names = [task.get_name() for task in asyncio.all_tasks()]
        return [name for name in names if name.startswith("event-bus")]

    async with connected(database_url):
        assert its_tasks() != []
    assert its_tasks() == []


async def test_events_of_another_process_arrive(postgres_url: str) -> None:
    async with (
        connected(postgres_url) as (_, bus),
        Database.open(postgres_url) as other,
        bus.subscribe() as subscription,
    ):
        await write(other, 3)
        assert ids(await take(subscription, 3)) == [1, 2, 3]


def listeners(url: str) -> list[int]:
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(
            "select pid from pg_stat_activity where query ilike 'listen%'"
            " and datname = current_database()"
        ).fetchall()
    return [pid for (pid,) in rows]


async def until(is_so: Callable[[], object]) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        while not await asyncio.to_thread(is_so):  # noqa: ASYNC110 - the server tells nobody
            await anyio.sleep(0.02)


async def test_a_broken_listen_connection_is_made_anew_and_nothing_is_lost(
    postgres_url: str,
) -> None:
    async with connected(postgres_url) as (_, bus), Database.open(postgres_url) as other:
        await until(lambda: listeners(postgres_url))
        (before,) = listeners(postgres_url)
        async with bus.subscribe() as subscription:
            with psycopg.connect(postgres_url, autocommit=True) as killer:
                killer.execute("select pg_terminate_backend(%s, 5000)", [before])
            await write(other, 3)
            assert ids(await take(subscription, 3)) == [1, 2, 3]
            await until(lambda: set(listeners(postgres_url)) - {before})
            await write(other, 1)
            assert ids(await take(subscription, 1)) == [4]
