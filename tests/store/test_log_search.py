"""Search in one run finds exactly the entries that hold the words or fit the pattern."""

import asyncio
from datetime import UTC, datetime

import pytest

from agent_runs.errors import InvalidQuery, RunNotFound
from agent_runs.filters import LogFilter
from agent_runs.models import NewLog
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, runs
from agent_runs.store.search import in_one_run

pytestmark = pytest.mark.anyio

ENTRIES = (
    "The Quick brown fox",
    'he said "stop" and left',
    "100% of C:\\temp\\_x",
    "GRÖSSE und Straße",
    "line one\nline two",
    "thought and observation",
)


@pytest.mark.parametrize(
    ("text", "seqs"),
    [
        ("quick", [0]),
        ('"stop"', [1]),
        ("100%", [2]),
        ("\\_x", [2]),
        ("grösse", [3]),
        ("one\nline", [4]),
        ("tool_name", []),
        ("agent_run_id", []),
        ("and", [1, 5]),
        ("%", [2]),
        ("fox'; drop table log; --", []),
    ],
)
async def test_a_text_is_found_as_it_stands_and_whatever_its_case(
    database: Database, text: str, seqs: list[int]
) -> None:
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="x", agent="scripted")
        entries = [
            NewLog(created_at=datetime.now(UTC), message_type="ACTION", observation=words)
            for words in ENTRIES
        ]
        await logs.append(transaction, run.id, None, entries)
        other = await runs.insert(transaction, prompt="x", agent="scripted")
        await logs.append(transaction, other.id, None, entries)
    assert (await in_one_run.find(database, run.id, text))[:2] == (len(seqs), seqs)


async def test_a_run_that_is_not_there_is_said_so(database: Database) -> None:
    with pytest.raises(RunNotFound):
        await in_one_run.find(database, 99, "text")


async def test_every_part_of_a_long_run_is_looked_at(database: Database) -> None:
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="x", agent="scripted")
        entries = [
            NewLog(created_at=datetime.now(UTC), message_type="ACTION", observation=f"step {n}.")
            for n in range(4100)
        ]
        await logs.append(transaction, run.id, None, entries)
    for seq in (0, 1999, 2000, 4099):
        matches = await in_one_run.find(database, run.id, f"step {seq}.")
        assert matches == (1, [seq], [(seq, seq)])
    matches = await in_one_run.find(database, run.id, r"^step \d*99\.$", is_regex=True)
    assert (matches.total, matches.seqs[:2], matches.seqs[-1]) == (41, [99, 199], 4099)
    assert (await in_one_run.find(database, run.id, "step"))[0] == 4100


@pytest.fixture
async def run_id(database: Database) -> int:
    """A run with the entries, and calls of two tools between them."""
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="x", agent="scripted")
        entries = [
            NewLog(
                created_at=datetime.now(UTC),
                message_type="ACTION",
                tool_name="bash" if number % 2 else "read",
                observation=words,
            )
            for number, words in enumerate(ENTRIES)
        ]
        await logs.append(transaction, run.id, None, entries)
    return run.id


@pytest.mark.parametrize(
    ("pattern", "seqs"),
    [
        ("quick|STOP", [0, 1]),
        (r"^line \w+$", [4]),
        (r"\bthought\b.*\bobservation\b", [5]),
        ("größe|straße", [3]),
        (r"\d+%", [2]),
        (r"(?i:grösse)", [3]),
        (r"\p{Lu}{3}", [3, 0, 1, 2, 4, 5]),
        ("nothing", []),
        ("'; drop table log; --", []),
    ],
)
async def test_a_pattern_finds_what_fits_in_any_case(
    database: Database, run_id: int, pattern: str, seqs: list[int]
) -> None:
    matches = await in_one_run.find(database, run_id, pattern, is_regex=True)
    assert (matches.total, matches.seqs) == (len(seqs), sorted(seqs))


