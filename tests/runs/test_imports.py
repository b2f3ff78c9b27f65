"""Runs that are imported: equal to what was exported, each once, in both databases."""

import asyncio
import json
from pathlib import Path
from typing import cast

import anyio
import anyio.lowlevel
import pytest
from export_samples import (
    DIFF,
    brought_in,
    exported,
    full_run,
    importer,
    told_alike,
)
from figure_samples import counted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_runs.errors import InvalidRequest, RunNotFound
from agent_runs.filters import LogFilter
from agent_runs.models import JSON, NewLog
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.payloads import moment
from agent_runs.store.files import imports
from agent_runs.store.organization import repos
from agent_runs.store.recount import recount
from agent_runs.store.runs import logs, runs, turns
from agent_runs.store.search import in_one_run
from tests.dying import died, without_table
from tests.length import examples
from tests.patience import PATIENCE_SECONDS
from tests.store_samples import NOW, add_entries, entry, new_run

pytestmark = pytest.mark.anyio

# Everything that JSON can hold, halves of surrogate pairs and NUL among it.
TEXTS = st.text(st.characters(), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
WHOLE_TEXTS = st.text(max_size=12).map(lambda text: text.replace("\0", ""))
ENTRIES = st.builds(
    NewLog,
    created_at=st.integers(0, 4 * 10**12).map(moment),
    message_type=st.sampled_from(["ACTION", "ERROR", "FINAL_ANSWER", "SOMETHING"]),
    turn=st.integers(1, 3),
    thought=st.none() | WHOLE_TEXTS,
    tool_name=st.none() | WHOLE_TEXTS,
    tool_input=st.none() | st.dictionaries(TEXTS, VALUES, max_size=3),
    tool_output=st.none() | st.dictionaries(TEXTS, VALUES, max_size=3),
    observation=st.none() | WHOLE_TEXTS | st.dictionaries(TEXTS, VALUES, max_size=3),
    duration_ms=st.none() | st.integers(0, 10**9),
)
RUNS = st.fixed_dictionaries(
    {
        "prompt": WHOLE_TEXTS,
        "result": st.none() | WHOLE_TEXTS | st.just("long " * 400),
        "metadata": st.dictionaries(TEXTS, VALUES, max_size=3),
        "status": st.sampled_from(["COMPLETE", "ERROR", "CANCELLED"]),
        "upstream_id": st.none(),
        "entries": st.lists(ENTRIES, max_size=4),
    }
)


@pytest.fixture(params=["sqlite to postgresql", "postgresql to sqlite"])
def two_urls(request: pytest.FixtureRequest, sqlite_url: str, postgres_url: str) -> tuple[str, str]:
    if request.param.startswith("sqlite"):
        return (sqlite_url, postgres_url)
    return (postgres_url, sqlite_url)


async def filled(database: Database, described: dict[str, JSON]) -> int:
    fields = dict(described)
    entries, prompt, result = fields.pop("entries"), fields.pop("prompt"), fields.pop("result")
    async with database.begin() as transaction:
        run = await runs.insert(
            transaction, prompt=prompt, agent="scripted", result=result, **fields
        )
        await turns.finish(transaction, run.id, 1, status=fields["status"], result=result)
        if entries:
            await logs.append(transaction, run.id, None, entries)
    return run.id


@pytest.mark.soak
@settings(
    max_examples=examples(25),
    suppress_health_check=cast("list[HealthCheck]", list(HealthCheck)),
    derandomize=True,
)
@given(described=st.lists(RUNS, min_size=1, max_size=3))
def test_what_is_exported_and_imported_is_equal(
    two_urls: tuple[str, str], folder: Path, described: list[dict[str, JSON]]
) -> None:
    async def there_and_back() -> None:
        async with Database.open(two_urls[0]) as first, Database.open(two_urls[1]) as second:
            made = [await filled(first, each) for each in described]
            before = await exported(first, *made)
            result = await brought_in(second, folder, before)
            assert (result.imported, result.known) == (len(made), 0)
            after = await exported(second, *[run.id for run in result.runs])
            assert told_alike(after) == told_alike(before)

    asyncio.run(there_and_back())


async def test_all_that_belongs_to_a_run_comes_with_it(
    database: Database, tmp_path: Path, folder: Path
) -> None:
    source = await full_run(database)
    content = await exported(database, diff=DIFF)
    async with Database.open(f"sqlite:///{tmp_path / 'other.db'}") as other:
        result = await brought_in(other, folder, content)
        (imported,) = result.runs
        run = await runs.get(other, imported.id)
        assert (result.logs, imported.outcome, imported.origin) == (8, "imported", run.origin)
        assert run.imported_at is not None
        assert (await repos.get(other, run.repo_id or 0)).url == "https://git.example/acme/api"
        assert await imports.diff(other, run.id) == DIFF
        assert told_alike(await exported(other)) == told_alike(content)
        assert (await runs.counts(other)).by_status == {"ERROR": 1}
        failed = LogFilter(failed=True)
        texts, total = await logs.page(other, run.id, skip=0, limit=9, filter=failed)
        # The source shows the same: a filter finds what it found there.
        before, _ = await logs.page(database, source.id, skip=0, limit=9, filter=failed)
        assert [json.loads(text)["seq"] for text in texts] == [
            json.loads(text)["seq"] for text in before
        ]
        assert total == len(texts)
        assert (await in_one_run.find(other, run.id, "turned")).seqs == [2]


async def test_entries_of_an_import_are_in_the_search_index(
    database: Database, folder: Path
) -> None:
    run = await new_run(database, status="COMPLETE")
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [entry("zanzibar")])
    content = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    (imported,) = (await brought_in(database, folder, content)).runs
    sql = (
        "select run_id from log_fts join log on log.id = log_fts.rowid where log_fts match :word"
        if database.dialect == "sqlite"
        else "select run_id from log where search @@ to_tsquery('simple', :word)"
    )
    rows = await database.read(sql, {"word": "zanzibar"})
    assert {run_id for (run_id,) in rows} == {run.id, imported.id}


