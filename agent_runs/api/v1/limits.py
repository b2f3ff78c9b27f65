"""The official API's rate limits: a number of requests in a sliding window, for each token.

Source: the texts of the official OpenAPI document. They are off on a loopback address by default.
"""

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from agent_runs.api.errors import error_response
from agent_runs.errors import RateLimited

_MOST_CALLERS = 10_000


class Limit(NamedTuple):
    """A number of requests in a number of seconds."""

    requests: int
    seconds: float


_ORG = r"/v1/(?:alpha/|beta/)?organizations/[^/]+"
_RULES: tuple[tuple[str, re.Pattern[str], Limit], ...] = (
    ("POST", re.compile(rf"{_ORG}/agent/run"), Limit(10, 60)),
    ("GET", re.compile(rf"{_ORG}/agent/run/[^/]+/logs"), Limit(60, 60)),
    ("PATCH", re.compile(rf"{_ORG}/(?:repos/[^/]+/)?prs/[^/]+"), Limit(30, 60)),
    ("POST", re.compile(rf"{_ORG}/setup-commands/generate"), Limit(5, 60)),
    ("POST", re.compile(rf"{_ORG}/sandbox/[^/]+/analyze-logs"), Limit(5, 60)),
    ("POST", re.compile(rf"{_ORG}/webhooks/agent-run/test"), Limit(10, 60)),
    ("GET", re.compile(rf"{_ORG}/cli/rules"), Limit(30, 60)),
)
_STANDARD = Limit(60, 30)


class RateLimits:
    """ASGI middleware that answers 429 to callers that use `/v1` too often.

    Args:
        clock: returns seconds that never go back.
        factor: by which the official limits are multiplied.
    """

    def __init__(
        self,
        app: ASGIApp,
        clock: Callable[[], float] = time.monotonic,
        factor: float = 1,
    ) -> None:
        self._app = app
        self._factor = factor
        self._clock = clock
        self._times: defaultdict[tuple[bytes, Limit], deque[float]] = defaultdict(deque)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say when to try again."""
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            limit = _limit_of(scope["method"], scope["path"])
            limit = limit._replace(requests=max(round(limit.requests * self._factor), 1))
            wait = self._wait(_caller(scope), limit)
            if wait > 0:
                error = RateLimited(
                    f"Rate limit exceeded: {limit.requests} of these requests in "
                    f"{limit.seconds:.0f} seconds. Try again in {wait:.0f} seconds.",
                    retry_after_seconds=wait,
                )
                await error_response(scope["path"], error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _wait(self, caller: bytes, limit: Limit) -> float:
        """Count a request; if it is over the limit, return the seconds to wait."""
        now = self._clock()
        if len(self._times) > _MOST_CALLERS:
            self._forget(now)
        times = self._times[caller, limit]
        while times and times[0] <= now - limit.seconds:
            times.popleft()
        if len(times) >= limit.requests:
            return max(times[0] + limit.seconds - now, 0.001)
        times.append(now)
        return 0.0

    def _forget(self, now: float) -> None:
        for key, times in list(self._times.items()):
            if not times or times[-1] <= now - key[1].seconds:
                del self._times[key]


def _limit_of(method: str, path: str) -> Limit:
    for rule_method, pattern, limit in _RULES:
        if method == rule_method and pattern.fullmatch(path):
            return limit
    return _STANDARD


def _caller(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return value
    client = scope.get("client")
    return str(client[0]).encode() if client else b""
