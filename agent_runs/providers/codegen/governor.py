"""Spends the budget of a token: who may send a request now, who waits, and for how long.

Each request to upstream with a token takes a turn of that token's only governor:

    async with governor.turn(Priority.WATCHED_LOGS, kind=Kind.LOGS):
        ...                                  # exactly one request
        governor.refused(error.retry_after_seconds)      # still inside, if it was a 429

Turns go by priority; within one, first come, first served. A kind of background work that got
nothing for a while goes first once, so that nobody starves (see `_LONGEST_WAITS`). After a refusal
nobody sends anything until upstream's `Retry-After`, or our own back-off, is over.
"""

import contextlib
import math
import random
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio

from agent_runs.addresses import root_of
from agent_runs.errors import RateLimited
from agent_runs.providers.codegen.budget import Budget, Kind, Limit, Limits, Priority

__all__ = ["Governor", "GovernorState", "Governors", "Kind", "Limit", "Limits", "Priority"]

_LONGEST_WAITS: Mapping[Priority, float] = {
    Priority.WATCHED_LOGS: 5.0,
    Priority.RUN_LIST: 5.0,
    Priority.UNWATCHED_LOGS: 4.0,
    Priority.BACKFILL: 20.0,
}
"""Seconds after which background work goes before other background work, once."""
_STARVING_SECONDS = 30.0
"""After this time without a turn, background work goes before people and uses their reserve."""
_PATIENCE_SECONDS: Mapping[Priority, float] = {Priority.USER: 20.0}
_LONG_PATIENCE_SECONDS = 300.0
_FIRST_BACKOFF_SECONDS = 1.0
_MOST_BACKOFF_SECONDS = 60.0
_MOST_RETRY_AFTER_SECONDS = 3600.0
# Timers may fire slightly early; without this a waiter would spin until its time has come.
_SHORTEST_SLEEP_SECONDS = 0.001


@dataclass(frozen=True)
class GovernorState:
    """What a governor has left, for people and metrics.

    Attributes:
        remaining: requests of each kind that may start now; 0 while limited.
        limited_until: when requests may go out again after a refusal; None: now.
        waiting: how many wait for a turn, by priority.
        sent: requests sent since the start, by kind.
        refusals: how often upstream answered 429.
    """

    remaining: Mapping[Kind, int]
    limited_until: datetime | None
    waiting: Mapping[Priority, int]
    sent: Mapping[Kind, int]
    refusals: int


@dataclass(eq=False)
class _Waiter:
    priority: Priority
    kind: Kind
    since: float
    granted_at: float | None = None
    wake: anyio.Event = field(default_factory=anyio.Event)


