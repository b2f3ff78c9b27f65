"""Writes the whole database of either engine into one file, while the server works.

A file is gzip of JSON lines: a header, then for each table a line with its columns and one array
per row, then an end with the counts. A separate connection reads one snapshot and writes nothing.
Search indexes, leases and unfinished imports are left out. `store/files/restore.py` reads the file.
"""

import gzip
import os
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, cast

import orjson
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import TSVECTOR

from agent_runs import __version__
from agent_runs.client.disk import named_when_whole
from agent_runs.errors import Conflict, InvalidRequest, Unavailable
from agent_runs.store.engine.dialect import Dialect
from agent_runs.store.engine.schema import HEAD
from agent_runs.store.engine.tables import make_metadata

KIND = "agent_runs_backup"
FORMAT = 1
SQLITE = "sqlite:///"

_LEFT_OUT = frozenset({"worker", "staged_run"})
_OF_RUNS = frozenset({"log", "run_tally"})
_ROWS = 200


class _Snapshot(Protocol):
    """One state of a database, whatever is written in the meantime."""

    dialect: Dialect

    def rows(self, sql: str) -> Iterator[Sequence[Any]]: ...
    def sequences(self) -> dict[str, int]: ...


def write_backup(url: str, path: Path) -> dict[str, int]:
    """Write a backup; return its number of rows for each table.

    Raises:
        InvalidRequest: the file cannot be written.
        Conflict: another version of the program made the database.
        Unavailable: the database cannot be read.
    """
    counts: dict[str, int] = {}
    with named_when_whole(path) as part, _snapshot(url) as snapshot:
        # For its owner alone, like the database itself.
        handle = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as raw, gzip.open(raw, "wb", compresslevel=1) as file:
            for line in _lines(snapshot, counts):
                file.write(line)
    return counts


def _lines(snapshot: _Snapshot, counts: dict[str, int]) -> Iterator[bytes]:
    _check_version(snapshot)
    yield _line(
        {
            "type": KIND,
            "format": FORMAT,
            "schema": HEAD,
            "version": __version__,
            "engine": snapshot.dialect,
            "made_at": datetime.now(UTC),
            "sequences": snapshot.sequences(),
        }
    )
    for table in make_metadata(snapshot.dialect).sorted_tables:
        name = str(table.name)
        if name in _LEFT_OUT:
            continue
        counts[name] = 0
        columns = [str(it.name) for it in table.columns if not isinstance(it.type, TSVECTOR)]
        yield _line({"table": name, "columns": columns})
        for row in snapshot.rows(_query(table, columns)):
            counts[name] += 1
            yield _line(row)
    yield _line({"type": "end", "rows": counts})


def _query(table: Table, names: Iterable[str]) -> str:
    # Entries of an unfinished import do not belong to a run yet.
    whole = " where run_id in (select id from run)" if table.name in _OF_RUNS else ""
    order = ", ".join(column.name for column in table.primary_key.columns)
    return f"select {', '.join(names)} from {table.name}{whole} order by {order}"


def _check_version(snapshot: _Snapshot) -> None:
    schema = next(snapshot.rows("select version_num from alembic_version"), ("none",))[0]
    if schema != HEAD:
        raise Conflict(
            f"The database has schema {schema}, but this version of agent-runs has {HEAD}. Start "
            "the server once with this version, or make the backup with the version that the "
            "server has."
        )


def _line(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z) + b"\n"


@contextmanager
def _snapshot(url: str) -> Generator[_Snapshot]:
    if url.startswith(SQLITE):
        path = Path(url.removeprefix(SQLITE))
        if not path.exists():
            raise InvalidRequest(f"There is no database {path}: nothing was ever stored there.")
        # Read-only: setting up a normal connection would wait for writers.
        address = f"{path.absolute().as_uri()}?mode=ro"
        try:
            connection = sqlite3.connect(address, uri=True, isolation_level=None)
        except sqlite3.Error as exc:
            raise Unavailable(f"The database {path} cannot be opened: {exc}.") from exc
        with closing(connection):
            yield _SqliteSnapshot(connection)
    else:
        yield from _postgres_snapshot(url)


class _SqliteSnapshot:
    dialect: Dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("begin")  # the first read takes the snapshot, which all others share

    def rows(self, sql: str) -> Iterator[Sequence[Any]]:
        try:
            yield from self._connection.execute(sql)
        except sqlite3.DatabaseError as exc:
            raise Unavailable(f"The database cannot be read: {exc}.") from exc

    def sequences(self) -> dict[str, int]:
        return dict(
            cast("Iterator[tuple[str, int]]", self.rows("select name, seq from sqlite_sequence"))
        )


def _postgres_snapshot(url: str) -> Iterator[_Snapshot]:
    # Late: SQLite does not need it.
    import psycopg  # noqa: PLC0415

    class PostgresSnapshot:
        dialect: Dialect = "postgresql"

        def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
            self._connection = connection
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True

        def rows(self, sql: str) -> Iterator[Sequence[Any]]:
            # A cursor of the server: the rows are never all in memory.
            with self._connection.cursor("backup") as cursor:
                cursor.itersize = _ROWS
                cursor.execute(sql.encode())
                yield from cursor

        def sequences(self) -> dict[str, int]:
            values: dict[str, int] = {}
            for table in make_metadata("postgresql").sorted_tables:
                if "id" in table.columns and table.columns["id"].identity is not None:
                    query = f"select last_value from {table.name}_id_seq where is_called"
                    for (value,) in self.rows(query):
                        values[str(table.name)] = value
            return values

    try:
        with psycopg.connect(url) as connection:
            yield PostgresSnapshot(connection)
    except psycopg.Error as exc:
        raise Unavailable(f"The database cannot be read: {exc}.") from exc
