"""Server-sent events: `GET /events` and `GET /agent_runs/{id}/events`.

The first line is the id from which the stream continues, so that a client can reconnect without a
gap even if it has seen no event. The bytes of an event are made once for all subscribers, and all
that is ready goes out in one write. A stream ends when its client goes away, when it stays
unwritable for a while, or when the server shuts down: uvicorn waits for open responses, so they
have to end on their own.
"""

import asyncio
import contextlib
import math
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Generator
from types import FrameType

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from agent_runs.bus.base import EventBus
from agent_runs.events import Event, EventKind, Reset, StoredEvent
from agent_runs.models import TERMINAL_STATUSES
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events, runs
from agent_runs.tasks import end

HEARTBEAT_SECONDS = 15.0
WRITE_SECONDS = 60.0
DIRECT_SEND = "agent_runs.send"
"""Key in the scope under which the outermost layer puts the server's own `send`."""
_HEARTBEAT = b":\n\n"
_CHANGES_OF_A_RUN = frozenset({EventKind.RUN_UPDATED, EventKind.RUN_FINISHED})


class Streams:
    """The open streams of this process, so that they can be ended.

    Args:
        write_seconds: a client that reads nothing for this long loses its stream, at the latest
            after twice that time.
    """

    def __init__(self, write_seconds: float = WRITE_SECONDS) -> None:
        self.write_seconds = write_seconds
        self._open: set[asyncio.Task[None]] = set()
        self._ending = False
        self._loop = asyncio.get_running_loop()

    @property
    def count(self) -> int:
        """Number of open streams."""
        return len(self._open)

    def end(self) -> None:
        """End all open streams, and any that opens later."""
        self._ending = True
        for task in self._open:
            task.cancel()

    def end_soon(self) -> None:
        """Do the same from a signal handler or from another thread."""
        self._loop.call_soon_threadsafe(self.end)

    async def run(
        self, task: asyncio.Task[None], until: asyncio.Task[None], is_stuck: Callable[[], bool]
    ) -> None:
        """Wait until one of the two is done or the first is stuck, then end both.

        Raises:
            Exception: what `task` raised, if it failed.
        """
        self._open.add(task)
        try:
            while not (self._ending or task.done() or until.done() or is_stuck()):
                await asyncio.wait(
                    {task, until}, timeout=self.write_seconds, return_when=asyncio.FIRST_COMPLETED
                )
        finally:
            self._open.discard(task)
            await end(task, until)
        if not task.cancelled() and (error := task.exception()):
            raise error

    @contextlib.contextmanager
    def end_on_signal(self) -> Generator[None]:
        """End the streams on a stop signal, before the server waits for them.

        The existing handler (the HTTP server's) is called as before.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        former = {
            number: handler
            for number in (signal.SIGINT, signal.SIGTERM)
            if callable(handler := signal.getsignal(number))
        }

        def handle(number: int, frame: FrameType | None) -> None:
            self.end_soon()
            former[signal.Signals(number)](number, frame)

        for number in former:
            signal.signal(number, handle)
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


class EventStream(Response):
    """A response that goes on until somebody ends it.

    Its frames go straight to the server: the layers around the application have done their work
    with the head of the response, and each would add its cost to every delivery.
    """

    media_type = "text/event-stream"

    def __init__(self, chunks: AsyncIterator[bytes], streams: Streams) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._chunks = chunks
        self._streams = streams
        self._writing_since = math.inf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send chunks until there is nothing left to send or nobody to send it to."""
        await send(
            {"type": "http.response.start", "status": 200, "headers": list(self.raw_headers)}
        )
        write = asyncio.create_task(self._write(scope.get(DIRECT_SEND, send)), name="event-stream")
        gone = asyncio.create_task(_disconnect(receive), name="event-stream-disconnect")
        await self._streams.run(write, gone, self._is_stuck)
        await send({"type": "http.response.body", "body": b""})

    async def _write(self, send: Send) -> None:
        async for chunk in self._chunks:
            self._writing_since = time.monotonic()
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            self._writing_since = math.inf

    def _is_stuck(self) -> bool:
        # The client has stopped reading; if it reconnects, its last id lets it catch up. Checked
        # now and then: a timer for each write would cost more than the write.
        return time.monotonic() - self._writing_since >= self._streams.write_seconds


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def follow(
    database: Database,
    bus: EventBus,
    *,
    after: int | None,
    run_id: int | None = None,
    until_finished: bool = False,
) -> AsyncIterator[bytes]:
    """Yield the stream's bytes.

    Args:
        after: id of the last event that the client saw; None begins with new events.
        run_id: only the events of this run.
        until_finished: for one run only: end once it has ended and all its events were sent.
    """
    _, newest = await events.bounds(database)
    if after is None:
        last = newest
        yield f"id: {last}\n\n".encode()
    elif after > newest:
        # Ids of another database, or of one that was restored: the client has to reload.
        last = newest
        yield Reset(last_id=newest).frame
    else:
        last = after
        yield f"id: {last}\n\n".encode()
    async with bus.subscribe(after=last, run_id=run_id) as subscription:
        awaited_run_id = run_id if until_finished else None
        ended = awaited_run_id is not None and await _has_ended(database, awaited_run_id, last)
        while not ended:
            ready = await subscription.next(HEARTBEAT_SECONDS)
            if len(ready) == 1:
                yield ready[0].frame
            else:
                yield b"".join([event.frame for event in ready]) or _HEARTBEAT
            if awaited_run_id is not None:
                last = _last_id(ready, last)
                ended = _may_be_the_end(ready) and await _has_ended(database, awaited_run_id, last)


def _last_id(ready: list[Event], last: int) -> int:
    for event in reversed(ready):
        if isinstance(event, StoredEvent):
            return event.id
        if isinstance(event, Reset):
            return event.last_id
    return last


def _may_be_the_end(ready: list[Event]) -> bool:
    return not ready or any(
        isinstance(event, Reset)
        or (isinstance(event, StoredEvent) and event.kind in _CHANGES_OF_A_RUN)
        for event in ready
    )


async def _has_ended(database: Database, run_id: int, last: int) -> bool:
    """Tell whether no more events will come; a run that was resumed is working again."""
    run = await runs.get(database, run_id)
    if run.status not in TERMINAL_STATUSES:
        return False
    return not await events.after(database, last, 1, run_id=run_id)