class Governor:
    """One budget for everything that uses one token.

    Args:
        pick: `(low, high)` → a random number between them; tests pass their own.
        wall: the time of day, for what people see.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        pick: Callable[[float, float], float] = random.uniform,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._budget = Budget(limits or Limits())
        self._pick = pick
        self._wall = wall
        self._waiters: list[_Waiter] = []
        self._last_turn: dict[Priority, float] = {}
        self._held_until = -math.inf
        self._refused_at = -math.inf
        self._backoff_seconds = _FIRST_BACKOFF_SECONDS
        self._turns: Counter[Kind] = Counter()
        self._refusals = 0

    @contextlib.asynccontextmanager
    async def turn(
        self,
        priority: Priority,
        *,
        kind: Kind = Kind.READ,
        patience_seconds: float | None = None,
    ) -> AsyncGenerator[None]:
        """Wait until one request may be sent; it counts from then to the end of the block.

        Args:
            patience_seconds: longest wait; if left out, 20 s for a person, 300 s for the rest.

        Raises:
            RateLimited: it would take longer. Nothing was sent; raised as soon as that is clear.
        """
        if patience_seconds is None:
            patience_seconds = _PATIENCE_SECONDS.get(priority, _LONG_PATIENCE_SECONDS)
        waiter = _Waiter(priority, kind, anyio.current_time())
        await self._granted(waiter, waiter.since + patience_seconds)
        try:
            yield
            if waiter.granted_at is not None and waiter.granted_at > self._refused_at:
                self._backoff_seconds = _FIRST_BACKOFF_SECONDS
        finally:
            self._end(waiter)

    def refused(self, retry_after_seconds: float | None = None) -> None:
        """Send nothing for a while: upstream answered 429.

        Args:
            retry_after_seconds: upstream's `Retry-After`, of which at most an hour counts. None:
                there was none; then the wait doubles with each refusal in a row, up to a minute.
        """
        now = anyio.current_time()
        self._refusals += 1
        self._refused_at = now
        if retry_after_seconds is not None and retry_after_seconds >= 0:
            pause = min(retry_after_seconds, _MOST_RETRY_AFTER_SECONDS)
            # Spread out: upstream's other users come back at the same moment.
            self._hold(now + pause + self._pick(0, min(1.0, pause / 10)))
        elif now >= self._held_until:
            self._hold(now + self._backoff_seconds * self._pick(0.5, 1.0))
            self._backoff_seconds = min(_MOST_BACKOFF_SECONDS, self._backoff_seconds * 2)

    def state(self) -> GovernorState:
        """Return what is left."""
        now = anyio.current_time()
        pause = self._held_until - now
        remaining = self._budget.remaining(now)
        return GovernorState(
            remaining=dict.fromkeys(remaining, 0) if pause > 0 else remaining,
            limited_until=self._wall() + timedelta(seconds=pause) if pause > 0 else None,
            waiting=Counter(waiter.priority for waiter in self._waiters),
            sent=dict(self._turns),
            refusals=self._refusals,
        )

    def _hold(self, until: float) -> None:
        self._held_until = max(self._held_until, until)
        self._wake_all()

    async def _granted(self, waiter: _Waiter, deadline: float) -> None:
        self._waiters.append(waiter)
        try:
            while True:
                self._give_turns()
                if waiter.granted_at is not None:
                    return
                now = anyio.current_time()
                soonest = self._soonest(waiter, now)
                if now >= deadline or deadline < soonest < math.inf:
                    raise _too_long(soonest - now)
                wait = min(deadline, self._next_change(now)) - now
                await self._sleep(waiter, max(wait, _SHORTEST_SLEEP_SECONDS))
        except BaseException:
            if waiter.granted_at is not None:
                self._end(waiter)
            else:
                self._waiters.remove(waiter)
            raise

    async def _sleep(self, waiter: _Waiter, seconds: float) -> None:
        """Wait until the time is over or something changes that may shorten it."""

        async def ring() -> None:
            await anyio.sleep(seconds)
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ring)
            await waiter.wake.wait()
            tasks.cancel_scope.cancel()
        waiter.wake = anyio.Event()

    def _give_turns(self) -> None:
        """Start all requests that may start now, in order."""
        now = anyio.current_time()
        while now >= self._held_until:
            fits = [waiter for waiter in self._waiters if self._wait(waiter, now) <= 0]
            if not fits:
                return
            first = min(fits, key=lambda waiter: (self._rank(waiter, now), waiter.since))
            self._waiters.remove(first)
            self._budget.start(now, first.kind, background=first.priority.is_background)
            first.granted_at = now
            first.wake.set()
            self._last_turn[first.priority] = now
            self._turns[first.kind] += 1

    def _end(self, waiter: _Waiter) -> None:
        self._budget.end(anyio.current_time(), waiter.kind)
        self._wake_all()

    def _wake_all(self) -> None:
        for waiter in self._waiters:
            waiter.wake.set()

    def _rank(self, waiter: _Waiter, now: float) -> float:
        """Lower goes first."""
        if not waiter.priority.is_background:
            return waiter.priority
        idle = self._idle(waiter, now)
        if idle >= _STARVING_SECONDS:
            return -1
        overdue = idle >= _LONGEST_WAITS[waiter.priority]
        return Priority.WATCHED_LOGS - 0.5 if overdue else waiter.priority

    def _idle(self, waiter: _Waiter, now: float) -> float:
        """Seconds for which this one has waited and its priority got no turn."""
        return now - max(waiter.since, self._last_turn.get(waiter.priority, -math.inf))

    def _wait(self, waiter: _Waiter, now: float) -> float:
        background = waiter.priority.is_background
        reserve = self._idle(waiter, now) < _STARVING_SECONDS
        return self._budget.wait(now, waiter.kind, background=background, reserve=reserve)

    def _soonest(self, waiter: _Waiter, now: float) -> float:
        """Return the earliest time at which this one can start, whoever else waits."""
        wait = 0.0 if waiter.priority.is_background else self._wait(waiter, now)
        return max(now + wait, self._held_until)

    def _next_change(self, now: float) -> float:
        """Return when the next waiter may start, unless something else happens first."""
        times: list[float] = []
        for waiter in self._waiters:
            times.append(now + self._wait(waiter, now))
            starving = now + _STARVING_SECONDS - self._idle(waiter, now)
            if waiter.priority.is_background and starving > now:
                times.append(starving)
        return max(min(times), self._held_until)


class Governors:
    """One governor per server and token, shared by all who ask for it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits
        self._all: dict[tuple[str, str], Governor] = {}

    def of(self, base_url: str, token: str) -> Governor:
        """Return the governor of this token."""
        key = (root_of(base_url), token)
        if key not in self._all:
            self._all[key] = Governor(self._limits)
        return self._all[key]


def _too_long(seconds: float) -> RateLimited:
    after = max(1.0, seconds) if math.isfinite(seconds) else 1.0
    return RateLimited(
        "The hosted API accepts no more requests for now. Nothing was sent; try again in "
        f"{math.ceil(after)} s.",
        retry_after_seconds=after,
    )
