"""The contract of the event bus: it wakes subscribers; the events themselves live in the store."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from agent_runs.events import Draft, Event, StoredEvent

Bounds = Callable[[], Awaitable[tuple[int, int]]]
"""`()` → `(oldest_id, newest_id)` of the events that are stored."""


class ReadEvents(Protocol):
    """Reads the event table."""

    async def __call__(
        self, after_id: int, limit: int, run_id: int | None = None, /
    ) -> list[StoredEvent]:
        """Return the next events by id, oldest first; of one run or of all."""
        ...


class Subscription(Protocol):
    """One subscriber's place in the stream."""

    async def next(self, timeout_seconds: float) -> list[Event]:
        """Return the next events, all that are ready at once; [] when none came in time.

        A subscriber that reads too slowly loses nothing: its queue is dropped and it reads the
        event table again from the last id it was given. Drafts may be dropped.
        """
        ...


class EventBus(Protocol):
    """Fans stored events out to the subscribers of this process."""

    def hint(self) -> None:
        """Say that events may have been committed; never waits."""
        ...

    def send_draft(self, draft: Draft) -> None:
        """Send a transient draft to present subscribers of its run; never waits."""
        ...

    def subscribe(
        self, *, after: int | None = None, run_id: int | None = None
    ) -> AbstractAsyncContextManager[Subscription]:
        """Join the stream.

        Args:
            after: id of the last event seen; None starts with what comes from now on. When events
                after it were pruned, the first thing delivered is a `Reset`.
            run_id: only the events of this run.
        """
        ...
