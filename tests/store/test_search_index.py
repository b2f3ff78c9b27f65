"""The search index is filled when entries are stored, with the same words on both engines."""

from collections.abc import AsyncGenerator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import entry, new_run

from agent_runs.models import NewLog
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.payloads import SEARCH_LENGTH, search_text
from agent_runs.store.runs import logs
from tests.length import examples

pytestmark = pytest.mark.anyio

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
_OBJECT = st.none() | st.dictionaries(st.text(max_size=5), _JSON, max_size=3)
_TEXT = st.none() | st.text(max_size=50) | st.just("word " * 900)
_ENTRIES = st.builds(
    entry,
    _TEXT | _OBJECT,
    thought=_TEXT,
    tool_name=st.none() | st.just("bash"),
    tool_input=_OBJECT,
    tool_output=_OBJECT,
)


async def find(database: Database, word: str) -> list[int]:
    if database.dialect == "sqlite":
        sql = "select seq from log_fts join log on log.id = log_fts.rowid where log_fts match :word"
        word = f'"{word}"'
    else:
        sql = "select seq from log where search @@ plainto_tsquery('agent_runs', :word)"
    return [seq for (seq,) in await database.read(f"{sql} order by seq", {"word": word})]


async def test_words_of_all_parts_of_an_entry_are_found(database: Database) -> None:
    run = await new_run(database)
    entries = [
        entry("seen\nline", thought="pondering"),
        entry({"a": ["nested", {"b": "deeper"}]}, tool_name="grep"),
        entry(None, tool_input={"command": "make build"}, tool_output={"stdout": "linking"}),
        entry("word " * (SEARCH_LENGTH // 5) + "beyond"),
    ]
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, entries)
    expected = {
        "line": [0], "ponder": [0], "nested": [1], "deeper": [1], "grep": [1], "make": [2],
        "link": [2], "word": [3], "beyond": [], "stdout": [],
    }  # fmt: skip
    assert {word: await find(database, word) for word in expected} == expected


@pytest.fixture
async def sqlite_database(sqlite_url: str) -> AsyncGenerator[Database]:
    async with Database.open(sqlite_url) as opened:
        yield opened


@pytest.mark.soak
@settings(max_examples=examples(100))
@given(added=_ENTRIES)
async def test_both_engines_index_the_same_words(sqlite_database: Database, added: NewLog) -> None:
    run = await new_run(sqlite_database)
    async with sqlite_database.begin() as transaction:
        await logs.append(transaction, run.id, None, [added])
    ((payload, body),) = await sqlite_database.read(
        "select payload, body from log join log_text using (id) where run_id = :id",
        {"id": run.id},
    )
    assert search_text(payload) == body


async def test_deleted_entries_leave_the_index(sqlite_url: str) -> None:
    async with Database.open(sqlite_url) as database:
        run = await new_run(database)
        async with database.begin() as transaction:
            await logs.append(transaction, run.id, None, [entry("gone"), entry("stays")])
            await transaction.execute("delete from log where seq = 0")
            await transaction.execute("insert into log_fts (log_fts) values ('integrity-check')")
        assert await find(database, "gone") == []
        assert await find(database, "stays") == [1]
