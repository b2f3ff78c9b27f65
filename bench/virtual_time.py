"""Runs async code in simulated time: when all tasks wait, the clock jumps to the next timer.

An hour of the real governor takes seconds, and the result is the same each time. Only for code that
waits through the event loop's timers; simulated time does not affect threads and sockets.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

T = TypeVar("T")


class _Loop(asyncio.SelectorEventLoop):
    # Internals of CPython's loop, which its published types leave out.
    _ready: deque[asyncio.Handle]
    _scheduled: list[asyncio.TimerHandle]

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 0.0

    def time(self) -> float:
        return self._seconds

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self._seconds = max(self._seconds, self._scheduled[0].when())
        super()._run_once()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run to the end and return what it returns; time starts at 0."""
    return anyio.run(work, backend_options={"loop_factory": _Loop})
