"""PostgreSQL: one psycopg pool for reads and transactions.

SQL is written with `:name` parameters for both engines and translated to psycopg's form once.
"""

import functools
import re
import select
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, LiteralString, cast

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from agent_runs.errors import Conflict, Unavailable
from agent_runs.store.engine.dialect import Dialect, Statement

Rows = list[tuple[Any, ...]]
Connection = psycopg.AsyncConnection[tuple[Any, ...]]

_POOL_SIZE = 8
_WAIT_SECONDS = 10.0
_TOKEN = re.compile(r"'(?:[^']|'')*'|::|%|:([a-z_][a-z0-9_]*)")


@functools.lru_cache(maxsize=512)
def translate(sql: str) -> LiteralString:
    """Return SQL with `%(name)s` in place of `:name`, ready for psycopg.

    String literals and `::` casts stay as they are; every `%` is doubled.
    """

    def replace(match: re.Match[str]) -> str:
        if match[1]:
            return f"%({match[1]})s"
        return match[0].replace("%", "%%")

    # All SQL of the program is in this package; none comes from anybody's input.
    return cast("LiteralString", _TOKEN.sub(replace, sql))


class PostgresEngine:
    """Runs SQL on one PostgreSQL database."""

    dialect: Dialect = "postgresql"

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    async def start(self) -> None:
        """Open the connections."""
        self._pool = AsyncConnectionPool(
            self._dsn,
            connection_class=Connection,
            # Reads need no transaction; writes open theirs.
            kwargs={"autocommit": True},
            min_size=1,
            max_size=_POOL_SIZE,
            timeout=_WAIT_SECONDS,
            check=_check,
            open=False,
        )
        await self._pool.open()

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def read(self, sql: str, params: Mapping[str, Any]) -> Rows:
        """Run a query."""
        with _translated():
            async with self._pool.connection() as connection:
                cursor = await connection.execute(translate(sql), params)
                return await cursor.fetchall()

    read_heavy = read

    async def read_objects(
        self, sql: str, params: Mapping[str, Any], before: bytes, most_bytes: int
    ) -> tuple[bytes, int]:
        """Run a query of `seq` and `payload` until its texts reach `most_bytes`."""
        # PostgreSQL knows the length of a text without reading it.
        counted = (
            "select payload from (select seq, payload, sum(octet_length(payload)) over"
            " (order by seq rows unbounded preceding) - octet_length(payload) as before"
            f" from ({sql}) as found) as counted where before < :most_bytes order by seq"
        )
        rows = await self.read(counted, {**params, "most_bytes": most_bytes})
        texts = [text[1:] for (text,) in rows]
        return before.decode().join(["", *texts]).encode(), len(texts)

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator["PostgresTransaction"]:
        """Open a transaction; rolled back unless `commit` was called."""
        with _translated():
            async with self._pool.connection() as connection:
                transaction = PostgresTransaction(connection)
                async with connection.transaction() as block:
                    yield transaction
                    if not transaction.is_committed:
                        raise psycopg.Rollback(block)


class PostgresTransaction:
    """The open transaction of one connection.

    Attributes:
        is_committed: the end of `begin` must commit it.
    """

    def __init__(self, connection: Connection) -> None:
        self.is_committed = False
        self._connection = connection

    async def execute(
        self, before: Sequence[Statement], sql: str, params: Mapping[str, Any]
    ) -> Rows:
        """Run the statements, then one whose rows are returned."""
        with _translated():
            if before:
                await self._write(before)
            cursor = await self._connection.execute(translate(sql), params)
            return await cursor.fetchall() if cursor.description else []

    async def commit(self, statements: Sequence[Statement]) -> None:
        """Run the statements; the commit follows at the end of `begin`."""
        with _translated():
            await self._write(statements)
        self.is_committed = True

    async def _write(self, statements: Sequence[Statement]) -> None:
        # One round trip for all of them.
        async with self._connection.pipeline():
            for sql, rows in statements:
                await self._connection.cursor().executemany(translate(sql), rows)


async def _check(connection: Connection) -> None:
    # An idle connection has nothing to read unless the server closed it. Asking the server each
    # time would cost a round trip.
    watch = select.poll()
    watch.register(connection.fileno(), select.POLLIN)
    if watch.poll(0):
        await AsyncConnectionPool.check_connection(connection)


@contextmanager
def _translated() -> Generator[None]:
    try:
        yield
    except psycopg.errors.UniqueViolation as exc:
        raise Conflict(f"This already exists: {exc}.") from exc
    except (psycopg.OperationalError, PoolTimeout) as exc:
        raise Unavailable(f"The database cannot be used now: {exc}.") from exc
