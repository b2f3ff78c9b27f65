"""Whatever is stored is found, and nothing else, on both engines alike."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from store_samples import entry, new_run

from agent_runs.search_query import SearchQuery, parse_query
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.payloads import clean_text
from agent_runs.store.runs import logs
from agent_runs.store.search import search
from agent_runs.store.search.highlights import Stems
from tests.length import examples

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_SETTINGS = settings(max_examples=examples(60))
# Letters of many scripts that SQLite's tables (Unicode 6.1) know, digits, and all that parts words.
_LETTERS = st.sampled_from("abcxyzABCXYZ019éÉñßøĐżЖщλΩאعक漢字かカ한글ⅣªIİ")
_MARKS = st.sampled_from(" \t\n.,;:/\\-_+*=()[]{}<>\"'`~@#$%^&|!?\0\u200b\u2028\ud800😀€§\u0301")
_TEXT = st.lists(
    st.text(_LETTERS, min_size=1, max_size=12) | st.text(_MARKS, min_size=1, max_size=3),
    min_size=1,
    max_size=40,
).map("".join)
# An accent that stands behind its letter parts nothing.
_WORD = re.compile(r"[^\W_]+(?:\u0301+[^\W_]*)*")
_TEXT_AND_WORD = _TEXT.filter(lambda text: bool(_WORD.search(text))).flatmap(
    lambda text: st.tuples(st.just(text), st.sampled_from(_WORD.findall(clean_text(text))))
)

_VOCABULARY = ("run", "running", "runs", "test", "testing", "happy", "happily", "the", "file")
_SENTENCE = st.lists(st.sampled_from([*_VOCABULARY, "-", "_", "/"]), max_size=8).map(" ".join)
_PHRASE = st.lists(st.sampled_from(_VOCABULARY), min_size=1, max_size=3).map(" ".join)
_QUERY = st.builds(
    SearchQuery,
    all_of=st.lists(st.lists(_PHRASE, min_size=1, max_size=3).map(tuple), max_size=3).map(tuple),
    none_of=st.lists(_PHRASE, max_size=2).map(tuple),
).filter(lambda query: query.has_words)


@pytest.mark.soak
@_SETTINGS
@given(stored=_TEXT_AND_WORD)
@example(stored=("0\u03010", "0\u03010"))
@example(stored=("0\x000", "00"))
@example(stored=("e\u0301te\u0301 -\u0301a", "a"))
async def test_every_word_of_what_is_stored_finds_it(
    database: Database, stored: tuple[str, str]
) -> None:
    text, word = stored
    run = await new_run(database, prompt=text)
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [entry(text)])
    page = await search.find(database, parse_query(f"type:action run:{run.id} {word}", NOW))
    assert [hit.seq for hit in page.hits] == [0]
    page = await search.find(database, parse_query(f"run:{run.id} {word}", NOW))
    assert {hit.seq for hit in page.hits} == {0, None}


@pytest.mark.soak
@_SETTINGS
@given(texts=st.lists(_SENTENCE, max_size=8), query=_QUERY)
async def test_exactly_what_fits_is_found_and_marked(
    database: Database, texts: list[str], query: SearchQuery
) -> None:
    run = await new_run(database, prompt="x")
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [entry(text) for text in texts])
    only = parse_query(f"run:{run.id} type:action", NOW).fields
    query = SearchQuery(query.all_of, query.none_of, only)
    expected = [seq for seq, text in enumerate(texts) if _fits(text, query)]
    page = await search.find(database, query, limit=100)
    assert sorted(hit.seq for hit in page.hits if hit.seq is not None) == expected
    assert page.total == len(expected)
    assert all(bool(hit.snippet.marks) == bool(query.all_of) for hit in page.hits)
    ranked = await search.find(database, query, limit=100, order="best")
    assert {hit.seq for hit in ranked.hits} == set(expected)


@pytest.mark.soak
@_SETTINGS
@given(
    number=st.integers(0, 30), limit=st.integers(1, 12), order=st.sampled_from(["newest", "best"])
)
async def test_pages_put_together_are_the_whole(
    database: Database, number: int, limit: int, order: search.Order
) -> None:
    run = await new_run(database, prompt="word")
    async with database.begin() as transaction:
        texts = ["word " * (1 + at % 3) for at in range(number)]
        await logs.append(transaction, run.id, None, [entry(text) for text in texts])
    query = parse_query(f"run:{run.id} word", NOW)
    whole = await search.find(database, query, order=order, limit=100)
    pages: list[search.Hit] = []
    cursor = None
    while True:
        page = await search.find(database, query, order=order, limit=limit, cursor=cursor)
        assert len(page.hits) <= limit
        assert (page.total, page.total_is_capped) == (number + 1, False)
        pages += page.hits
        cursor = page.next_cursor
        if cursor is None:
            break
    assert pages == whole.hits
    assert len(pages) == number + 1


def _fits(text: str, query: SearchQuery) -> bool:
    return all(_has(text, group) for group in query.all_of) and not _has(text, query.none_of)


def _has(text: str, phrases: tuple[str, ...]) -> bool:
    return any(True for _ in Stems(phrases).marks(text))
