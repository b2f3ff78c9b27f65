"""Transactions, faults and addresses on both engines."""

import asyncio
import contextlib
import os
import sqlite3
import stat
import sys
from pathlib import Path

import anyio
import psycopg
import pytest
from store_samples import add_entries, entry, new_run

from agent_runs.errors import Conflict, InvalidRequest, RunNotFound, Unavailable
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.postgres import translate
from agent_runs.store.runs import events, logs, runs
from tests.dying import cancelled_twice
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


class Bell:
    """Counts how often it is rung."""

    def __init__(self) -> None:
        self.rings = 0

    def ring(self) -> None:
        self.rings += 1


async def test_subscribers_are_woken_after_the_commit_only(database: Database) -> None:
    bell = Bell()
    database.on_events = bell.ring
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="p")
        assert bell.rings == 0
    assert bell.rings == 1
    async with database.begin() as transaction:
        await runs.change_private(transaction, run.id, session_id="told to nobody")
    assert bell.rings == 1


async def test_a_transaction_that_raises_leaves_nothing_behind(database: Database) -> None:
    bell = Bell()
    database.on_events = bell.ring

    async def write_and_fail() -> None:
        async with database.begin() as transaction:
            run = await runs.insert(transaction, prompt="p")
            await logs.append(transaction, run.id, None, [entry("a")])
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await write_and_fail()
    assert bell.rings == 0
    for table in ("run", "turn", "log", "event", "run_total"):
        assert await database.read(f"select * from {table}") == []
    await new_run(database)


async def test_a_cancelled_transaction_leaves_nothing_behind(database: Database) -> None:
    is_open = anyio.Event()

    async def begin_and_hang() -> None:
        async with database.begin() as transaction:
            await runs.insert(transaction, prompt="p")
            is_open.set()
            await anyio.sleep_forever()

    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(begin_and_hang)
            await is_open.wait()
            tasks.cancel_scope.cancel()
        run = await new_run(database)
    assert [found.id for found, _ in await runs.unfinished(database)] == [run.id]


async def test_a_transaction_cancelled_at_any_point_is_whole_or_absent(
    database: Database,
) -> None:
    run = await new_run(database)
    bell, batches = Bell(), 0
    database.on_events = bell.ring
    for steps in range(40):
        task = asyncio.create_task(add_entries(database, run.id, 3))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        stored = await logs.read(database, run.id, limit=1000)
        count = (await runs.get(database, run.id)).log_count
        assert [log.seq for log in stored] == list(range(count))
        assert count % 3 == 0
        news = await events.after(database, 0, 1000, run.id)
        assert sum(event.kind == "logs.appended" for event in news) == count // 3
        # Who committed, cancelled or not, has woken the subscribers.
        assert bell.rings >= count // 3 - batches
        bell.rings, batches = 0, count // 3


@pytest.mark.parametrize("waits_in", ["commit", "statement"])
async def test_what_is_cancelled_twice_while_sqlite_waits_is_whole_or_absent(
    sqlite_url: str, waits_in: str
) -> None:
    bell, begun = Bell(), asyncio.Event()

    async def write() -> None:
        async with database.begin() as transaction:
            # Written with the commit, unless a statement asks for an answer before it.
            transaction.outbox.add_event("run.updated", 1, "{}")
            begun.set()
            if waits_in == "statement":
                await transaction.execute("delete from worker")

    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    async with Database.open(sqlite_url) as database:
        async with database.begin() as transaction:
            await transaction.execute(f"pragma busy_timeout={int(PATIENCE_SECONDS * 1000)}")
        database.on_events = bell.ring
        other.execute("begin immediate")
        writing = asyncio.create_task(write())
        with anyio.fail_after(PATIENCE_SECONDS):
            await begun.wait()
            # The thread of the database may not have taken the statement yet.
            await cancelled_twice(writing, may_be_done=waits_in == "statement")
            other.rollback()
            await asyncio.wait({writing})
        assert writing.cancelled()
        is_stored = waits_in == "commit"
        assert len(await events.after(database, 0, 10)) == bell.rings == int(is_stored)
        # The next transaction begins on a clean connection.
        await new_run(database)
    other.close()


async def test_many_writers_lose_no_event_and_no_entry(database_url: str) -> None:
    writers, batches = 8, 12
    seen: list[int] = []

    async def write(database: Database, run_id: int) -> None:
        for _ in range(batches):
            await add_entries(database, run_id, 2)

    async def follow(database: Database) -> None:
        last_id = 0
        while len(seen) < writers * (batches + 1):
            for event in await events.after(database, last_id, 7):
                seen.append(event.id)
                last_id = event.id
            await anyio.sleep(0.001)

    # Two openings, as two processes would do.
    async with Database.open(database_url) as one, Database.open(database_url) as other:
        made = [await new_run(one) for _ in range(writers)]
        with anyio.fail_after(PATIENCE_SECONDS):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(follow, other)
                for at, run in enumerate(made):
                    tasks.start_soon(write, one if at % 2 else other, run.id)
        assert seen == sorted(set(seen))
        for run in made:
            assert (await runs.get(one, run.id)).log_count == 2 * batches


async def test_two_writers_of_one_run_number_its_entries_densely(database_url: str) -> None:
    async with Database.open(database_url) as one, Database.open(database_url) as other:
        run = await new_run(one)
        with anyio.fail_after(PATIENCE_SECONDS):
            async with anyio.create_task_group() as tasks:
                for at in range(20):
                    tasks.start_soon(add_entries, one if at % 2 else other, run.id, 3)
        stored = await logs.read(one, run.id, limit=1000)
        assert [log.seq for log in stored] == list(range(60))


