"""Work that goes to its end although who waits for it is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Return what `work`, which must be bounded, returns; raise a cancellation only after it."""
    task = asyncio.create_task(work)
    try:
        await outlast(task)
    except asyncio.CancelledError:
        if not task.cancelled():
            task.exception()  # seen, so that nobody warns of it
        raise
    return task.result()


async def outlast(task: asyncio.Future[Any], *, seconds: float | None = None) -> None:
    """Wait for the end of a task even if the caller is cancelled meanwhile.

    A cancellation is raised again afterwards. The shield is for anyio, which cancels an await again
    and again; the loop is for asyncio, which knows no shield for the caller.
    """
    loop = asyncio.get_running_loop()
    deadline = None if seconds is None else loop.time() + seconds
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while not task.done():
            left = None if deadline is None else deadline - loop.time()
            if left is not None and left <= 0:
                break
            try:
                await asyncio.wait({task}, timeout=left)
            except asyncio.CancelledError as exc:
                cancelled = exc
    if cancelled is not None:
        raise cancelled
