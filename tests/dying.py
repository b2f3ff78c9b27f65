"""Lets tasks die: background ones of a database that lacks a table, others of being cancelled."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import anyio

from agent_runs.store.engine.database import Database
from agent_runs.tasks import deaths
from tests.patience import PATIENCE_SECONDS


@contextlib.asynccontextmanager
async def without_table(database: Database, table: str) -> AsyncGenerator[None]:
    """Take a table away while the block runs."""
    async with database.begin() as transaction:
        await transaction.execute(f"alter table {table} rename to {table}_taken_away")
    yield
    async with database.begin() as transaction:
        await transaction.execute(f"alter table {table}_taken_away rename to {table}")


async def died(name: str, times: int = 2) -> None:
    """Wait until a task of this name has died; twice means that it was started again."""
    before = deaths().get(name, 0)
    with anyio.fail_after(PATIENCE_SECONDS):
        while deaths().get(name, 0) < before + times:  # noqa: ASYNC110 - a death tells nobody
            await anyio.sleep(0.01)


async def cancelled_twice(task: asyncio.Task[Any], *, may_be_done: bool = False) -> None:
    """Cancel a task again while it tidies up; it must not be done before its caller lets it.

    Args:
        task: it waits for something that the caller holds.
        may_be_done: it may not have begun to wait, and then nothing holds it.
    """
    for _ in range(2):
        task.cancel()
        for _ in range(20):
            await asyncio.sleep(0)
    assert may_be_done or not task.done()
