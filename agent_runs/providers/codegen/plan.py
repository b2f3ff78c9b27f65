"""Decides what to ask upstream next, to keep everything as fresh as the budget allows.

Pure: callers pass times as seconds, and nothing is sent from here. One page of the run list
refreshes the status of 100 runs, so we read the pages that have runs at work. Logs have to be read
run by run; those that somebody watches come first.

    plan.next_status(now)  →  send it in a turn of RUN_LIST  →  plan.listed(...) or plan.seen(...)
    plan.next_logs(now, watched=True)  →  plan.logs_started(...)  →  plan.logs_read(...)
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

PAGE = 100
"""Runs on one page of the list."""
# Runs come and go while pages are read, so a page begins a little before the run that we need.
_SLACK = 10
_MOST_MISSES = 3
_MOST_RETRY_SECONDS = 300.0


@dataclass(frozen=True)
class Intervals:
    """How fresh things should be, in seconds, if the budget allows it.

    Attributes:
        status: status of runs that work.
        newcomers: how soon we see a run that was started elsewhere, while any run works or is
            watched.
        idle: the same while none does.
        watched: logs of a run that somebody watches.
        unwatched: logs of other runs that work.
        retry: first wait after a run could not be read; it doubles up to five minutes.
    """

    status: float = 2.5
    newcomers: float = 5.0
    idle: float = 30.0
    watched: float = 2.0
    unwatched: float = 600.0
    retry: float = 5.0


@dataclass(frozen=True)
class StatusDue:
    """The page of the list that begins at `skip`, or one run, and when it may be requested."""

    at: float
    skip: int = 0
    run: str | None = None


@dataclass(frozen=True)
class LogsDue:
    """The run whose logs are to be read next, and when."""

    at: float
    run: str


@dataclass
class _Run:
    """State of a run that works, or that has ended and may lack its last entries.

    Attributes:
        rank: its position in the list, newest first from 0; None: it was not where it should be.
        status_at: when we last saw its status.
        asked_at: when we last looked for it, whether it was there or not.
        missed: how often in a row it was not on the page where it should be.
        sought: whether it was missing there and is therefore requested by itself.
        logs_at: when the reading began that reached the end of its log; -inf: none did.
        ended_at: when we saw that it had ended.
        reading: whether its logs are being read.
        not_before: when it may be requested again after a failure.
        more: whether upstream had more entries than we read.
        read_at: when the last reading was planned, whatever its result.
    """

    rank: int | None
    status_at: float
    asked_at: float = -math.inf
    missed: int = 0
    sought: bool = False
    logs_at: float = -math.inf
    ended_at: float | None = None
    reading: bool = False
    not_before: float = -math.inf
    failures: int = 0
    more: bool = False
    read_at: float = -math.inf


@dataclass
class FollowPlan:
    """The followed runs of one organization, keyed by upstream's ids."""

    intervals: Intervals = field(default_factory=Intervals)
    _runs: dict[str, _Run] = field(default_factory=dict[str, _Run])
    _watched: set[str] = field(default_factory=set[str])
    _top: list[str] = field(default_factory=list[str])
    _top_at: float = -math.inf

    @property
    def followed(self) -> Collection[str]:
        """The runs that work or lack their last entries."""
        return self._runs.keys()

    def follow(self, run: str, now: float) -> None:
        """Follow a run that works or whose logs may be incomplete, unless we already do."""
        self._runs.setdefault(run, _Run(rank=None, status_at=now))

    def forget(self, run: str) -> None:
        """Stop following a run that upstream no longer knows."""
        self._runs.pop(run, None)

    def watch(self, runs: Collection[str]) -> None:
        """Set the runs that somebody watches, whether they are followed or not."""
        self._watched = set(runs)

    def age(self, run: str, now: float) -> tuple[float, float]:
        """Return the seconds since we saw its status, and since we read its logs."""
        state = self._runs[run]
        return now - state.status_at, now - state.logs_at

    def next_status(self, now: float) -> StatusDue:
        """Return the request that refreshes statuses best: most runs, and the stalest ones.

        The first page is always a candidate, because new runs appear there.
        """
        working = [state for state in self._runs.values() if state.ended_at is None]
        busy = bool(working or self._watched)
        fresh = self.intervals.newcomers if busy else self.intervals.idle
        top = _Candidate(StatusDue(self._top_at + fresh), _value(now - self._top_at, fresh))
        candidates = [top]
        for skip, group in _pages(working):
            at = min(state.asked_at for state in group) + self.intervals.status
            value = sum(_value(now - state.asked_at, self.intervals.status) for state in group)
            if skip == 0:
                at, value = min(at, top.due.at), value + top.value
            candidates.append(_Candidate(StatusDue(at, skip), value))
        for run, state in self._runs.items():
            if state.ended_at is None and (state.rank is None or state.sought):
                since = state.status_at if state.sought else state.asked_at
                at = max(since + self.intervals.status, state.not_before)
                value = _value(now - since, self.intervals.status) if at <= now else 0.0
                candidates.append(_Candidate(StatusDue(at, run=run), value))
        return max(candidates, key=lambda it: (it.value, -it.due.at)).due

    def listed(self, skip: int, runs: Sequence[tuple[str, bool]], now: float) -> None:
        """Take in a page of the list: `(run, whether it works)`, newest first.

        Runs that work are followed from now on. So are new ones at the top, which may have ended
        before we saw them; a run that has ended is followed until its logs are complete.
        """
        new = self._shift([run for run, _ in runs], now) if skip == 0 else 0
        for index, (run, works) in enumerate(runs):
            if works or run in self._runs or index < new:
                self.seen(run, now, works=works)
                self._runs[run].rank, self._runs[run].missed = skip + index, 0
        self._miss(skip, {run for run, _ in runs}, now)

    def seen(self, run: str, now: float, *, works: bool) -> None:
        """Take in the status of one run."""
        state = self._runs.setdefault(run, _Run(rank=None, status_at=now))
        state.status_at = state.asked_at = now
        state.sought = False
        if works:
            state.ended_at = None
        elif state.ended_at is None:
            state.ended_at = now

    def next_logs(self, now: float, *, watched: bool) -> LogsDue | None:
        """Return the run whose logs should be read next, of the watched ones or of the others.

        Among those that are due, it is the one that waited longest. Of runs that nobody watches,
        those that have ended come first, because then they are complete for good. None: no run.
        """
        interval = self.intervals.watched if watched else self.intervals.unwatched
        best: tuple[float, bool, float, str] | None = None
        for run, state in self._runs.items():
            if state.reading or (run in self._watched) != watched:
                continue
            ended = state.ended_at is not None
            at = now if state.more or ended else state.logs_at + interval
            at = max(now, at, state.not_before)
            candidate = (at, not (watched or ended), state.read_at, run)
            if best is None or candidate < best:
                best = candidate
        return LogsDue(best[0], best[3]) if best else None

    def logs_started(self, run: str, now: float) -> None:
        """Note, before waiting for a turn, that its logs will be read: nobody else should."""
        if run in self._runs:
            self._runs[run].reading = True
            self._runs[run].read_at = now

    def logs_read(self, run: str, sent_at: float, *, more: bool) -> None:
        """Take in that a page of its logs was stored.

        Args:
            sent_at: when the request was sent.
            more: whether upstream has entries after that page.
        """
        state = self._runs.get(run)
        if state is None:
            return
        state.reading, state.more = False, more
        state.not_before, state.failures = -math.inf, 0
        if not more:
            state.logs_at = sent_at
            if state.ended_at is not None and sent_at >= state.ended_at:
                del self._runs[run]

    def logs_given_up(self, run: str) -> None:
        """Take in that its logs were not read after all, for a reason unrelated to the run."""
        if run in self._runs:
            self._runs[run].reading = False

    def failed(self, run: str, now: float) -> None:
        """Take in that a run, or its logs, could not be read; each retry waits longer."""
        state = self._runs.get(run)
        if state is None:
            return
        state.reading = False
        wait = min(_MOST_RETRY_SECONDS, self.intervals.retry * 2 ** min(state.failures, 20))
        state.not_before = now + wait
        state.failures += 1

    def _miss(self, skip: int, listed: set[str], now: float) -> None:
        """Note which runs should have been on a page but were not; request them by themselves.

        One page that is too short, or empty, proves little. After three, the rank is unknown.
        """
        for run, state in self._runs.items():
            if state.rank is not None and skip <= state.rank < skip + PAGE and run not in listed:
                state.asked_at, state.sought = now, True
                state.missed += 1
                if state.missed >= _MOST_MISSES:
                    state.rank, state.missed = None, 0

    def _shift(self, page: list[str], now: float) -> int:
        """Move all runs down by the number of new ones at the top, and return that number."""
        before = {run: rank for rank, run in enumerate(self._top)}
        first = next((rank for rank, run in enumerate(page) if run in before), None)
        # A page without any run of before is entirely new, unless it is the first page ever.
        new = (len(page) if before else 0) if first is None else first
        shift = new if first is None else first - before[page[first]]
        self._top_at = now
        self._top = page or self._top
        for state in self._runs.values():
            if state.rank is not None:
                state.rank = max(0, state.rank + shift)
        return new


@dataclass(frozen=True)
class _Candidate:
    due: StatusDue
    value: float


def _value(age: float, interval: float) -> float:
    """Return how much it is worth to refresh something of that age.

    The square keeps pages with few runs from being neglected for those with many.
    """
    return 0.0 if age < interval else min(age, 3600.0) ** 2


def _pages(working: list[_Run]) -> list[tuple[int, list[_Run]]]:
    """Cover runs with as few pages as possible: `(skip, runs on it)`."""
    placed = sorted((it for it in working if it.rank is not None), key=lambda it: it.rank or 0)
    pages: list[tuple[int, list[_Run]]] = []
    end = -1
    for state in placed:
        rank = state.rank or 0
        if rank >= end:
            skip = max(0, rank - _SLACK) if pages or rank >= PAGE - _SLACK else 0
            pages.append((skip, []))
            end = skip + PAGE - _SLACK
        pages[-1][1].append(state)
    return pages