async def test_transactions_that_change_several_runs_do_not_wait_for_each_other_forever(
    database: Database,
) -> None:
    first, second = await new_run(database), await new_run(database)

    async def change_both(at: int) -> None:
        async with database.begin() as transaction:
            # Rows are locked in one order; events and totals must add no other one.
            for run in (first, second):
                await runs.change(transaction, run, status=["ACTIVE", "PAUSED"][at % 2])

    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks:
            for at in range(20):
                tasks.start_soon(change_both, at)
    assert sum((await runs.counts(database)).by_status.values()) == 2


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite://", "mysql://x/y", "store.db", ""])
async def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest):
        await Database.open(url)


async def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but long enough to be read as one" * 20)
    with pytest.raises(Unavailable, match=r"notes\.txt"):
        await Database.open(f"sqlite:///{path}")
    with pytest.raises(Unavailable, match="cannot be opened"):
        await Database.open(f"sqlite:///{tmp_path}")


async def test_a_server_that_is_not_there_is_said_so() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await Database.open("postgresql://nobody@127.0.0.1:1/none")


async def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "store.db"
    async with Database.open(f"sqlite:///{path}"):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


async def test_begin_inside_begin_is_a_mistake_and_no_deadlock(sqlite_url: str) -> None:
    async with Database.open(sqlite_url) as database, database.begin():
        with pytest.raises(RuntimeError, match="inside"):
            async with database.begin():
                pass


async def test_a_full_disk_is_an_error_and_no_end(sqlite_url: str) -> None:
    async with Database.open(sqlite_url) as database:
        run = await new_run(database)
        async with database.begin() as transaction:
            ((pages,),) = await transaction.execute("pragma page_count")
            await transaction.execute(f"pragma max_page_count={pages + 2}")
        with pytest.raises(Unavailable, match="full"):
            await add_entries(database, run.id, 5000)
        assert (await runs.get(database, run.id)).log_count == 0
        async with database.begin() as transaction:
            await transaction.execute("pragma max_page_count=1000000")
        await add_entries(database, run.id, 10)
        assert (await runs.get(database, run.id)).log_count == 10


async def test_a_transaction_that_failed_cannot_go_on_with_its_second_half(
    database: Database,
) -> None:
    run = await new_run(database, upstream_id="u1")

    async def swallow_an_error() -> None:
        async with database.begin() as transaction:
            await runs.change(transaction, run, title="first half")
            with contextlib.suppress(Conflict):
                await runs.insert(transaction, prompt="p", upstream_id="u1")
            await transaction.write("update run set title_folded = 'second half'")

    with pytest.raises(Unavailable, match="failed before"):
        await swallow_an_error()
    assert await runs.get(database, run.id) == run


async def test_a_statement_that_was_put_off_fails_with_its_transaction(database: Database) -> None:
    run = await new_run(database)
    await add_entries(database, run.id)
    async with database.begin() as transaction:
        await transaction.write(
            "update run set payload = replace(payload, :now, :old)",
            {"now": '"log_count":1', "old": '"log_count":0'},
        )
    with pytest.raises(Conflict):
        await add_entries(database, run.id)
    assert len(await logs.read(database, run.id, limit=10)) == 1


async def test_another_program_that_holds_the_file_only_delays(sqlite_url: str) -> None:
    async with Database.open(sqlite_url) as database:
        run = await new_run(database)
        with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as other:
            other.execute("begin immediate")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(add_entries, database, run.id)
                # Reads go on meanwhile.
                assert (await runs.get(database, run.id)).log_count == 0
                other.rollback()
        other.close()
        assert (await runs.get(database, run.id)).log_count == 1


async def test_another_program_that_looks_into_the_file_takes_nothing_away(
    sqlite_url: str,
) -> None:
    async with Database.open(sqlite_url) as database:
        run = await new_run(database)
        assert await _entries_seen_from_outside(sqlite_url) == 0
        # What is stored now is lost if that program took itself for the last one and removed the
        # write-ahead log.
        await add_entries(database, run.id, 3)
        assert await _entries_seen_from_outside(sqlite_url) == 3


async def _entries_seen_from_outside(sqlite_url: str) -> int:
    code = (
        "import sqlite3, sys; file = sqlite3.connect(sys.argv[1]);"
        "print(*file.execute('select count(*) from log').fetchone()); file.close()"
    )
    path = sqlite_url.removeprefix("sqlite:///")
    looked = await anyio.run_process([sys.executable, "-c", code, path])
    return int(looked.stdout)


async def test_broken_connections_are_replaced_before_they_are_used(postgres_url: str) -> None:
    async with Database.open(postgres_url) as database:
        run = await new_run(database)
        with psycopg.connect(postgres_url, autocommit=True) as killer:
            killer.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        assert (await runs.get(database, run.id)).id == run.id


async def test_reads_do_not_see_what_is_not_committed(database: Database) -> None:
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="p")
        with pytest.raises(RunNotFound):
            await runs.get(database, run.id)
        assert await database.read_heavy("select * from run") == []


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("select :a, :b_2", "select %(a)s, %(b_2)s"),
        ("select :a::bigint, 5 % 2", "select %(a)s::bigint, 5 %% 2"),
        ("select ':a', 'it''s :b', ':' || :c", "select ':a', 'it''s :b', ':' || %(c)s"),
        ("x like '%y' escape '!'", "x like '%%y' escape '!'"),
    ],
)
def test_parameters_are_translated_and_nothing_else(written: str, sent: str) -> None:
    assert translate(written) == sent
