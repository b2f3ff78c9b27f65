"""Restores a backup into a database of either engine, completely or not at all.

A new SQLite file is built next to the old one and replaces it at the end; the old one is kept under
another name. On PostgreSQL everything is one transaction.
"""

import gzip
import os
import sqlite3
import time
import zlib
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn, Protocol, cast

import orjson

from agent_runs.errors import Conflict, InvalidRequest, Unavailable
from agent_runs.models import JSON
from agent_runs.reading.shapes import object_or_empty
from agent_runs.store.engine.payloads import search_text
from agent_runs.store.engine.schema import HEAD, why_too_old
from agent_runs.store.engine.sqlite import connect
from agent_runs.store.engine.words import fold
from agent_runs.store.files.backup import FORMAT, KIND, SQLITE
from agent_runs.store.migrations.upgrade import upgrade

_ROWS = 500
_ROWS_BYTES = 1024 * 1024
_LONGEST_LINE = 256 * 1024 * 1024
_ALIVE_MS = 30_000

Row = list[Any]


class _Target(Protocol):
    """A database that takes rows."""

    def columns(self, table: str) -> set[str]: ...
    def insert(self, table: str, names: Sequence[str], rows: list[Row]) -> None: ...
    def advance(self, table: str, value: int) -> None: ...


def restore_backup(url: str, path: Path, *, force: bool = False) -> dict[str, int]:
    """Restore a backup into a database that no server uses; return the rows of each table.

    Args:
        force: replace what is in it; a SQLite file is kept as `*.before-restore`.

    Raises:
        InvalidRequest: the file is not a backup, is cut off, or its version is too new or too old.
        Conflict: there are runs in the database, or a server uses it.
        Unavailable: the database cannot be used.
    """
    with closing(_Lines(path)) as lines:
        if url.startswith(SQLITE):
            return _into_sqlite(Path(url.removeprefix(SQLITE)), lines, force=force)
        return _into_postgres(url, lines, force=force)


