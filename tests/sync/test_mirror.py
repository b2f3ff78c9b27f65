"""What upstream shows of runs is kept once, told once, and leaves alone what is ours."""

from datetime import UTC, datetime

import anyio
import pytest

from agent_runs.errors import RunNotFound
from agent_runs.models import AgentRun, AgentRunLog
from agent_runs.providers.codegen.entries import Position, news
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events, logs, runs
from agent_runs.store.search import in_one_run
from agent_runs.sync import StoreMirror
from tests.patience import PATIENCE_SECONDS
from tests.store_samples import new_run

pytestmark = pytest.mark.anyio
TIME = datetime(2025, 6, 21, tzinfo=UTC)


def shown(upstream_id: int, status: str = "ACTIVE", **fields: object) -> AgentRun:
    return AgentRun.model_validate(
        {"id": upstream_id, "organization_id": 323, "status": status, "created_at": TIME} | fields
    )


def entry(text: str) -> AgentRunLog:
    return AgentRunLog(agent_run_id=1, created_at=TIME, message_type="ACTION", observation=text)


@pytest.fixture
def mirror(database: Database) -> StoreMirror:
    return StoreMirror(database, 323)


async def known(database: Database, upstream_id: int) -> AgentRun:
    run = await runs.by_upstream(database, 323, str(upstream_id))
    assert run
    return await runs.get(database, run.id)


async def event_count(database: Database) -> int:
    return len(await events.after(database, 0, 1000))


async def test_a_list_that_brings_nothing_new_writes_nothing(
    database: Database, mirror: StoreMirror
) -> None:
    page = [shown(8), shown(7, "COMPLETE", result="done " * 400)]
    await mirror.take_runs(page)
    before = await event_count(database)
    await mirror.take_runs(page)
    assert await event_count(database) == before
    assert (await known(database, 7)).result == "done " * 400
    assert (await known(database, 7)).id < (await known(database, 8)).id


async def test_a_run_keeps_its_id_and_what_is_ours_while_upstream_changes_it(
    database: Database, mirror: StoreMirror
) -> None:
    await mirror.take_runs([shown(7)])
    first = await known(database, 7)
    async with database.begin() as transaction:
        await runs.change(transaction, first, title="Mine", archived_at=TIME)
    await mirror.take_runs([shown(7, "COMPLETE", result="done", summary="done")])
    run = await known(database, 7)
    assert (run.id, run.title, run.archived_at) == (first.id, "Mine", TIME)
    assert (run.status, run.result, run.provider) == ("COMPLETE", "done", "codegen")
    assert run.finished_at
    await mirror.take_runs([shown(7, "ACTIVE")])
    assert (await known(database, 7)).finished_at is None


async def test_fields_and_statuses_that_nobody_knows_are_kept(
    database: Database, mirror: StoreMirror
) -> None:
    await mirror.take_runs([shown(7, "SLEEPING", colour="blue")])
    run = await known(database, 7)
    assert (run.status, run["colour"]) == ("SLEEPING", "blue")


async def test_a_run_that_vanished_at_work_is_cancelled_until_it_is_there_again(
    database: Database, mirror: StoreMirror
) -> None:
    await mirror.take_runs([shown(7)])
    await mirror.run_is_gone("7")
    run = await known(database, 7)
    assert (run.status, run.status_reason) == ("CANCELLED", "gone_upstream")
    assert run.error
    before = await event_count(database)
    await mirror.run_is_gone("7")
    assert await event_count(database) == before
    await mirror.take_runs([shown(7)])
    run = await known(database, 7)
    assert (run.status, run.status_reason, run.error) == ("ACTIVE", None, None)


async def test_the_position_and_the_entries_are_kept_together(
    database: Database, mirror: StoreMirror
) -> None:
    await mirror.take_runs([shown(7)])
    run = await known(database, 7)
    assert await mirror.position("7") == Position()
    new = news(Position(), [entry("a"), entry("b")])
    await mirror.take_news("7", new)
    assert await mirror.position("7") == new.position
    changed = entry("b").model_copy(update={"observation": "b, completed"})
    await mirror.take_news("7", news(new.position, [entry("a"), changed, entry("c")]))
    read = await logs.read(database, run.id, limit=10)
    assert [each.observation for each in read] == ["a", "b, completed", "c"]
    assert [each.seq for each in read] == [0, 1, 2]
    assert len(await mirror.fingerprints("7")) == 3


async def test_secrets_are_not_kept_and_do_not_make_a_log_look_rewritten(database_url: str) -> None:
    async with Database.open(database_url, redact=lambda text: text.replace("s3cret", "•")) as db:
        mirror = StoreMirror(db, 323)
        await mirror.take_runs([shown(7)])
        page = [entry("a"), entry("the s3cret")]
        await mirror.take_news("7", news(Position(), page))
        assert not news(await mirror.position("7"), [*page, entry("c")]).rewritten
        read = await logs.read(db, (await known(db, 7)).id, limit=10)
        assert read[1].observation == "the •"


async def test_entries_of_a_run_that_was_never_shown_are_refused(mirror: StoreMirror) -> None:
    with pytest.raises(RunNotFound):
        await mirror.take_news("9", news(Position(), [entry("a")]))
    assert await mirror.fingerprints("9") == []
    await mirror.run_is_gone("9")


async def test_a_completed_entry_is_found_by_its_new_words_alone(
    database: Database, mirror: StoreMirror
) -> None:
    await mirror.take_runs([shown(7)])
    run = await known(database, 7)
    new = news(Position(), [entry("first"), entry("zebra")])
    await mirror.take_news("7", new)
    later = entry("quagga")
    await mirror.take_news("7", news(new.position, [entry("first"), later]))
    read = await logs.read(database, run.id, limit=10)
    assert [each.observation for each in read] == ["first", "quagga"]
    assert (await in_one_run.find(database, run.id, "quagga")).seqs == [1]
    assert (await in_one_run.find(database, run.id, "zebra")).seqs == []


async def test_an_id_that_a_run_of_ours_is_given_meanwhile_stays_with_it(
    database: Database, mirror: StoreMirror
) -> None:
    await mirror.take_runs([shown(7, "COMPLETE")])
    old, made = await known(database, 7), await new_run(database, organization_id=323)
    async with anyio.create_task_group() as tasks, database.begin() as transaction:
        await mirror.adopt(transaction, made.id, shown(7))
        # A look at the list that knows only the old run, and waits for this transaction.
        tasks.start_soon(mirror.take_runs, [shown(7, summary="begun")])
        await waits_for_a_lock(database)
    run = await known(database, 7)
    assert (run.id, run.status) == (made.id, "ACTIVE")
    assert (await runs.get(database, old.id)).upstream_id is None


async def waits_for_a_lock(database: Database) -> None:
    """Wait until a transaction waits for another one; SQLite lets none begin before."""
    query = "select 1 from pg_locks where not granted"
    with anyio.fail_after(PATIENCE_SECONDS):
        while database.dialect == "postgresql" and not await database.read(query):  # noqa: ASYNC110
            await anyio.sleep(0.01)
