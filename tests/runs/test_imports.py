"""Files of runs that come in: equal to what went out, all or none, each once, in both databases."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
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
    records,
    told_alike,
)
from figure_samples import counted
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent_runs.errors import InvalidRequest, RunNotFound, TooLarge
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "imports"


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
        (found,) = result.runs
        run = await runs.get(other, found.id)
        assert (result.logs, found.outcome, found.origin) == (8, "imported", run.origin)
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
    (found,) = (await brought_in(database, folder, content)).runs
    sql = (
        "select run_id from log_fts join log on log.id = log_fts.rowid where log_fts match :word"
        if database.dialect == "sqlite"
        else "select run_id from log where search @@ to_tsquery('simple', :word)"
    )
    rows = await database.read(sql, {"word": "zanzibar"})
    assert {run_id for (run_id,) in rows} == {run.id, found.id}


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
        kept = await counted(database)
        await recount(database)
        assert await counted(database) == kept
    with pytest.raises(InvalidRequest):
        await brought_in(database, folder, late[:-30])
    await recount(database)
    assert await counted(database) == kept
    # The search knows the words of the run as it came last.
    texts = await database.read("select body from run_text where body like '%renamed%'")
    assert len(texts) == 2


async def test_a_run_of_an_upstream_that_is_mirrored_here_is_known(
    database: Database, folder: Path
) -> None:
    run = await new_run(database, status="COMPLETE", upstream_id="abc")
    content = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    (found,) = (await brought_in(database, folder, content)).runs
    assert (found.id, found.outcome) == (run.id, "known")


Lines = list[bytes]


def swapped(at: int, old: bytes, new: bytes) -> Callable[[Lines], Lines]:
    """Put other text into a line."""
    return lambda lines: [*lines[:at], lines[at].replace(old, new), *lines[at + 1 :]]


def put(at: int, line: bytes) -> Callable[[Lines], Lines]:
    """Put another line into the place of one."""
    return lambda lines: [*lines[:at], line, *lines[at + 1 :]]


DEEP = b'{"type":"log","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
# The lines: header, run, turn, three entries, end.
FAULTS: dict[str, Callable[[Lines], Lines]] = {
    "cut between lines": lambda lines: lines[:-1],
    "cut in a line": lambda lines: [*lines[:-1], lines[-1][:-20]],
    "newer format": swapped(0, b'"format":1', b'"format":2'),
    "foreign": put(0, b'{"hello":"world"}\n'),
    "empty": lambda _: [],
    "no json": put(3, b"<html>\n"),
    "not a number": swapped(3, b'"turn":1', b'"turn":NaN'),
    "no object": put(3, b"[1,2]\n"),
    "no utf-8": put(3, b'{"type":"log","x":"\xff"}\n'),
    "entry is missing": lambda lines: [*lines[:5], *lines[6:]],
    "entry is there twice": lambda lines: [*lines[:5], lines[4], *lines[5:]],
    "run is there twice": lambda lines: [lines[0], *lines[1:-1], *lines[1:-1], lines[-1]],
    "huge number": swapped(1, b'"log_count":3', b'"log_count":99999999999999999999'),
    "unknown kind": lambda lines: [*lines[:2], b'{"type":"surprise"}\n', *lines[2:]],
    "text after the end": lambda lines: [*lines, lines[-1]],
    "time without zone": swapped(4, b'Z","message_type', b'","message_type'),
    "too deep": put(4, DEEP + b"\n"),
}


@pytest.mark.parametrize(
    ("how", "line", "words"),
    [
        ("cut between lines", 7, "it was cut off. Export or copy it again."),
        ("cut in a line", 7, "cut off"),
        ("newer format", 1, "format 2, but this version reads formats up to 1"),
        ("foreign", 1, "neither an export of agent_runs"),
        ("no json", 4, "not JSON"),
        ("not a number", 4, "NaN"),
        ("no object", 4, "not a JSON object"),
        ("no utf-8", 4, "not UTF-8"),
        ("empty", 1, "is empty"),
        ("entry is missing", 6, "3 entries, but has 2"),
        ("entry is there twice", 6, "seq should be 2"),
        ("run is there twice", 7, "already in the file, at line 2"),
        ("huge number", 2, "log_count"),
        ("unknown kind", 3, "does not know lines of type"),
        ("text after the end", 8, "after the end"),
        ("time without zone", 5, "no time zone"),
        ("too deep", 5, "nested too deeply"),
    ],
)
async def test_a_broken_file_is_refused_with_its_line_and_leaves_nothing(
    database: Database, folder: Path, how: str, line: int, words: str
) -> None:
    run = await new_run(database, status="COMPLETE")
    await add_entries(database, run.id, 3)
    content = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    before = await exported(database)
    with pytest.raises(InvalidRequest) as refused:
        await brought_in(database, folder, b"".join(FAULTS[how](content.splitlines(keepends=True))))
    assert refused.value.message.startswith(f"Line {line}: "), refused.value.message
    assert words in refused.value.message
    assert refused.value.message.endswith("Nothing was imported.")
    assert records(await exported(database))[1:] == records(before)[1:]
    assert list(folder.iterdir()) == []
    assert (await brought_in(database, folder, content)).imported == 1


async def test_nul_and_halves_of_surrogate_pairs_come_in_as_far_as_a_database_takes_them(
    database: Database, folder: Path
) -> None:
    run = await new_run(database, status="COMPLETE", title="marker", agent="marker")
    await add_entries(database, run.id, 1)
    content = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    content = content.replace(b"marker", b"a\\u0000b\\ud800c").replace(
        b"line 0", b"x\\udfff\\u0000y"
    )
    (found,) = (await brought_in(database, folder, content)).runs
    there = await runs.get(database, found.id)
    assert (there.title, there.agent) == ("ab\ufffdc", "ab\ufffdc")
    (text,), _ = await logs.page(database, found.id, skip=0, limit=1)
    assert json.loads(text)["observation"] == "x\ufffdy"


async def test_a_failure_half_way_leaves_nothing(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        run = await new_run(database, status="COMPLETE")
        await add_entries(database, run.id, 1200)
    content = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    before = await exported(database)
    lines = content.split(b"\n")
    lines[-10] = b"broken"
    path = tmp_path / "changed meanwhile"
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(InvalidRequest):
        # Past the check, as if the disk had failed after it.
        await importer(database, folder)._store(path)  # pyright: ignore[reportPrivateUsage]
    assert records(await exported(database))[1:] == records(before)[1:]
    assert await imports.staged(database) == []
    assert await database.read("select count(*) from log") == [(2400,)]


async def tidied(database: Database) -> None:
    """Wait until nothing is staged any more."""
    with anyio.fail_after(PATIENCE_SECONDS):
        while await imports.staged(database):
            await anyio.lowlevel.checkpoint()


async def test_what_a_killed_process_left_is_taken_away_at_the_next_start(
    database: Database, folder: Path
) -> None:
    kept = await new_run(database, status="COMPLETE")
    await add_entries(database, kept.id, 2)
    async with database.begin() as transaction:
        left = await imports.stage(transaction, "an import", "dead", None)
        entry_ = {**entry("left").model_dump(mode="json"), "seq": 0}
        await logs.stage(transaction, left, [entry_], under=left)
        beside = await imports.stage(transaction, "an update", "dead", kept.id)
        await logs.stage(transaction, kept.id, [entry_], under=beside)
    with pytest.raises(RunNotFound):
        await runs.get(database, left)
    folder.mkdir()
    (folder / "half a file").write_bytes(b"x")
    async with importer(database, folder).living():
        await tidied(database)
    assert await database.read("select count(*) from log") == [(2,)]
    assert (await runs.get(database, kept.id)).log_count == 2
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


async def test_a_file_over_the_limit_is_refused(database: Database, folder: Path) -> None:
    async def body() -> AsyncGenerator[bytes]:
        yield b"x" * 600
        yield b"x" * 600

    with pytest.raises(TooLarge, match="1,000 bytes"):
        await importer(database, folder, limit_bytes=1000).take(body())
    assert list(folder.iterdir()) == []


async def test_a_time_of_another_zone_is_kept(database: Database, folder: Path) -> None:
    run = await new_run(database, status="COMPLETE")
    await add_entries(database, run.id, 1)
    at = NOW.isoformat().replace("+00:00", "Z").encode()
    content = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    content = content.replace(b'"created_at":"' + at, b'"created_at":"2026-11-22T14:00:00+02:00')
    (found,) = (await brought_in(database, folder, content)).runs
    (read,) = await logs.read(database, found.id, limit=1)
    assert read.created_at == NOW
