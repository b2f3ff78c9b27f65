"""The documented rate limits of the hosted API, in their strictest reading.

All requests of a token share 60 in 30 s; of these, logs may be 60 in 60 s and creates 10 in 60 s.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

DOCUMENTED: Mapping[str, tuple[int, float]] = {
    "all": (60, 30.0),
    "logs": (60, 60.0),
    "create": (10, 60.0),
}


@dataclass
class Limits:
    """Counts requests per token and refuses those that are too many.

    Attributes:
        now: seconds, on the clock that the twin lives by.
        allowed: kind → most requests in so many seconds.
        retry_after: whether a refusal says when to come back; upstream's is unverified.
        refused: how many were.
    """

    now: Callable[[], float]
    allowed: Mapping[str, tuple[int, float]] = field(default_factory=lambda: DOCUMENTED)
    retry_after: bool = True
    refused: int = 0
    _seen: dict[tuple[str, str], deque[float]] = field(default_factory=dict)

    def refuse(self, token: str, method: str, path: str) -> float | None:
        """Return the seconds after which it would be allowed, or None and count it."""
        kinds = ["all"]
        if path.endswith("/logs"):
            kinds.append("logs")
        if method == "POST" and path.endswith("/agent/run"):
            kinds.append("create")
        now = self.now()
        waits = [self._wait(token, kind, now) for kind in kinds]
        if max(waits) > 0:
            self.refused += 1
            return max(waits)
        for kind in kinds:
            self._seen[token, kind].append(now)
        return None

    def _wait(self, token: str, kind: str, now: float) -> float:
        most, seconds = self.allowed[kind]
        seen = self._seen.setdefault((token, kind), deque())
        while seen and seen[0] <= now - seconds:
            seen.popleft()
        return seen[0] + seconds - now if len(seen) >= most else 0.0
