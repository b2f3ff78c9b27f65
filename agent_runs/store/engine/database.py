"""The database of the program: SQLite file or PostgreSQL, one set of SQL for both.

    async with Database.open(url) as database:
        async with database.begin() as transaction:
            await logs.append(transaction, run_id, fence, entries)

A transaction commits when its block ends and rolls back when it raises; it never spans a network
call. Subscribers are woken after the commit. Opening upgrades the schema; several processes may do
so at once.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol, Self

from agent_runs.errors import InvalidRequest, Unavailable
from agent_runs.store.engine.dialect import Dialect, Statement
from agent_runs.store.engine.outbox import Outbox
from agent_runs.store.engine.schema import migrate
from agent_runs.store.engine.sqlite import SqliteEngine

Rows = list[tuple[Any, ...]]
Params = Mapping[str, Any]
Redact = Callable[[str], str]

_NO_PARAMS: Params = {}
_SQLITE = "sqlite:///"


class Reader(Protocol):
    """Where rows can be read from: the database, or an open transaction with its own changes."""

    dialect: Dialect
    web_url: str

    async def read(self, sql: str, params: Params = _NO_PARAMS) -> Rows:
        """Run a query of less than a millisecond; parameters are written `:name`."""
        ...

    async def read_heavy(self, sql: str, params: Params = _NO_PARAMS) -> Rows:
        """Run a query that may take long, without blocking anybody."""
        ...


class _EngineTransaction(Protocol):
    is_committed: bool

    async def execute(self, before: Sequence[Statement], sql: str, params: Params) -> Rows: ...
    async def commit(self, statements: Sequence[Statement]) -> None: ...


class _Engine(Protocol):
    dialect: Dialect

    async def start(self) -> None: ...
    async def close(self) -> None: ...
    async def read(self, sql: str, params: Params) -> Rows: ...
    async def read_heavy(self, sql: str, params: Params) -> Rows: ...
    async def read_objects(
        self, sql: str, params: Params, before: bytes, most_bytes: int
    ) -> tuple[bytes, int]: ...
    def begin(self) -> AbstractAsyncContextManager[_EngineTransaction]: ...


class Database:
    """An open database; an async context manager that closes it.

    Attributes:
        dialect: which of the two engines it is.
        web_url: address of the dashboard; run pages are `{web_url}/runs/{id}`.
        redact: removes known secrets from text; applied to all that is stored.
        on_events: called after the commit of a transaction that wrote events; must not wait.
    """

    def __init__(self, engine: _Engine, *, web_url: str, redact: Redact) -> None:
        self._engine = engine
        self.dialect: Dialect = engine.dialect
        self.web_url = web_url.rstrip("/")
        self.redact = redact
        self.on_events: Callable[[], None] = _wake_nobody

    @classmethod
    def open(
        cls,
        url: str,
        *,
        web_url: str = "http://localhost:3000",
        redact: Redact = str,
    ) -> "_Opening":
        """Upgrade the schema and open the database: use `async with` or `await`.

        Args:
            url: `sqlite:////absolute/path.db` or `postgresql://...`.

        Raises:
            InvalidRequest: the address is of another kind.
            Unavailable: the database cannot be used, or has the schema of a newer version.
        """
        database = cls(_make_engine(url), web_url=web_url, redact=redact)
        return _Opening(url, database)

    async def start(self) -> None:
        """Connect to a database with the newest schema."""
        await self._engine.start()

    async def close(self) -> None:
        """Finish what was begun and close the connections."""
        await self._engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator["Transaction"]:
        """Open a transaction: it commits at the end of the block and rolls back if that raises."""
        transaction = None
        try:
            async with self._engine.begin() as raw:
                transaction = Transaction(self, raw)
                yield transaction
                await transaction.commit()
        finally:
            # Even if the task was cancelled while its commit succeeded.
            if transaction is not None and transaction.has_news:
                self.on_events()

    async def read(self, sql: str, params: Params = _NO_PARAMS) -> Rows:
        """Run a query of less than a millisecond; parameters are written `:name`."""
        return await self._engine.read(sql, params)

    async def read_heavy(self, sql: str, params: Params = _NO_PARAMS) -> Rows:
        """Run a query that may take long, without blocking anybody."""
        return await self._engine.read_heavy(sql, params)

    async def read_objects(
        self, sql: str, params: Params, *, before: bytes, most_bytes: int
    ) -> tuple[bytes, int]:
        """Return the first JSON objects of a query, at least one, as one text; and how many.

        `before` replaces the opening brace of each: a comma or a line break, and further fields.
        Cutting and joining a million texts takes as long as reading them, so it happens here,
        outside of the event loop.

        Args:
            sql: `select seq, payload from ...`, ordered by `seq`.
            params: written `:name`.
            before: what comes before each, UTF-8; it opens the object.
            most_bytes: their total size; the last few may exceed it.
        """
        return await self._engine.read_objects(sql, params, before, most_bytes)


class Transaction:
    """An open transaction: everything in it is stored together, or nothing.

    Attributes:
        outbox: what is written right before the commit.
        for_update: ends a query whose rows must not change until the commit.
    """

    def __init__(self, database: Database, raw: _EngineTransaction) -> None:
        self._raw = raw
        self._writes: list[Statement] = []
        self._is_failed = False
        self.dialect: Dialect = database.dialect
        self.web_url = database.web_url
        self.redact = database.redact
        self.outbox = Outbox()
        # SQLite has only one writer, so nothing can change.
        self.for_update = " for update" if database.dialect == "postgresql" else ""

    async def execute(self, sql: str, params: Params = _NO_PARAMS) -> Rows:
        """Run one statement and return its rows; parameters are written `:name`."""
        writes, self._writes = self._writes, []
        with self._failing():
            return await self._raw.execute(writes, sql, params)

    read = execute
    read_heavy = execute

    async def executemany(self, sql: str, rows: Sequence[Params]) -> None:
        """Run one statement for each row, together with the next `execute` or the commit.

        This delay lets a whole transaction take one or two trips to the database. It delays
        errors, too.
        """
        self._writes.append((sql, rows))

    async def write(self, sql: str, params: Params = _NO_PARAMS) -> None:
        """Run one statement whose rows nobody needs; delayed like `executemany`."""
        self._writes.append((sql, [params]))

    async def commit(self) -> None:
        """Store everything; only `Database.begin` calls this."""
        with self._failing():
            await self._raw.commit([*self._writes, *self.outbox.statements(self.dialect)])

    @contextmanager
    def _failing(self) -> Generator[None]:
        """Let one failed statement fail the transaction, even if somebody swallows the error."""
        if self._is_failed:
            raise Unavailable("The transaction failed before; nothing was stored.")
        self._is_failed = True
        yield
        self._is_failed = False

    @property
    def has_news(self) -> bool:
        """Tell whether subscribers have something new to read."""
        return self._raw.is_committed and self.outbox.has_events


class _Opening:
    """What `Database.open` returns: a database that is still to be opened."""

    def __init__(self, url: str, database: Database) -> None:
        self._url = url
        self._database = database

    def __await__(self) -> Generator[Any, Any, Database]:
        return self.__aenter__().__await__()

    async def __aenter__(self) -> Database:
        await asyncio.to_thread(migrate, self._url)
        await self._database.start()
        return self._database

    async def __aexit__(self, *_: object) -> None:
        await self._database.close()


def _make_engine(url: str) -> _Engine:
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return SqliteEngine(Path(url.removeprefix(_SQLITE)))
    if url.startswith(("postgresql://", "postgres://")):
        # Importing psycopg takes a tenth of a second, and SQLite does not need it.
        from agent_runs.store.engine.postgres import PostgresEngine  # noqa: PLC0415

        return PostgresEngine(url)
    raise InvalidRequest(
        f"The database address {url.partition('://')[0]}://… is not supported. Use "
        "sqlite:////absolute/path.db or postgresql://user@host/name."
    )


def _wake_nobody() -> None:
    pass