class _Lines:
    """The lines of a backup; the header is read and checked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = 0
        try:
            self._file = gzip.open(path, "rb")  # noqa: SIM115 - closed by `close`
        except OSError as exc:
            raise InvalidRequest(f"{path} cannot be read: {exc.strerror or exc}.") from exc
        header = object_or_empty(self.next())
        if header.get("type") != KIND:
            self.refuse("it is not a backup of agent_runs.")
        self.header = header
        if not isinstance(header.get("format"), int) or header["format"] > FORMAT:
            self.refuse("a newer version of agent-runs wrote it. Restore it with that version.")
        self.schema = str(header.get("schema"))
        if self.schema > HEAD:
            self.refuse(
                f"its schema {self.schema} is newer than {HEAD}, the newest that this version "
                "knows. Restore it with a newer version."
            )
        if why := why_too_old(self.schema):
            self.refuse(why)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def refuse(self, problem: str) -> NoReturn:
        """Raise InvalidRequest with what is wrong with the latest line."""
        raise InvalidRequest(f"{self._path}, line {self._number}: {problem} Nothing was changed.")

    def next(self) -> JSON:
        """Return the next line."""
        self._number += 1
        try:
            raw = self._file.readline(_LONGEST_LINE)
            if not raw:
                self.refuse("the file ends before its end: it was cut off.")
            return orjson.loads(raw)
        except EOFError:
            self.refuse("the file ends before its end: it was cut off.")
        except (OSError, zlib.error, orjson.JSONDecodeError):
            self.refuse("it is damaged, or not a backup of agent_runs.")

    def fill(self, target: _Target) -> dict[str, int]:
        """Insert all rows into an empty database."""
        counts: dict[str, int] = {}
        table, names = "", list[str]()
        rows: list[Row] = []
        size = 0
        while True:
            line = self.next()
            if isinstance(line, list):
                rows.append(self._row(cast("Row", line), len(names)))
                size += sum(len(value) for value in rows[-1] if isinstance(value, str))
                counts[table] += 1
            if rows and (not isinstance(line, list) or len(rows) >= _ROWS or size >= _ROWS_BYTES):
                target.insert(table, names, rows)
                rows, size = [], 0
            if isinstance(line, dict):
                fields = cast("dict[str, JSON]", line)
                if fields.get("type") == "end":
                    break
                table, names = self._table(fields, target)
                counts[table] = 0
        if fields.get("rows") != counts:
            self.refuse("its numbers of rows are wrong: it is damaged.")
        sequences = cast("dict[str, int]", self.header.get("sequences") or {})
        for name in counts:
            target.advance(name, sequences.get(name, 0))
        return counts

    def _row(self, row: Row, length: int) -> Row:
        if not length or len(row) != length:
            self.refuse("this row does not fit its table.")
        return row

    def _table(self, line: dict[str, JSON], target: _Target) -> tuple[str, list[str]]:
        table, names = line.get("table"), line.get("columns")
        columns = target.columns(table) if isinstance(table, str) else set[str]()
        if not columns or not isinstance(names, list) or not columns.issuperset(cast("Row", names)):
            self.refuse("this version does not know the table.")
        return cast("str", table), cast("list[str]", names)


class _SqliteTarget:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def columns(self, table: str) -> set[str]:
        rows = self._connection.execute("select name from pragma_table_info(?)", (table,))
        return {name for (name,) in rows}

    def insert(self, table: str, names: Sequence[str], rows: list[Row]) -> None:
        # Triggers fill the search indexes.
        marks = ", ".join("?" * len(names))
        self._connection.executemany(
            f"insert into {table} ({', '.join(names)}) values ({marks})", rows
        )

    def advance(self, table: str, value: int) -> None:
        counts_up = self._connection.execute(
            "select 1 from sqlite_master where name = ? and sql like '%autoincrement%'", (table,)
        ).fetchone()
        if not counts_up or not value:
            return
        cursor = self._connection.execute(
            "update sqlite_sequence set seq = max(seq, ?) where name = ?", (value, table)
        )
        if not cursor.rowcount:
            self._connection.execute(
                "insert into sqlite_sequence (name, seq) values (?, ?)", (table, value)
            )


def _into_sqlite(path: Path, lines: _Lines, *, force: bool) -> dict[str, int]:
    if path.exists() and not force:
        with closing(connect(path)) as connection:
            _refuse_runs(_sqlite_runs(connection), str(path))
    new = path.with_name(f"{path.name}.restoring")
    _remove(new)
    try:
        upgrade(f"{SQLITE}{new}", lines.schema)
        with closing(connect(new)) as connection:
            connection.execute("pragma synchronous=off")
            connection.execute("begin immediate")
            counts = lines.fill(_SqliteTarget(connection))
            connection.execute("commit")
        upgrade(f"{SQLITE}{new}")
        if path.exists():
            # The last one to close it moves the write-ahead log into the file.
            connect(path).close()
            path.replace(path.with_name(f"{path.name}.before-restore"))
        os.replace(new, path)
    except (sqlite3.DatabaseError, OSError) as exc:
        raise Unavailable(f"{path} cannot be written: {exc}. Nothing was changed.") from exc
    finally:
        _remove(new)
    return counts


def _sqlite_runs(connection: sqlite3.Connection) -> int:
    try:
        return connection.execute("select count(*) from run").fetchone()[0]
    except sqlite3.OperationalError:
        return 0  # no table yet


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


class _PostgresTarget:
    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._columns: dict[str, set[str]] = {}
        rows = connection.execute(
            "select table_name, column_name from information_schema.columns"
            " where table_schema = current_schema()"
        )
        for table, column in rows:
            self._columns.setdefault(table, set()).add(column)

    def columns(self, table: str) -> set[str]:
        return self._columns.get(table, set())

    def insert(self, table: str, names: Sequence[str], rows: list[Row]) -> None:
        marks = ["%s"] * len(names)
        if "search" in self._columns[table]:
            marks.append("to_tsvector('agent_runs', %s)")
            names, rows = [*names, "search"], [[*row, _words(names, row)] for row in rows]
        sql = (
            f"insert into {table} ({', '.join(names)}) overriding system value"
            f" values ({', '.join(marks)})"
        )
        with self._connection.cursor() as cursor:
            cursor.executemany(sql.encode(), rows)

    def advance(self, table: str, value: int) -> None:
        # SQLite has no sequence for tables that may reuse ids; here all tables have one.
        if "id" in self._columns[table]:
            sql = (
                "select setval(sequence, most) from"
                f" (select pg_get_serial_sequence('{table}', 'id') as sequence,"
                f" greatest(%s, max(id)) as most from {table}) as found"
                " where sequence is not null and most > 0"
            )
            self._connection.execute(sql.encode(), (value,))

    def prepare(self) -> None:
        tables = [name for name in self._columns if name not in {"alembic_version"}]
        self._connection.execute(f"truncate {', '.join(tables)}".encode())


def _into_postgres(url: str, lines: _Lines, *, force: bool) -> dict[str, int]:
    # Late: SQLite does not need it.
    import psycopg  # noqa: PLC0415

    try:
        with psycopg.connect(url) as connection:
            state = _postgres_state(connection.execute)
        if state is None:
            upgrade(url, lines.schema)
        else:
            version, run_count, servers = state
            _check_postgres(version, run_count, servers, lines.schema, force=force)
        with psycopg.connect(url) as connection:
            target = _PostgresTarget(connection)
            target.prepare()
            counts = lines.fill(target)
        upgrade(url)
    except psycopg.Error as exc:
        raise Unavailable(f"The database cannot be written: {exc}. Nothing was changed.") from exc
    return counts


def _postgres_state(execute: Any) -> tuple[str, int, int] | None:
    """Schema, number of runs, and number of servers at work; None if there is no table."""
    if execute("select to_regclass('alembic_version')").fetchone()[0] is None:
        return None
    version = execute("select version_num from alembic_version").fetchone()
    runs = execute("select count(*) from run").fetchone()[0]
    since = int(time.time() * 1000) - _ALIVE_MS
    alive = execute("select count(*) from worker where seen_at > %s", (since,)).fetchone()[0]
    return version[0], runs, alive


def _check_postgres(
    version: str, run_count: int, servers: int, schema: str, *, force: bool
) -> None:
    if servers:
        raise Conflict(
            "A server uses this database, or did until half a minute ago. Nothing was changed. "
            "Stop it first, or wait half a minute."
        )
    if not force:
        _refuse_runs(run_count, "the database")
    if version != schema:
        raise Conflict(
            f"The database has schema {version}, but the backup has {schema}. Restore it into an "
            "empty database, which then gets the backup's schema and is upgraded."
        )


def _refuse_runs(number: int, where: str) -> None:
    if number:
        raise Conflict(
            f"There are {number:,} runs in {where}. Nothing was changed. Use --force to replace "
            "them all with the backup's."
        )


def _words(names: Sequence[str], row: Row) -> str:
    """The words of a row for the search index, as in `store/runs/logs.py` and `texts.py`."""
    fields = dict(zip(names, row, strict=True))
    return fold(search_text(fields["payload"]) if "payload" in fields else fields["body"])