async def test_a_file_may_be_imported_again_and_to_where_it_came_from(
    database: Database, folder: Path
) -> None:
    await full_run(database)
    content = await exported(database)
    assert (await brought_in(database, folder, content)).known == 1
    foreign = content.replace(b'"origin":"', b'"origin":"elsewhere')
    assert (await brought_in(database, folder, foreign)).imported == 1
    again = await brought_in(database, folder, foreign)
    assert (again.imported, again.updated, again.known, again.logs) == (0, 0, 1, 0)
    assert (await runs.counts(database)).by_status == {"ERROR": 2}
    assert list(folder.iterdir()) == []


async def test_a_later_export_updates_a_run_under_its_id(
    database: Database, tmp_path: Path, folder: Path
) -> None:
    run = await new_run(database, status="ACTIVE")
    await add_entries(database, run.id, 3)
    early = await exported(database)
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [entry("the end")])
        await runs.change(transaction, run, status="COMPLETE")
    late = await exported(database)
    async with Database.open(f"sqlite:///{tmp_path / 'other.db'}") as other:
        (first,) = (await brought_in(other, folder, early)).runs
        half = await runs.get(other, first.id)
        assert (half.status, half.status_reason) == ("ERROR", "unfinished")
        assert "ACTIVE when it was exported" in (half.error or "")
        (second,) = (await brought_in(other, folder, late)).runs
        assert (second.id, second.outcome) == (first.id, "updated")
        assert told_alike(await exported(other)) == told_alike(late)
        assert (await runs.counts(other)).by_status == {"COMPLETE": 1}
        (third,) = (await brought_in(other, folder, early)).runs
        assert third.outcome == "known"
        assert (await runs.get(other, first.id)).status == "COMPLETE"
        assert (await in_one_run.find(other, first.id, "the end")).total == 1


