"""One connection per process to the API's event stream, shared by all open tabs.

A tab subscribes for as long as its page is open, and never slows the others down: its queue is
bounded. When the queue overflows, the tab learns that it missed something and reads all again.
"""

import logging
from collections import Counter, deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Literal

import anyio

from agent_runs.client.sse import EventParser, ServerEvent
from agent_runs.dashboard.serving.access import fetch, open_events
from agent_runs.errors import AgentRunsError
from agent_runs.reading.hosted import HostedLine, lines_of
from agent_runs.reading.status import GROUPS
from agent_runs.tasks import Restart, living

QUEUE_LENGTH = 256
COUNTS_INTERVAL_SECONDS = 0.25
HOSTED_INTERVAL_SECONDS = 3.0
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 0.5, 5.0
_RUN_EVENTS = frozenset({"run.created", "run.updated", "run.finished", "reset"})
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Standing:
    """The present state of things, the same for every tab.

    Attributes:
        link: whether the API answers.
        problem: why it does not, for people.
        groups: number of runs by cell of the attention strip.
        total: runs that are not archived.
        hosted: the state of each hosted organization.
    """

    link: Literal["connecting", "live", "down"] = "connecting"
    problem: str = ""
    groups: dict[str, int] = field(default_factory=dict[str, int])
    total: int = 0
    archived: int = 0
    hosted: tuple[HostedLine, ...] = ()


@dataclass(frozen=True)
class News:
    """What a subscriber missed while it was busy.

    Attributes:
        events: oldest first.
        must_reload: read everything again: events were lost, or the API was unavailable.
    """

    standing: Standing
    events: tuple[ServerEvent, ...] = ()
    must_reload: bool = False


class Subscription:
    """The queue of one tab."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._events: deque[ServerEvent] = deque()
        self._must_reload = False
        self._changed = anyio.Event()

    def add(self, event: ServerEvent | None = None, *, must_reload: bool = False) -> None:
        """Add an event, or only the news that the standing changed."""
        if event is not None:
            self._events.append(event)
        if len(self._events) > QUEUE_LENGTH:
            self._events.clear()
            must_reload = True
        self._must_reload |= must_reload
        self._changed.set()

    async def next(self) -> News:
        """Wait for something new and return all of it at once."""
        await self._changed.wait()
        self._changed = anyio.Event()
        news = News(self._hub.standing, tuple(self._events), self._must_reload)
        self._events.clear()
        self._must_reload = False
        return news


class Hub:
    """Reads the events and keeps the counts."""

    def __init__(self) -> None:
        self.standing = Standing()
        self._subscriptions: set[Subscription] = set()
        self._last_id: int | None = None
        self._stale_counts = anyio.Event()

    @asynccontextmanager
    async def subscribe(self) -> AsyncGenerator[Subscription]:
        """Open a subscription for as long as the block runs."""
        subscription = Subscription(self)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def run(self) -> None:
        """Follow the API until cancelled; reconnect when it comes back."""
        async with (
            living("dashboard-counts", self._keep_counts, restart=Restart()),
            living("dashboard-hosted", self._keep_hosted, restart=Restart()),
        ):
            await self._follow()

    async def _follow(self) -> None:
        delay = FIRST_RETRY_SECONDS
        while True:
            try:
                await self._read_counts()  # first, because it fails fast if the API is down
                async with open_events(self._last_id) as chunks:
                    self._arrive()
                    delay = FIRST_RETRY_SECONDS
                    parser = EventParser()
                    async for chunk in chunks:
                        for event in parser.feed(chunk):
                            self.take(event)
                problem = "The API closed the connection."
            except AgentRunsError as exc:
                problem = exc.message
            except Exception:  # noqa: BLE001  # the edge of this task: a tab without news helps nobody
                _LOG.exception("the reader of events failed")
                problem = "The dashboard could not read the API's events; its log says why."
            self._set(replace(self.standing, link="down", problem=problem))
            await anyio.sleep(delay)
            delay = min(delay * 2, LAST_RETRY_SECONDS)

    def _arrive(self) -> None:
        was_live = self.standing.link == "live"
        self._set(replace(self.standing, link="live", problem=""), must_reload=not was_live)

    def take(self, event: ServerEvent) -> None:
        """Pass an event on to every tab without waiting for any of them."""
        if event.id is not None:
            self._last_id = event.id
        if event.kind in _RUN_EVENTS:
            self._stale_counts.set()
        for subscription in self._subscriptions:
            subscription.add(event, must_reload=event.kind == "reset")

    async def _keep_counts(self) -> None:
        while True:
            await self._stale_counts.wait()
            self._stale_counts = anyio.Event()
            try:
                await self._read_counts()
            except AgentRunsError:
                continue  # the reader of events notices too, and says so
            await anyio.sleep(COUNTS_INTERVAL_SECONDS)

    async def _keep_hosted(self) -> None:
        """Ask now and then, because no event reports the state of hosted accounts."""
        while True:
            try:
                hosted = lines_of(await fetch("/hosted"))
            except AgentRunsError:
                pass  # the reader of events notices too, and says so
            else:
                self._set(replace(self.standing, hosted=hosted))
            await anyio.sleep(HOSTED_INTERVAL_SECONDS)

    async def _read_counts(self) -> None:
        answer = await fetch("/agent_runs/counts")
        by_status = Counter[str](answer.get("by_status") or {})
        self._set(
            replace(
                self.standing,
                groups={
                    group.name: sum(by_status[status] for status in group.statuses)
                    for group in GROUPS
                },
                total=by_status.total(),
                archived=int(answer.get("archived") or 0),
            )
        )

    def _set(self, standing: Standing, *, must_reload: bool = False) -> None:
        if standing == self.standing and not must_reload:
            return
        self.standing = standing
        for subscription in self._subscriptions:
            subscription.add(must_reload=must_reload)


hub = Hub()


@asynccontextmanager
async def hub_lifespan() -> AsyncGenerator[None]:
    """Run the hub for as long as the app does."""
    async with living("dashboard-events", hub.run, restart=Restart()):
        yield
