"""Background tasks: each has an owner and a name, and its death is logged.

`living` runs work beside a block; `watched` does the same work in the current task; `end` ends
tasks; `to_its_end` finishes work even if its caller is cancelled. They are built on asyncio's
tasks: a task group would end its owner with the first failure of a child, and wrap what the owner
itself raises.
"""

import asyncio
import contextlib
import logging
import random
import re
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakSet

import anyio

from agent_runs.errors import Unavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")

_END_SECONDS = 10.0
_DAMPED = 0.2
_NUMBER = re.compile(r"-\d+$")
# A separate source: any code may seed the shared one of `random`.
_CHANCE = random.SystemRandom()
_deaths: Counter[str] = Counter()
# A task cannot tell reliably that it was cancelled: anyio takes back the cancellations it made.
_ending: WeakSet[asyncio.Future[Any]] = WeakSet()


@dataclass(frozen=True)
class Restart:
    """How soon work that died begins again: each pause is twice as long as the one before.

    Attributes:
        first_seconds: the first pause.
        most_seconds: the longest pause. Work that lived longer than this starts over with the
            first one.
    """

    first_seconds: float = 1.0
    most_seconds: float = 5.0

    def pause(self, deaths: int) -> float:
        """Return the seconds to wait after this many deaths in a row; chance shortens them."""
        longest = min(self.first_seconds * 2.0 ** min(deaths - 1, 32), self.most_seconds)
        return longest * _CHANCE.uniform(1 - _DAMPED, 1)


@contextlib.asynccontextmanager
async def living(
    name: str, work: Callable[[], Awaitable[None]], *, restart: Restart | None = None
) -> AsyncGenerator[None]:
    """Let `work` run beside the block and end it with the block; see `watched`."""
    task = asyncio.create_task(watched(name, work, restart=restart), name=name)
    try:
        yield
    finally:
        await end(task)


async def watched(
    name: str, work: Callable[[], Awaitable[None]], *, restart: Restart | None = None
) -> None:
    """Do `work`. A death is logged and counted; the work begins again if `restart` says so."""
    loop, deaths = asyncio.get_running_loop(), 0
    while True:
        began = loop.time()
        try:
            return await work()
        except Exception as exc:
            if asyncio.current_task() in _ending:
                raise
            lived = loop.time() - began
            deaths = 1 if restart is None or lived > restart.most_seconds else deaths + 1
            pause = None if restart is None else restart.pause(deaths)
            _log_death(name, exc, pause)
        if pause is None:
            return None
        await asyncio.sleep(pause)


def _log_death(name: str, exc: Exception, pause: float | None) -> None:
    _deaths[_NUMBER.sub("", name)] += 1
    then = "will not be restarted" if pause is None else f"will be restarted in {pause:.1f} s"
    if isinstance(exc, Unavailable):
        # Something outside is down; a traceback of our own code would not help.
        logger.warning("%s stopped and %s: %s", name, then, exc)
    else:
        logger.error("%s died and %s", name, then, exc_info=exc)


def deaths() -> dict[str, int]:
    """Return how often tasks died since the start, by name without its number."""
    return dict(_deaths)


async def end(*tasks: asyncio.Future[Any], seconds: float = _END_SECONDS) -> None:
    """Cancel tasks and wait until they have ended, even if the caller is cancelled meanwhile.

    Tasks that do not end in time, or fail as they end, are logged. Tasks that had ended before are
    left to their owners.
    """
    running = [task for task in tasks if not task.done()]
    _ending.update(running)
    for task in running:
        task.cancel()
    try:
        await outlast(*running, seconds=seconds)
    finally:
        for task in running:
            name = task.get_name() if isinstance(task, asyncio.Task) else str(task)
            if not task.done():
                logger.error("%s did not end within %g s", name, seconds)
            elif not task.cancelled() and (failure := task.exception()) is not None:
                logger.error("%s failed as it ended", name, exc_info=failure)


class Background:
    """Holds tasks until they end, and ends what is left when it is closed."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Let `work` run beside the caller, who checks its outcome."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End the tasks that still run."""
        await end(*self._tasks)


async def to_its_end(work: Coroutine[Any, Any, T] | asyncio.Future[T]) -> T:
    """Return the result of `work`, which must be bounded; a cancellation is raised after it."""
    task = asyncio.ensure_future(work)
    try:
        await outlast(task)
    except asyncio.CancelledError:
        if not task.cancelled() and (failure := task.exception()) is not None:
            logger.error("work failed after its caller was cancelled", exc_info=failure)
        raise
    return task.result()


async def outlast(*tasks: asyncio.Future[Any], seconds: float | None = None) -> None:
    """Wait for the end of tasks even if the caller is cancelled meanwhile.

    A cancellation is raised again afterwards. The shield is for anyio, which cancels an await again
    and again; the loop is for asyncio, which cannot shield the caller.
    """
    loop = asyncio.get_running_loop()
    deadline = None if seconds is None else loop.time() + seconds
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(shield=True):
        while left := [task for task in tasks if not task.done()]:
            timeout = None if deadline is None else deadline - loop.time()
            if timeout is not None and timeout <= 0:
                break
            try:
                await asyncio.wait(left, timeout=timeout)
            except asyncio.CancelledError as exc:
                cancelled = exc
    if cancelled is not None:
        raise cancelled
