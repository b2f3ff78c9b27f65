"""A short way for what is asked for all the time: lists of runs, lists of entries, one run.

FastAPI's routing and parameters cost more than reading a page does. A plain request for one of them
(known path, only whole numbers in the query, all within bounds) is answered here; any other, also
one that ends in an error, goes on to the FastAPI route of the same path, which knows everything and
alone decides what is wrong.

The latest bodies are kept, each with the id of the newest event at the time it was read: many
open pages ask for the same list right after the same event. Every change that a list shows writes
an event in its own transaction, so a body is still true exactly while that id is the newest.
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
_MOST_KEPT = 64
_LARGEST_KEPT = 1_000_000


class LeanLists:
    """ASGI middleware that answers plain requests for lists itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[tuple[str, bytes], tuple[int, bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or pass it on."""
        body = None
        if scope["type"] == "http" and scope["method"] == "GET":
            path, query = scope["path"], scope["query_string"]
            # What is longer is none of ours, and must not fill the memory of `_reader`.
            read = _reader(path, query) if len(path) + len(query) <= _LONGEST else None
            if read is not None:
                try:
                    body = await self._body(scope, read)
                except AgentRunsError:
                    body = None  # The FastAPI route meets the same error and answers it.
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
        if found := _LOGS.fullmatch(scope["path"]):
            await server.open_hosted(int(found[1]))
        # Asked before the list is read: what comes between the two makes the body too new for
        # its id, which costs one more read later, never an old answer.
        _, newest = await events.bounds(database)
        kept = self._kept.get(key)
        if kept is not None and kept[0] == newest:
            return kept[1]
        body = await read(database)
        self._kept.pop(key, None)
        if len(body) <= _LARGEST_KEPT:
            self._kept[key] = (newest, body)
            if len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        return body


_Read = Callable[[Database], Awaitable[bytes]]


@functools.lru_cache(maxsize=4096)
def _reader(path: str, query: bytes) -> _Read | None:
    """Return what reads the body for a request; None when it is not for us."""
    if not query and (found := _RUN.fullmatch(path)):
        return functools.partial(one_run, run_id=int(found[1]))
    given = _numbers(query) if path.endswith("s") else None
    if given is None:
        return None
    names = given.keys()
    if path == "/agent_runs" and names <= {"page", "limit"}:
        return functools.partial(run_page, wanted=_ALL_RUNS, **({"page": 1, "limit": 50} | given))
    place = {"skip": 0, "limit": 100} | given
    if path == _OFFICIAL_RUNS and names <= {"skip", "limit"}:
        return functools.partial(official_run_page, wanted=_ALL_RUNS, **place)
    if (found := _LOGS.fullmatch(path)) and names <= {"skip", "limit"}:
        return functools.partial(log_page, run_id=int(found[1]), wanted=_ALL_LOGS, **place)
    return None


def _numbers(query: bytes) -> dict[str, int] | None:
    """Return the numbers of a query; None when there is anything else in it."""
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
