"""Search in one run finds exactly the entries that hold the words."""

from datetime import UTC, datetime

import pytest

from agent_runs.errors import RunNotFound
from agent_runs.models import NewLog
from agent_runs.store import log_search, logs, runs
from agent_runs.store.database import Database

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
    assert await log_search.find(database, run.id, text) == (len(seqs), seqs)


async def test_a_run_that_is_not_there_is_said_so(database: Database) -> None:
    with pytest.raises(RunNotFound):
        await log_search.find(database, 99, "text")


async def test_every_part_of_a_long_run_is_looked_at(database: Database) -> None:
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="x", agent="scripted")
        entries = [
            NewLog(created_at=datetime.now(UTC), message_type="ACTION", observation=f"step {n}.")
            for n in range(4100)
        ]
        await logs.append(transaction, run.id, None, entries)
    assert await log_search.find(database, run.id, "step 0.") == (1, [0])
    assert await log_search.find(database, run.id, "step 1999.") == (1, [1999])
    assert await log_search.find(database, run.id, "step 2000.") == (1, [2000])
    assert await log_search.find(database, run.id, "step 4099.") == (1, [4099])
    assert (await log_search.find(database, run.id, "step"))[0] == 4100