async def test_counters_equal_a_recount_whatever_comes_in(database: Database, folder: Path) -> None:
    await full_run(database)
    run = await new_run(database, status="ACTIVE")
    await add_entries(database, run.id, 3)
    early = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    async with database.begin() as transaction:
        failed = entry("no", tool_name="bash", tool_output={"status": "failed"}, duration_ms=7)
        await logs.append(transaction, run.id, None, [failed])
        await runs.change(transaction, run, status="COMPLETE", title="renamed")
    late = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    await recount(database)  # it leaves a mark of its own
    for content in (early, late, early):
        await brought_in(database, folder, content)
        figures = await counted(database)
        await recount(database)
        assert await counted(database) == figures
    with pytest.raises(InvalidRequest):
        await brought_in(database, folder, late[:-30])
    await recount(database)
    assert await counted(database) == figures
    # The search knows the words of the run as it came last.
    texts = await database.read("select body from run_text where body like '%renamed%'")
    assert len(texts) == 2


async def test_a_run_of_an_upstream_that_is_mirrored_here_is_known(
    database: Database, folder: Path
) -> None:
    run = await new_run(database, status="COMPLETE", upstream_id="abc")
    content = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    (imported,) = (await brought_in(database, folder, content)).runs
    assert (imported.id, imported.outcome) == (run.id, "known")


async def test_nul_and_halves_of_surrogate_pairs_come_in_as_far_as_a_database_takes_them(
    database: Database, folder: Path
) -> None:
    run = await new_run(database, status="COMPLETE", title="marker", agent="marker")
    await add_entries(database, run.id, 1)
    content = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    content = content.replace(b"marker", b"a\\u0000b\\ud800c").replace(
        b"line 0", b"x\\udfff\\u0000y"
    )
    (imported,) = (await brought_in(database, folder, content)).runs
    there = await runs.get(database, imported.id)
    assert (there.title, there.agent) == ("ab\ufffdc", "ab\ufffdc")
    (text,), _ = await logs.page(database, imported.id, skip=0, limit=1)
    assert json.loads(text)["observation"] == "x\ufffdy"


async def tidied(database: Database) -> None:
    """Wait until nothing is staged any more."""
    with anyio.fail_after(PATIENCE_SECONDS):
        while await imports.staged(database):
            await anyio.lowlevel.checkpoint()


async def test_what_a_killed_process_left_is_taken_away_at_the_next_start(
    database: Database, folder: Path
) -> None:
    whole_run = await new_run(database, status="COMPLETE")
    await add_entries(database, whole_run.id, 2)
    async with database.begin() as transaction:
        left = await imports.stage(transaction, "an import", "dead", None)
        entry_ = {**entry("left").model_dump(mode="json"), "seq": 0}
        await logs.stage(transaction, left, [entry_], under=left)
        beside = await imports.stage(transaction, "an update", "dead", whole_run.id)
        await logs.stage(transaction, whole_run.id, [entry_], under=beside)
    with pytest.raises(RunNotFound):
        await runs.get(database, left)
    folder.mkdir()
    (folder / "half a file").write_bytes(b"x")
    async with importer(database, folder).living():
        await tidied(database)
    assert await database.read("select count(*) from log") == [(2,)]
    assert (await runs.get(database, whole_run.id)).log_count == 2
    assert not folder.exists()


async def test_what_a_killed_process_left_is_taken_away_once_the_database_can_be_read(
    database: Database, folder: Path
) -> None:
    async with database.begin() as transaction:
        await imports.stage(transaction, "an import", "dead", None)
    async with importer(database, folder).living():
        async with without_table(database, "staged_run"):
            await died("tidy-imports")
        await tidied(database)


async def test_an_id_that_was_given_to_an_import_is_not_given_again(database: Database) -> None:
    async with database.begin() as transaction:
        left = await imports.stage(transaction, "an import", "dead", None)
    assert (await new_run(database)).id > left


async def test_a_time_of_another_zone_is_kept(database: Database, folder: Path) -> None:
    run = await new_run(database, status="COMPLETE")
    await add_entries(database, run.id, 1)
    at = NOW.isoformat().replace("+00:00", "Z").encode()
    content = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    content = content.replace(b'"created_at":"' + at, b'"created_at":"2026-11-22T14:00:00+02:00')
    (imported,) = (await brought_in(database, folder, content)).runs
    (read,) = await logs.read(database, imported.id, limit=1)
    assert read.created_at == NOW
