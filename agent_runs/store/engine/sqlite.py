"""SQLite: one writer thread, and readers next to it.

Every transaction runs in one thread on one connection and starts with BEGIN IMMEDIATE, so it never
fails half-way because another one committed first. Reads have their own connections: short ones run
on the event loop itself (a switch to a thread would cost more), long ones in a reader thread. In
WAL mode readers and the writer do not wait for each other.
"""

import asyncio
import contextlib
import functools
import os
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from agent_runs.errors import Conflict, Unavailable
from agent_runs.store.engine.dialect import Dialect, Statement
from agent_runs.tasks import to_its_end

P = ParamSpec("P")
T = TypeVar("T")
Rows = list[tuple[Any, ...]]

# `update … returning` came with 3.35.
_OLDEST = (3, 35)
_OPENING_SECONDS = 30.0
_AT_ONCE = 8


def connect(path: Path, *, busy_seconds: float = 5.0) -> sqlite3.Connection:
    """Open a connection with our settings; create the file if it is missing.

    Args:
        path: of the database file.
        busy_seconds: how long to wait for another process that writes.

    Raises:
        Unavailable: SQLite is too old, or the file cannot be used.
    """
    if sqlite3.sqlite_version_info < _OLDEST:
        raise Unavailable(
            f"This Python comes with SQLite {sqlite3.sqlite_version}, but 3.35 or newer is "
            "required. Use a newer Python."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make(path)
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            _set_up(connection, busy_seconds)
        except BaseException:
            connection.close()
            raise
    except (OSError, sqlite3.Error) as exc:
        raise Unavailable(f"The database {path} cannot be opened: {exc}.") from exc
    return connection


def _make(path: Path) -> None:
    """Create the file for its owner alone: prompts and tool output are private.

    An existing file is not touched. Closing it would release every lock that this process has on it
    (POSIX). Another program that merely reads it would then believe to be the last user and remove
    the write-ahead log, with all that we store afterwards.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _set_up(connection: sqlite3.Connection, busy_seconds: float) -> None:
    # Another process may be changing the schema, which takes longer than a write.
    patience = max(busy_seconds, _OPENING_SECONDS)
    connection.execute(f"pragma busy_timeout={int(patience * 1000)}")
    # These two work only before the first table; later they do nothing.
    connection.execute("pragma page_size=8192")
    connection.execute("pragma auto_vacuum=incremental")
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("pragma journal_mode=wal")
            break
        except sqlite3.OperationalError as exc:
            # Two processes create the file at once, which the busy timeout does not cover.
            if not _is_busy(exc) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    for pragma in (
        "synchronous=normal",
        "cache_size=-65536",
        "mmap_size=4294967296",
        "temp_store=memory",
        "journal_size_limit=67108864",
        f"busy_timeout={int(busy_seconds * 1000)}",
    ):
        connection.execute(f"pragma {pragma}")


def _is_busy(exc: sqlite3.OperationalError) -> bool:
    return exc.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


class SqliteEngine:
    """Runs SQL on one SQLite file."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer_thread = ThreadPoolExecutor(1, "sqlite-writer")
        self._reader_thread = ThreadPoolExecutor(1, "sqlite-reader")
        self._turn = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None

    async def start(self) -> None:
        """Open the connections."""
        self._writer = connect(self._path)
        self._reader = connect(self._path)
        self._heavy_reader = connect(self._path)
        for reader in (self._reader, self._heavy_reader):
            reader.execute("pragma query_only=on")

    async def close(self) -> None:
        """Close the connections."""
        for thread in (self._reader_thread, self._writer_thread):
            await asyncio.to_thread(thread.shutdown)
        self._reader.close()
        self._heavy_reader.close()
        # Last, because closing it moves the write-ahead log into the file.
        self._writer.close()

    async def read(self, sql: str, params: Mapping[str, Any]) -> Rows:
        """Run a query of less than a millisecond."""
        return _execute(self._reader, sql, params)

    async def read_heavy(self, sql: str, params: Mapping[str, Any]) -> Rows:
        """Run a query that may take long, in a thread."""
        return await _in_thread(self._reader_thread, _execute, self._heavy_reader, sql, params)

    async def read_objects(
        self, sql: str, params: Mapping[str, Any], before: bytes, most_bytes: int
    ) -> tuple[bytes, int]:
        """Run a query of `seq` and `payload` until its texts reach `most_bytes`."""
        # As bytes: text would have to be encoded again.
        sql = sql.replace("payload", "substr(cast(payload as blob), 2)", 1)
        return await _in_thread(
            self._reader_thread, _joined, self._heavy_reader, sql, params, before, most_bytes
        )

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator["SqliteTransaction"]:
        """Open the only transaction; rolled back unless `commit` was called."""
        task = asyncio.current_task()
        if task is not None and self._holder is task:
            raise RuntimeError("begin() inside begin(): pass the open transaction on")
        async with self._turn:
            self._holder = task
            transaction = SqliteTransaction(self._writer, self._writer_thread)
            try:
                yield transaction
            finally:
                self._holder = None
                if not transaction.is_committed:
                    rolling_back = self._writer_thread.submit(_roll_back, self._writer)
                    await to_its_end(asyncio.wrap_future(rolling_back))


class SqliteTransaction:
    """The open transaction of the writer connection.

    Attributes:
        is_committed: everything in it is stored.
    """

    def __init__(self, writer: sqlite3.Connection, thread: ThreadPoolExecutor) -> None:
        self.is_committed = False
        self._is_begun = False
        self._writer = writer
        self._thread = thread

    async def execute(
        self, before: Sequence[Statement], sql: str, params: Mapping[str, Any]
    ) -> Rows:
        """Run the statements, then one whose rows are returned."""
        return await _in_thread(self._thread, self._execute, before, sql, params)

    async def commit(self, statements: Sequence[Statement]) -> None:
        """Run the statements and commit, even if the calling task is cancelled."""
        await to_its_end(asyncio.wrap_future(self._thread.submit(self._commit, statements)))

    def _execute(self, before: Sequence[Statement], sql: str, params: Mapping[str, Any]) -> Rows:
        self._write(before)
        self._begin()
        return _execute(self._writer, sql, params)

    def _commit(self, statements: Sequence[Statement]) -> None:
        self._write(statements)
        if self._is_begun:
            _execute(self._writer, "commit", {})
        self.is_committed = True

    def _write(self, statements: Sequence[Statement]) -> None:
        for sql, rows in statements:
            self._begin()
            try:
                self._writer.executemany(sql, rows)
            except sqlite3.DatabaseError as exc:
                raise _translate(exc) from exc

    def _begin(self) -> None:
        # With the first statement, not before: this saves a switch to the thread.
        if not self._is_begun:
            _execute(self._writer, "begin immediate", {})
            self._is_begun = True


def _execute(connection: sqlite3.Connection, sql: str, params: Mapping[str, Any]) -> Rows:
    try:
        # fetchall ends the read at once; while one is open, the write-ahead log keeps growing.
        return connection.execute(sql, params).fetchall()
    except sqlite3.DatabaseError as exc:
        raise _translate(exc) from exc


def _joined(
    connection: sqlite3.Connection,
    sql: str,
    params: Mapping[str, Any],
    before: bytes,
    most_bytes: int,
) -> tuple[bytes, int]:
    texts = [b""]
    size = 0
    try:
        with contextlib.closing(connection.execute(sql, params)) as cursor:
            while size < most_bytes and (rows := cursor.fetchmany(_AT_ONCE)):
                for _, text in rows:
                    texts.append(text)
                    size += len(text)
    except sqlite3.DatabaseError as exc:
        raise _translate(exc) from exc
    return before.join(texts), len(texts) - 1


def _roll_back(connection: sqlite3.Connection) -> None:
    # After some errors, such as a full disk, there is nothing left to roll back.
    if connection.in_transaction:
        connection.execute("rollback")


def _translate(exc: sqlite3.DatabaseError) -> Exception:
    if getattr(exc, "sqlite_errorname", "") == "SQLITE_CONSTRAINT_UNIQUE":
        return Conflict(f"This already exists: {exc}.")
    if isinstance(exc, sqlite3.IntegrityError | sqlite3.ProgrammingError):
        return exc
    return Unavailable(f"The database cannot be used now: {exc}. Nothing was changed.")


async def _in_thread(
    thread: ThreadPoolExecutor, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(thread, functools.partial(call, *args, **kwargs))
