"""How upstream is doing, as states that a person understands, and when to try again.

Pure: errors and times go in. Some troubles concern the whole account and make everything wait. A
used-up allotment concerns only new runs; an answer of a changed shape may concern only one run.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from agent_runs.errors import (
    AgentRunsError,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    PaymentRequired,
    RateLimited,
    ServerUnreachable,
    Unauthorized,
    Unavailable,
    UnexpectedAnswer,
)

_FIRST_SECONDS = 1.0
_MOST_SECONDS = 60.0
_REFUSED_SECONDS = 60.0


class Trouble(StrEnum):
    """What is wrong."""

    OFFLINE = "offline"
    LIMITED = "limited"
    TOKEN_REFUSED = "token_refused"  # noqa: S105  (a word, no token)
    ORGANIZATION_REFUSED = "organization_refused"
    ALLOTMENT_USED_UP = "allotment_used_up"
    SHAPE_CHANGED = "shape_changed"


_TROUBLES: tuple[tuple[type[AgentRunsError], Trouble], ...] = (
    (Unauthorized, Trouble.TOKEN_REFUSED),
    (Forbidden, Trouble.ORGANIZATION_REFUSED),
    (PaymentRequired, Trouble.ALLOTMENT_USED_UP),
    (RateLimited, Trouble.LIMITED),
    (Unavailable, Trouble.OFFLINE),
)
_OTHER = Trouble.SHAPE_CHANGED


@dataclass(frozen=True)
class Condition:
    """One trouble.

    Attributes:
        since: when it first occurred.
        next_try: when the next request goes to upstream.
        message: one sentence for a person.
        run: upstream's id, if it concerns only one run.
    """

    trouble: Trouble
    since: datetime
    next_try: datetime
    message: str
    run: str | None = None


class Conditions:
    """What is wrong now.

    Args:
        pick: `(low, high)` → a random number between them; tests pass their own.
        wall: the time of day, for what people see.
    """

    def __init__(
        self,
        *,
        pick: Callable[[float, float], float] = random.uniform,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pick = pick
        self._wall = wall
        self._account: Condition | None = None
        self._allotment: Condition | None = None
        self._runs: dict[str, Condition] = {}
        self._backoff_seconds = _FIRST_SECONDS
        self._try_at = float("-inf")
        self._create_at = float("-inf")

    @property
    def all(self) -> list[Condition]:
        """All troubles; those that concern everything come first."""
        account = [condition for condition in (self._account, self._allotment) if condition]
        return account + list(self._runs.values())

    def wait(self, now: float) -> float:
        """Return the seconds until the next request may go out; 0 if all is well."""
        return max(0.0, self._try_at - now) if self._account else 0.0

    def create_wait(self, now: float) -> float:
        """Return the seconds until a new run may be created upstream."""
        wait = max(0.0, self._create_at - now) if self._allotment else 0.0
        return max(wait, self.wait(now))

    def failed(self, error: AgentRunsError, now: float, run: str | None = None) -> bool:
        """Take in the error of a request; `run` if it was about one run's entries.

        Returns:
            Whether it concerns only that run, so the rest may continue.
        """
        trouble = next((name for kind, name in _TROUBLES if isinstance(error, kind)), _OTHER)
        if trouble == Trouble.ALLOTMENT_USED_UP:
            self._create_at = now + _REFUSED_SECONDS
            self._allotment = self._next(trouble, error, _REFUSED_SECONDS, self._allotment)
            return False
        if run is not None and self._account is None and _is_about_a_run(error):
            self._runs[run] = self._next(trouble, error, _REFUSED_SECONDS, self._runs.get(run), run)
            return True
        # Requests that were under way at the same time fail together: that counts once.
        if now >= self._try_at or self._account is None:
            self._try_at = now + self._pause(trouble, error)
        self._account = self._next(trouble, error, self._try_at - now, self._account)
        return False

    def answered(self, run: str | None = None) -> None:
        """Take in a good answer: upstream works, and the run's entries can be read."""
        self._account = None
        self._backoff_seconds = _FIRST_SECONDS
        if run is not None:
            self._runs.pop(run, None)

    def created(self) -> None:
        """Take in that a run was created: the account's plan allows runs again."""
        self._allotment = None

    def forget(self, run: str) -> None:
        """Forget the trouble with a run that upstream no longer knows."""
        self._runs.pop(run, None)

    def _pause(self, trouble: Trouble, error: AgentRunsError) -> float:
        if isinstance(error, RateLimited) and error.retry_after_seconds is not None:
            return error.retry_after_seconds
        if trouble in {Trouble.TOKEN_REFUSED, Trouble.ORGANIZATION_REFUSED}:
            return _REFUSED_SECONDS * self._pick(0.5, 1.0)
        pause = self._backoff_seconds * self._pick(0.5, 1.0)
        self._backoff_seconds = min(_MOST_SECONDS, self._backoff_seconds * 2)
        return pause

    def _next(
        self,
        trouble: Trouble,
        error: AgentRunsError,
        seconds: float,
        before: Condition | None,
        run: str | None = None,
    ) -> Condition:
        now = self._wall()
        lasting = before is not None and before.trouble == trouble
        since = before.since if before is not None and lasting else now
        return Condition(trouble, since, now + timedelta(seconds=seconds), error.message, run)


def _is_about_a_run(error: AgentRunsError) -> bool:
    """Tell whether upstream works and only failed to deliver this, so the rest may continue."""
    if isinstance(error, ServerUnreachable):
        return False
    return isinstance(error, (Unavailable, UnexpectedAnswer, NotFound, InvalidRequest, Conflict))