@pytest.mark.parametrize(
    ("pattern", "position"),
    [("a(b", 3), ("[z-a]", 4), ("*a", 0), ("a{2,1}", 2), ("(?<n>a)(?<n", 11), ("\\", 1)],
)
async def test_a_pattern_that_is_none_is_explained_with_its_place(
    database: Database, run_id: int, pattern: str, position: int
) -> None:
    with pytest.raises(InvalidQuery, match="cannot be read") as caught:
        await in_one_run.find(database, run_id, pattern, is_regex=True)
    assert caught.value.position == position


@pytest.mark.parametrize("pattern", ["(?R)", "(?:(?R)|a)*"])
async def test_a_pattern_that_calls_itself_for_ever_is_refused_as_one(
    database: Database, run_id: int, pattern: str
) -> None:
    with pytest.raises(InvalidQuery, match="takes too much memory"):
        await in_one_run.find(database, run_id, pattern, is_regex=True)


@pytest.mark.parametrize(
    "pattern",
    [
        "a{99999999}",
        "(?:(?:a{99}){99}){99}",
        "(?x)(a{999}) # the count stands on the next line\n{999}",
        "(a{ 999}) {999,}",
    ],
)
async def test_a_pattern_that_would_fill_the_memory_is_refused_before_it_is_read(
    database: Database, run_id: int, pattern: str
) -> None:
    with pytest.raises(InvalidQuery, match="repeats something too often"):
        await in_one_run.find(database, run_id, pattern, is_regex=True)


@pytest.mark.parametrize(
    "pattern",
    [
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "(sha|commit) [0-9a-f]{40} [0-9a-f]{40} [0-9a-f]{40}",
        r"(\d{1,3}\.){3}\d{1,3}:\d{2,5}",
        r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3,6})?(Z|[+-]\d{2}:\d{2})",
    ],
)
async def test_counts_as_people_write_them_are_no_trouble(
    database: Database, run_id: int, pattern: str
) -> None:
    assert (await in_one_run.find(database, run_id, pattern, is_regex=True)).total == 0


async def test_a_pattern_that_takes_for_ever_is_given_up_and_holds_nobody_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_one_run, "PATTERN_SECONDS", 0.3)
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="x", agent="scripted")
        entry = NewLog(
            created_at=datetime.now(UTC), message_type="ACTION", observation="a" * 5000 + "!"
        )
        await logs.append(transaction, run.id, None, [entry] * 3)
    searches = [
        asyncio.create_task(in_one_run.find(database, run.id, pattern, is_regex=True))
        for pattern in (r"(a+)+$", r"(a|aa)+$", r"(.*a){20}$")
    ]
    # Whoever else asks meanwhile is answered, long before these are given up.
    answered = 0
    while not any(task.done() for task in searches):
        await database.read("select count(*) from run")
        answered += 1
        await asyncio.sleep(0)
    assert answered > 5
    for ended in await asyncio.gather(*searches, return_exceptions=True):
        assert isinstance(ended, InvalidQuery)
        assert "takes longer than 0.3 s" in ended.message


async def test_filters_say_what_counts_and_the_context_does_not_heed_them(
    database: Database, run_id: int
) -> None:
    only = LogFilter(tool_name=("bash",))
    matches = await in_one_run.find(database, run_id, "n", filter=only, context=1)
    assert (matches.total, matches.seqs) == (3, [1, 3, 5])
    assert matches.around == [(0, 5)]
    matches = await in_one_run.find(database, run_id, "quick|thought", is_regex=True, context=2)
    assert matches.around == [(0, 5)]
    matches = await in_one_run.find(database, run_id, "quick|thought", is_regex=True, context=1)
    assert matches.around == [(0, 1), (4, 5)]


async def test_the_number_of_hits_does_not_depend_on_how_many_are_named(
    database: Database, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_one_run, "MOST", 2)
    assert await in_one_run.find(database, run_id, "n") == (5, [0, 1], [(0, 1)])
