"""The hub of one process: reads new events once and shares them with all subscribers.

One task waits for a hint, reads what was committed since, and puts the same event objects into
every subscriber's bounded queue; it never waits for a subscriber. If a queue is full, it is dropped
and its subscriber is behind: it reads the event table itself until it has caught up with the hub. A
subscriber that joins with an old id starts behind in the same way.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Self

from agent_runs.bus.base import Bounds, ReadEvents
from agent_runs.events import Draft, Event, Reset, StoredEvent
from agent_runs.tasks import Restart, living

QUEUE_LENGTH = 256
_READ_LIMIT = 500


class MemoryBus:
    """Event bus of a program that is alone on its database; an async context manager."""

    # How often the table is read without a hint; None if every commit gives one.
    _poll_seconds: float | None = None

    def __init__(self, read_events: ReadEvents, bounds: Bounds) -> None:
        self.read_events = read_events
        self.bounds = bounds
        self.last_id = 0
        self._hinted = asyncio.Event()
        self._everything: set[MemorySubscription] = set()
        self._by_run: dict[int, set[MemorySubscription]] = {}
        self._tasks = AsyncExitStack()

    async def __aenter__(self) -> Self:
        _, self.last_id = await self.bounds()
        following = living("event-bus", self._follow, restart=Restart())
        await self._tasks.enter_async_context(following)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._tasks.aclose()

    def hint(self) -> None:
        """Say that events may have been committed; never waits."""
        self._hinted.set()

    def send_draft(self, draft: Draft) -> None:
        """Send a transient draft to the subscribers of its run; never waits."""
        for subscription in self._by_run.get(draft.run_id, ()):
            subscription.offer_draft(draft)

    @asynccontextmanager
    async def subscribe(
        self, *, after: int | None = None, run_id: int | None = None
    ) -> AsyncGenerator["MemorySubscription"]:
        """Join the stream; see `EventBus.subscribe`."""
        is_new = after is None
        if after is None:
            _, after = await self.bounds()
        subscription = MemorySubscription(self, after, run_id)
        # Not behind, unless the hub has published something newer in the meantime.
        subscription.is_behind = not is_new or after < self.last_id
        peers = self._everything if run_id is None else self._by_run.setdefault(run_id, set())
        peers.add(subscription)
        try:
            yield subscription
        finally:
            subscription.drop_timer()
            peers.discard(subscription)
            if run_id is not None and not peers and self._by_run.get(run_id) is peers:
                del self._by_run[run_id]

    async def _follow(self) -> None:
        while True:
            self._hinted.clear()
            await self._publish_new()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._hinted.wait()

    async def _publish_new(self) -> None:
        while batch := await self.read_events(self.last_id, _READ_LIMIT):
            if batch[0].id > self.last_id + 1 and (await self.bounds())[0] > self.last_id + 1:
                # Events were pruned before they were read: subscribers must read the table.
                self._leave_all_behind()
            for event in batch:
                self.last_id = event.id
                for subscription in self._everything:
                    subscription.offer(event)
                for subscription in self._by_run.get(event.run_id, ()):
                    subscription.offer(event)
            if len(batch) < _READ_LIMIT:
                return

    def _leave_all_behind(self) -> None:
        for peers in (self._everything, *self._by_run.values()):
            for subscription in peers:
                subscription.leave_behind()


class MemorySubscription:
    """One subscriber's place in the stream of a `MemoryBus`.

    Attributes:
        last_id: newest event that `next` returned.
        is_behind: it must read the event table before it takes from the queue again.
    """

    def __init__(self, bus: MemoryBus, last_id: int, run_id: int | None) -> None:
        self.last_id = last_id
        self.is_behind = True
        self._bus = bus
        self._run_id = run_id
        self._queue: list[StoredEvent | Draft] = []
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def offer(self, event: StoredEvent) -> None:
        """Queue an event, unless the table will be read anyway."""
        if self.is_behind:
            self._wake()
        elif len(self._queue) >= QUEUE_LENGTH:
            self.leave_behind()
        elif event.id > self.last_id:
            self._queue.append(event)
            self._wake()

    def offer_draft(self, draft: Draft) -> None:
        """Queue a draft if there is room."""
        if not self.is_behind and len(self._queue) < QUEUE_LENGTH:
            self._queue.append(draft)
            self._wake()

    def drop_timer(self) -> None:
        """Remove the timer from the event loop."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def leave_behind(self) -> None:
        """Drop the queue; the table will be read from the last returned id on."""
        self.is_behind = True
        self._queue.clear()
        self._wake()

    async def next(self, timeout_seconds: float) -> list[Event]:
        """Return the next events, all that are ready; [] if none came in time."""
        deadline = asyncio.get_running_loop().time() + timeout_seconds
        while True:
            if self.is_behind and (events := await self._catch_up()):
                return events
            if self._queue:
                return self._take()
            if not self.is_behind and not await self._wait(deadline):
                return []

    def _take(self) -> list[Event]:
        events: list[Event] = [*self._queue]
        self._queue.clear()
        for event in reversed(events):
            if isinstance(event, StoredEvent):
                self.last_id = event.id
                break
        return events

    async def _catch_up(self) -> list[Event]:
        """Read the table; end being behind when nothing is left that the hub has published."""
        published = self._bus.last_id
        only = () if self._run_id is None else (self._run_id,)
        batch = await self._bus.read_events(self.last_id, QUEUE_LENGTH, *only)
        oldest, newest = await self._bus.bounds()
        # Bounds after the read, because events may have been pruned in between.
        if self.last_id < oldest - 1 or self.last_id > newest:
            self.last_id = newest
            return [Reset(newest)]
        if batch:
            self.last_id = batch[-1].id
        if len(batch) < QUEUE_LENGTH:
            # Everything published before the read is in the table: in the batch, or about another
            # run.
            self.last_id = max(self.last_id, published)
            self.is_behind = self.last_id < self._bus.last_id
        return [*batch]

    async def _wait(self, deadline: float) -> bool:
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        self._deadline = deadline
        if self._timer is None or self._timer.when() > deadline:
            self.drop_timer()
            self._timer = loop.call_at(deadline, self._time_passed)
        try:
            await self._waiter
        finally:
            self._waiter = None
        return bool(self._queue) or self.is_behind

    def _time_passed(self) -> None:
        # The timer outlives waits that ended early: one timer per wait would cost as much as the
        # rest of a delivery.
        self._timer = None
        loop = asyncio.get_running_loop()
        if self._waiter is not None and self._deadline > loop.time():
            self._timer = loop.call_at(self._deadline, self._time_passed)
        else:
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
