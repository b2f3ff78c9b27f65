"""Search in everything: what is stored is found, on both engines, in order and page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from store_samples import entry, new_run

from agent_runs.errors import InvalidRequest
from agent_runs.models import NewLog
from agent_runs.search_query import parse_query
from agent_runs.store.engine.database import Database
from agent_runs.store.organization import repos
from agent_runs.store.runs import logs, runs, turns
from agent_runs.store.search import rows as search_rows
from agent_runs.store.search import search
from agent_runs.store.search.search import HitPage, Order

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def look(database: Database, text: str, **options: Any) -> HitPage:
    return await search.find(database, parse_query(text, NOW), **options)


async def seqs(database: Database, text: str, **options: Any) -> list[tuple[int, int | None]]:
    """Which steps of which runs are found, in order; None stands for the run itself."""
    page = await look(database, text, **options)
    assert page.total == len(page.hits)
    assert set(page.runs) == {hit.run_id for hit in page.hits}
    return [(hit.run_id, hit.seq) for hit in page.hits]


async def append(database: Database, run_id: int, *entries: NewLog) -> None:
    async with database.begin() as transaction:
        await logs.append(transaction, run_id, None, entries)


def step(text: str = "", *, at: datetime = NOW, kind: str = "ACTION", **fields: Any) -> NewLog:
    return NewLog(created_at=at, message_type=kind, observation=text, **fields)


async def test_words_are_found_in_steps_and_in_runs_newest_first(database: Database) -> None:
    before = NOW - timedelta(hours=1)
    first = await new_run(database, prompt="mend the teapot", title="Kitchen", created_at=before)
    second = await new_run(database, prompt="nothing of it", created_at=before)
    await append(database, first.id, step("a teapot is here"), step("no tea"))
    await append(database, second.id, step("x"), step("Teapots, all of them"))
    assert await seqs(database, "teapot") == [(2, 1), (1, 0), (1, None)]
    assert await seqs(database, "kitchen") == [(1, None)]
    assert await seqs(database, "teapot kitchen") == [(1, None)]
    assert await seqs(database, "teapot -them") == [(1, 0), (1, None)]
    assert await seqs(database, "x OR tea") == [(2, 0), (1, 1)]
    assert await seqs(database, '"is here"') == [(1, 0)]
    assert await seqs(database, '"here is"') == []


async def test_results_and_later_prompts_of_a_run_are_found(database: Database) -> None:
    run = await new_run(database, prompt="one")
    async with database.begin() as transaction:
        await turns.finish(transaction, run.id, 1, status="COMPLETE", result="a glorious end")
        await turns.insert(transaction, run.id, 2, prompt="and an encore")
        await runs.change(transaction, run, title="Concert")
    for word in ("one", "glorious", "encore", "concert"):
        assert await seqs(database, word) == [(run.id, None)], word


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("app.py", [0]),
        ("src/app.py", [0]),
        ("app", [0]),
        ("the", [1]),
        ('"to be or not to be"', [1]),
        ("foo_bar", [2]),
        ("bar", [2]),
        ("octocat@example.com", [3]),
        ("example", [3, 4]),
        ("guide", [4]),
        ("CAFÉ", [5]),
        ("cafe", [5]),
        ("GRÖßE", [5]),
        ("007", [6]),
        ("0x1f", [6]),
        ("running", [7]),
        ("runs", [7]),
    ],
)
async def test_words_are_the_same_on_both_engines(
    database: Database, query: str, expected: list[int]
) -> None:
    run = await new_run(database, prompt="p")
    texts = (
        "edit src/app.py", "To be or not to be, the end", "call foo_bar()",
        "mail octocat@example.com", "see https://example.org/guide?x=1", "Café, Größe",
        "007 0x1f -12", "run",
    )  # fmt: skip
    await append(database, run.id, *(step(text) for text in texts))
    found_seqs = [-1 if seq is None else seq for _, seq in await seqs(database, query)]
    assert sorted(found_seqs) == expected


@pytest.fixture
async def filled(database: Database) -> Database:
    async with database.begin() as transaction:
        api = await repos.insert(transaction, name="api", url="/srv/api", full_name="team/api")
    first = await new_run(database, prompt="p", agent="Claude", repo_id=api.id)
    second = await new_run(database, prompt="p", agent="codex")
    async with database.begin() as transaction:
        await runs.change(transaction, second, status="ERROR", archived_at=NOW)
    failure = {"status": "failed"}
    await append(
        database,
        first.id,
        step("make it", at=NOW - timedelta(days=9), tool_name="Bash", tool_output=failure),
        step("make it so", at=NOW - timedelta(hours=1), tool_name="read_file"),
        step("make peace", kind="FINAL_ANSWER"),
    )
    await append(
        database,
        second.id,
        step("make war", kind="ERROR", at=NOW - timedelta(days=2)),
        step("say it", at=NOW, tool_name="bash"),
    )
    return database


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("tool:bash", [(2, 1), (1, 0)]),
        ("tool:bash,read_file make", [(1, 1), (1, 0)]),
        ("tool:nothing", []),
        ("-tool:bash make", [(2, 0), (1, 2), (1, 1)]),
        ("type:error", [(2, 0)]),
        ("type:answer,error", [(2, 0), (1, 2)]),
        ("-type:action", [(2, 0), (1, 2)]),
        ("failed:yes", [(2, 0), (1, 0)]),
        ("failed:no make", [(1, 2), (1, 1)]),
        ("status:error", [(2, None)]),
        ("status:failed make", [(2, 0)]),
        ("agent:claude make", [(1, 2), (1, 1), (1, 0)]),
        ("-agent:claude make", [(2, 0)]),
        ("agent:nobody make", []),
        ("repo:api failed:yes", [(1, 0)]),
        ("repo:team/api", [(1, None)]),
        ("-repo:api make", [(2, 0)]),
        ("run:2", [(2, None)]),
        ("run:1,2 failed:yes", [(2, 0), (1, 0)]),
        ("run:99 make", []),
        ("-run:2 make", [(1, 2), (1, 1), (1, 0)]),
        ("archived:no make", [(1, 2), (1, 1), (1, 0)]),
        ("archived:yes make", [(2, 0)]),
        ("after:7d make", [(2, 0), (1, 2), (1, 1)]),
        ("before:7d make", [(1, 0)]),
        ("before:1d after:3d make", [(2, 0)]),
        ("before:2000-01-01 make", []),
        ("after:2100-01-01 make", []),
        ("-it type:action,answer,error", [(2, 0), (1, 2)]),
        ("tool:bash -make", [(2, 1)]),
        ("make -tool:bash -type:error -peace", [(1, 1)]),
    ],
)
async def test_fields_narrow_down_what_is_found(
    filled: Database, query: str, expected: list[tuple[int, int | None]]
) -> None:
    assert await seqs(filled, query) == expected


async def test_an_empty_query_finds_all_runs(filled: Database) -> None:
    assert await seqs(filled, "") == [(2, None), (1, None)]


@pytest.mark.parametrize("order", ["newest", "best"])
@pytest.mark.parametrize("query", ["word", "word tool:bash", "word agent:scripted", "word -other"])
async def test_pages_hold_everything_once(database: Database, query: str, order: Order) -> None:
    ids: list[int] = []
    for number in range(3):
        run = await new_run(database, prompt=f"the word {number}", agent="scripted")
        ids.append(run.id)
        texts = (f"word {'and more ' * (n % 5)}{n}" for n in range(200))
        await append(database, run.id, *(step(text, tool_name="bash") for text in texts))
    there = 600 if "tool" in query else 603
    assert (await look(database, query, order=order)).total == there
    hits: list[tuple[int, int | None]] = []
    cursor = None
    while True:
        page = await look(database, query, order=order, limit=67, cursor=cursor)
        assert len(page.hits) <= 67
        hits += [(hit.run_id, hit.seq) for hit in page.hits]
        cursor = page.next_cursor
        if cursor is None:
            break
        # What comes meanwhile is not on later pages.
        await append(database, ids[-1], step("word", tool_name="bash"))
    assert len(hits) == len(set(hits)) == there
    assert all(seq is None or seq < 200 for _, seq in hits)


@pytest.mark.parametrize("spans", [1, 2, 100])
@pytest.mark.parametrize("query", ["word", "word tool:bash", "word -other", '"rare word"', "none"])
async def test_it_makes_no_difference_how_words_are_looked_for(
    database: Database, monkeypatch: pytest.MonkeyPatch, query: str, spans: int
) -> None:
    for number in range(3):
        run = await new_run(database, prompt=f"the word {number}", created_at=NOW)
        texts = (f"{'rare word' if n % 17 == 0 else 'other'} word {n}" for n in range(60))
        tools = ("bash", None, "read")
        await append(
            database,
            run.id,
            *(step(text, tool_name=tools[at % 3]) for at, text in enumerate(texts)),
        )
    expected = await seqs(database, query, limit=500)
    best = await look(database, query, order="best")
    # On PostgreSQL words that seem common are looked for row by row, so far.
    for name, value in (("_FEW", 0), ("_WALK_COST", 0), ("_SPAN", 7), ("_SPANS", spans)):
        monkeypatch.setattr(search_rows, name, value)
    hits: list[tuple[int, int | None]] = []
    cursor = None
    while True:
        page = await look(database, query, limit=11, cursor=cursor)
        hits += [(hit.run_id, hit.seq) for hit in page.hits]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert hits == expected
    ranked = await look(database, query, order="best")
    assert ranked.hits == best.hits
    assert ranked.total == best.total or ranked.total_is_capped


async def test_the_best_hits_come_first(database: Database) -> None:
    run = await new_run(database, prompt="p")
    dull = "word " + "and quite some other things " * 20
    await append(database, run.id, step("word word"), *(step(dull) for _ in range(20)))
    page = await look(database, "word", order="best", limit=1)
    assert [hit.seq for hit in page.hits] == [0]
    assert (page.total, page.total_is_capped) == (21, False)


async def test_many_hits_are_only_said_to_be_many(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_COUNTED", 10)
    run = await new_run(database, prompt="p")
    await append(database, run.id, *(step("word") for _ in range(12)))
    page = await look(database, "word", limit=5)
    assert (page.total, page.total_is_capped) == (10, True)
    await append(database, run.id, *(step("rare") for _ in range(10)))
    page = await look(database, "rare", limit=5)
    assert (page.total, page.total_is_capped) == (10, False)


async def test_a_snippet_shows_where_the_words_are(database: Database) -> None:
    run = await new_run(database, prompt="p")
    text = "padding " * 100 + "then\n  the <b>Quick</b> brown foxes ran " + "padding " * 100
    await append(database, run.id, step(text))
    ((snippet,),) = [[hit.snippet for hit in (await look(database, 'quick "brown fox"')).hits]]
    assert snippet.text.startswith("…padding")
    assert snippet.text.endswith("…")
    assert [snippet.text[start:end] for start, end in snippet.marks] == ["Quick", "brown foxes"]
    assert "then the <b>" in snippet.text


@pytest.mark.parametrize(
    "text",
    [
        "a' or 1=1; drop table log; --",
        "body: NEAR(a b) ^c * {x}",
        'not" ( ) { } x" and',
        ":words :before %s %(x)s ::text",
        "a & b | !c <-> d \\",
        "\N{PILE OF POO} \ud800 \0 x",
        "word" * 240,
        "e\u0301 \u0301x \u200b1",
    ],
)
async def test_hostile_words_are_only_words(filled: Database, text: str) -> None:
    query = parse_query(text, NOW)
    for order in ("newest", "best"):
        await search.find(filled, query, order=order)
    assert len(await seqs(filled, "make")) == 4


@pytest.mark.parametrize(
    "cursor", ["", "newest", "newest.1.1", "best.1.1.1", "newest.-1.1.1", "newest.1.1.1x"]
)
async def test_a_cursor_of_something_else_is_refused(database: Database, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="next_cursor"):
        await look(database, "word", cursor=cursor)


async def test_all_hits_can_be_read_one_after_the_other(database: Database) -> None:
    run = await new_run(database, prompt="word", created_at=NOW - timedelta(days=1))
    await append(database, run.id, *(step("word") for _ in range(7)))
    hits = [hit.seq async for hit in search.every(database, parse_query("word", NOW), part=3)]
    assert hits == [6, 5, 4, 3, 2, 1, 0, None]


async def test_entries_of_a_run_that_is_still_brought_in_are_not_found(
    database: Database,
) -> None:
    run = await new_run(database, prompt="p")
    await append(database, run.id, step("word seen", tool_name="bash"), step("word hidden"))
    async with database.begin() as transaction:
        await transaction.execute("update log set run_id = -9 where seq = 1")
    for query in ("word", "word -other", "type:action", "word tool:bash", "-other"):
        for order in ("newest", "best"):
            page = await look(database, query, order=order)
            assert {(hit.run_id, hit.seq) for hit in page.hits} <= {(run.id, 0), (run.id, None)}
            assert (run.id, 0) in {(hit.run_id, hit.seq) for hit in page.hits}


async def test_a_corrected_entry_is_found_by_its_new_words_only(database: Database) -> None:
    run = await new_run(database, prompt="p")
    await append(database, run.id, step("draft"))
    async with database.begin() as transaction:
        await logs.complete(transaction, run.id, entry("final"))
    assert await seqs(database, "draft") == []
    assert await seqs(database, "final") == [(run.id, 0)]
