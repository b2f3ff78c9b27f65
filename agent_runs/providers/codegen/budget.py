"""How many requests a token may still send: pure arithmetic; callers pass the time.

Upstream counts a request when it arrives, which is somewhere between its start and its end here. So
a request counts from its start until one window after its end. Whatever the network does in
between, no window of upstream's ever contains more than is allowed.
"""

import math
from collections import deque
from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto

# Clocks differ in speed, and a window may include both of its ends.
_MARGIN_SECONDS = 0.1


class Kind(StrEnum):
    """What a request is to upstream's limits."""

    READ = auto()
    LOGS = auto()
    CREATE = auto()


class Priority(IntEnum):
    """Who goes first if there is not enough for all; lower goes first."""

    USER = 0
    CREATE = 1
    WATCHED_LOGS = 2
    RUN_LIST = 3
    UNWATCHED_LOGS = 4
    BACKFILL = 5

    @property
    def is_background(self) -> bool:
        """Tell whether no person or new run waits for the request."""
        return self >= Priority.WATCHED_LOGS


@dataclass(frozen=True)
class Limit:
    """At most `requests` in any `seconds`."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class Limits:
    """What upstream allows a token. Source: descriptions of the operations, OpenAPI of 2025-10.

    Attributes:
        total: requests of all kinds.
        logs: requests for pages of log entries; they count towards the total.
        create: requests for new runs; they count towards the total.
        reserve: requests of each limit that background work leaves to people.
        burst: background requests that may go out together; the others are spread evenly, which
            keeps everything equally fresh.
    """

    total: Limit = Limit(60, 30.0)
    logs: Limit = Limit(60, 60.0)
    create: Limit = Limit(10, 60.0)
    reserve: int = 3
    burst: int = 1


class Window:
    """Counts requests against one limit."""

    def __init__(self, limit: Limit) -> None:
        self.most = limit.requests
        self._seconds = limit.seconds + _MARGIN_SECONDS
        self._open = 0
        self._ended: deque[float] = deque()

    def free(self, now: float) -> int:
        """Return how many requests may start now."""
        while self._ended and self._ended[0] <= now - self._seconds:
            self._ended.popleft()
        return self.most - self._open - len(self._ended)

    def wait(self, now: float, keep: int = 0) -> float:
        """Return the seconds until more than `keep` are free; inf if open requests decide it."""
        missing = keep + 1 - self.free(now)
        if missing <= 0:
            return 0.0
        if missing > len(self._ended):
            return math.inf
        return self._ended[missing - 1] + self._seconds - now

    def start(self) -> None:
        """Count a request that goes out."""
        self._open += 1

    def end(self, now: float) -> None:
        """Count its end: it stops counting one window from now."""
        self._open -= 1
        self._ended.append(now)


class Budget:
    """All windows of one token."""

    def __init__(self, limits: Limits) -> None:
        self._total = Window(limits.total)
        self._of_kind = {
            Kind.READ: (self._total,),
            Kind.LOGS: (self._total, Window(limits.logs)),
            Kind.CREATE: (self._total, Window(limits.create)),
        }
        pace = Window(_pace(limits.total, limits))
        self._paces = {
            Kind.READ: (pace,),
            Kind.LOGS: (pace, Window(_pace(limits.logs, limits))),
            Kind.CREATE: (pace,),
        }
        self._reserve = limits.reserve

    def wait(self, now: float, kind: Kind, *, background: bool, reserve: bool = True) -> float:
        """Return the seconds until such a request may start; 0: now, inf: when another ends.

        Args:
            reserve: whether a background request must leave the reserve to people.
        """
        keep = self._reserve if background and reserve else 0
        waits = [window.wait(now, self._reserve_of(window, keep)) for window in self._of_kind[kind]]
        if background:
            waits += [window.wait(now) for window in self._paces[kind]]
        return max(waits)

    def start(self, now: float, kind: Kind, *, background: bool) -> None:
        """Count a request that goes out."""
        for window in self._of_kind[kind]:
            window.start()
        if background:
            for window in self._paces[kind]:
                window.start()
                window.end(now)

    def end(self, now: float, kind: Kind) -> None:
        """Count the end of a request, whatever came of it."""
        for window in self._of_kind[kind]:
            window.end(now)

    def remaining(self, now: float) -> dict[Kind, int]:
        """Return how many requests of each kind may start now."""
        return {kind: max(0, self._free(now, kind)) for kind in Kind}

    def _free(self, now: float, kind: Kind) -> int:
        return min(window.free(now) for window in self._of_kind[kind])

    def _reserve_of(self, window: Window, keep: int) -> int:
        # Even if very little is allowed, background work gets a part of it.
        return min(keep, max(0, window.most - 1))


def _pace(limit: Limit, limits: Limits) -> Limit:
    """The even pace of background requests that stays within their part of a limit."""
    part = max(1, limit.requests - limits.reserve)
    burst = min(limits.burst, part)
    seconds = limit.seconds * burst / part
    return Limit(burst, max(0.0, seconds - _MARGIN_SECONDS))
