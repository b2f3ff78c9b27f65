"""Work that goes to its end although who waits for it is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import anyio

T = TypeVar("T")


async def to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Return what `work` returns; when cancelled meanwhile, wait for its end and raise only then.

    A shield of anyio holds against anyio's own scopes, not against a plain `Task.cancel()`, which
    is how an executor stops. What is given must be bounded.
    """
    task = asyncio.create_task(work)
    was_cancelled = False
    with anyio.CancelScope(shield=True):
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError:
                was_cancelled = True
    if was_cancelled:
        if not task.cancelled():
            task.exception()  # seen, so that nobody warns of it
        raise asyncio.CancelledError
    return task.result()
