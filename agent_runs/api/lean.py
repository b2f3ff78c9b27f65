"""A short cut for the most frequent requests: lists of runs, lists of entries, one run.

FastAPI's routing and parameters cost more than reading a page. Plain requests (one of these paths,
only whole numbers in the query, all within bounds) are answered here. Any other, and any that ends
in an error, goes to the FastAPI route of the same path, which alone decides what is wrong.

The latest bodies are cached, each with the id of the newest event at the time of reading: many open
pages request the same list right after the same event. Every change that a list shows writes an
event in the same transaction, so a body is true as long as that id is the newest.
"""

import functools
import re
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from agent_runs.api.pages import (
    LARGEST_LIMIT,
    LARGEST_PAGE,
    LARGEST_SKIP,
    log_page,
    official_run_page,
    one_run,
    run_page,
)
from agent_runs.api.server import Server
from agent_runs.errors import AgentRunsError
from agent_runs.filters import LogFilter, RunFilter
from agent_runs.models import LOCAL_ORGANIZATION
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events

_ALL_RUNS = RunFilter()
_ALL_LOGS = LogFilter()
_OFFICIAL_RUNS = f"/v1/organizations/{LOCAL_ORGANIZATION}/agent/runs"
_LOGS = re.compile(
    rf"/(?:agent_runs|v1/(?:alpha/)?organizations/{LOCAL_ORGANIZATION}/agent/run)/([1-9][0-9]{{0,17}})/logs"
)
_RUN = re.compile(
    rf"/(?:agent_runs|v1/organizations/{LOCAL_ORGANIZATION}/agent/run)/([1-9][0-9]{{0,17}})"
)
_BOUNDS = {
    "page": (1, LARGEST_PAGE),
    "limit": (1, LARGEST_LIMIT),
    "skip": (0, LARGEST_SKIP),
}
_LONGEST = 200
_MOST_BODIES = 64
_LARGEST_BODY = 1_000_000


class LeanLists:
    """ASGI middleware that answers plain requests for lists itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._bodies: dict[tuple[str, bytes], tuple[int, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        body = None
        if scope["type"] == "http" and scope["method"] == "GET":
            path, query = scope["path"], scope["query_string"]
            # A longer request is not for us, and must not fill the cache of `_reader`.
            read = _reader(path, query) if len(path) + len(query) <= _LONGEST else None
            if read is not None:
                try:
                    body = await self._body(scope, read)
                except AgentRunsError:
                    body = None  # the FastAPI route meets the same error and answers
        if body is None:
            await self._app(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", b"%d" % len(body)),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def _body(self, scope: Scope, read: "_Read") -> bytes:
        server: Server = scope["app"].state.server
        database = server.database
        key = (scope["path"], scope["query_string"])
        if match := _LOGS.fullmatch(scope["path"]):
            await server.open_hosted(int(match[1]))
        # Read before the list: an event between the two makes the body newer than its id, which
        # costs one more read later but never shows an old list.
        _, newest = await events.bounds(database)
        event_id, body = self._bodies.get(key, (None, b""))
        if event_id == newest:
            return body
        body = await read(database)
        self._bodies.pop(key, None)
        if len(body) <= _LARGEST_BODY:
            self._bodies[key] = (newest, body)
            if len(self._bodies) > _MOST_BODIES:
                del self._bodies[next(iter(self._bodies))]
        return body


_Read = Callable[[Database], Awaitable[bytes]]


@functools.lru_cache(maxsize=4096)
def _reader(path: str, query: bytes) -> _Read | None:
    """Return the function that reads the body for a request; None if it is not for us."""
    if not query and (match := _RUN.fullmatch(path)):
        return functools.partial(one_run, run_id=int(match[1]))
    numbers = _numbers(query) if path.endswith("s") else None
    if numbers is None:
        return None
    names = numbers.keys()
    if path == "/agent_runs" and names <= {"page", "limit"}:
        page = {"page": 1, "limit": 50} | numbers
        return functools.partial(run_page, run_filter=_ALL_RUNS, **page)
    part = {"skip": 0, "limit": 100} | numbers
    if path == _OFFICIAL_RUNS and names <= {"skip", "limit"}:
        return functools.partial(official_run_page, run_filter=_ALL_RUNS, **part)
    if (match := _LOGS.fullmatch(path)) and names <= {"skip", "limit"}:
        return functools.partial(log_page, run_id=int(match[1]), log_filter=_ALL_LOGS, **part)
    return None


def _numbers(query: bytes) -> dict[str, int] | None:
    """Return the numbers of a query; None if it has anything else."""
    numbers: dict[str, int] = {}
    for pair in query.split(b"&") if query else ():
        key, _, value = pair.partition(b"=")
        name = key.decode("latin-1")
        if name not in _BOUNDS or name in numbers or not value.isdigit() or len(value) > 15:  # noqa: PLR2004 - more digits than any bound has
            return None
        low, high = _BOUNDS[name]
        numbers[name] = int(value)
        if not low <= numbers[name] <= high:
            return None
    return numbers
