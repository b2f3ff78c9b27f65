"""The contract of the event bus: it wakes subscribers; the events themselves are in the store."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from agent_runs.events import Draft, Event, StoredEvent

Bounds = Callable[[], Awaitable[tuple[int, int]]]
"""`()` → `(oldest_id, newest_id)` of the stored events."""


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
        """Return the next events, all that are ready; [] if none came in time.

        A subscriber that reads too slowly loses nothing: its queue is dropped, and it reads the
        event table from its last id on. Drafts may be dropped.
        """
        ...


class EventBus(Protocol):
    """Passes stored events on to the subscribers of this process."""

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
            after: id of the last event received; None starts with what comes from now on. If events
                after it were pruned, a `Reset` comes first.
            run_id: only the events of this run.
        """
        ...
