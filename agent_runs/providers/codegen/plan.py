"""Decides what to ask upstream next, so that what is shown is as fresh as the budget allows.

Pure: times are given as seconds, nothing is sent from here. One call of the run list refreshes the
status of 100 runs, so statuses are kept fresh by those pages of the list that hold runs that work;
logs have to be read run by run, those that somebody watches first.

    plan.next_status(now)  →  send it in a turn of RUN_LIST  →  plan.listed(...) or plan.seen(...)
    plan.next_logs(now, watched=True)  →  plan.logs_started(...)  →  plan.logs_read(...)
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

PAGE = 100
"""Runs on one page of the list."""
# Runs come and go while pages are read, so a page begins a little before the run that it is for.
_SLACK = 10
_MOST_MISSES = 3
_MOST_RETRY_SECONDS = 300.0


@dataclass(frozen=True)
class Intervals:
    """How fresh things should be, in seconds, when the budget allows it.

    Attributes:
        status: of runs that work.
        newcomers: how soon a run that was started elsewhere is seen, while any run works or is
            watched.
        idle: the same, when none does.
        watched: logs of a run that somebody looks at.
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
    """The page of the list from `skip` on, or one run, and from when on it may be asked for."""

    at: float
    skip: int = 0
    run: str | None = None


@dataclass(frozen=True)
class LogsDue:
    """The run whose logs are to be read next, and from when on."""

    at: float
    run: str


@dataclass
class _Followed:
    """What is known of a run that works, or has ended and may lack its last entries.

    Attributes:
        rank: its place in the list, newest first from 0; None: it was not where it should be.
        status_at: when its status was seen.
        asked_at: when it was looked for last, found or not.
        missed: how often in a row it was not on the page where it should be.
        sought: whether it was not found there and is therefore asked for alone.
        logs_at: when the reading began that found the last entry then; -inf: none did.
        ended_at: when it was seen that it has ended.
        reading: whether its logs are being read.
        not_before: when it may be asked for again after a failure.
        more: whether upstream had more entries than were read.
        read_at: when the last reading was decided, whatever it brought.
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
    """The runs of one organization that are followed, keyed by upstream's ids."""

    intervals: Intervals = field(default_factory=Intervals)
    _runs: dict[str, _Followed] = field(default_factory=dict[str, _Followed])
    _watched: set[str] = field(default_factory=set[str])
    _top: list[str] = field(default_factory=list[str])
    _top_at: float = -math.inf

    @property
    def followed(self) -> Collection[str]:
        """The runs that work or lack their last entries."""
        return self._runs.keys()

    def follow(self, run: str, now: float) -> None:
        """Follow a run that works, or whose logs may be incomplete; known ones stay as they are."""
        self._runs.setdefault(run, _Followed(rank=None, status_at=now))

    def forget(self, run: str) -> None:
        """Follow it no more: upstream does not know it any longer."""
        self._runs.pop(run, None)

    def watch(self, runs: Collection[str]) -> None:
        """Set the runs that somebody looks at, whether they are followed or not."""
        self._watched = set(runs)

    def age(self, run: str, now: float) -> tuple[float, float]:
        """Return the seconds since its status was seen and since its logs were read."""
        known = self._runs[run]
        return now - known.status_at, now - known.logs_at

    def next_status(self, now: float) -> StatusDue:
        """Return what refreshes statuses best: the more and the staler runs it shows, the better.

        The first page is always among the candidates, because new runs appear there.
        """
        working = [each for each in self._runs.values() if each.ended_at is None]
        busy = bool(working or self._watched)
        fresh = self.intervals.newcomers if busy else self.intervals.idle
        top = _Asked(StatusDue(self._top_at + fresh), _value(now - self._top_at, fresh))
        asked = [top]
        for skip, group in _pages(working):
            at = min(each.asked_at for each in group) + self.intervals.status
            value = sum(_value(now - each.asked_at, self.intervals.status) for each in group)
            if skip == 0:
                at, value = min(at, top.due.at), value + top.value
            asked.append(_Asked(StatusDue(at, skip), value))
        for run, known in self._runs.items():
            if known.ended_at is None and (known.rank is None or known.sought):
                since = known.status_at if known.sought else known.asked_at
                at = max(since + self.intervals.status, known.not_before)
                value = _value(now - since, self.intervals.status) if at <= now else 0.0
                asked.append(_Asked(StatusDue(at, run=run), value))
        return max(asked, key=lambda each: (each.value, -each.due.at)).due

    def listed(self, skip: int, runs: Sequence[tuple[str, bool]], now: float) -> None:
        """Take in a page of the list: `(run, whether it works)`, newest first.

        Runs that work are followed from here on, and so are new ones at the top, which may have
        ended before they were seen; one that ended is followed until its logs are complete.
        """
        new = self._shift([run for run, _ in runs], now) if skip == 0 else 0
        for index, (run, works) in enumerate(runs):
            if works or run in self._runs or index < new:
                self.seen(run, now, works=works)
                self._runs[run].rank, self._runs[run].missed = skip + index, 0
        self._miss(skip, {run for run, _ in runs}, now)

    def seen(self, run: str, now: float, *, works: bool) -> None:
        """Take in the status of one run."""
        known = self._runs.setdefault(run, _Followed(rank=None, status_at=now))
        known.status_at = known.asked_at = now
        known.sought = False
        if works:
            known.ended_at = None
        elif known.ended_at is None:
            known.ended_at = now

    def next_logs(self, now: float, *, watched: bool) -> LogsDue | None:
        """Return the run whose logs should be read next, of the watched ones or of the others.

        Of those that are due, the one that waited longest; of those that nobody watches, first
        those that have ended, because then they are complete for good. None: there is none at all.
        """
        interval = self.intervals.watched if watched else self.intervals.unwatched
        best: tuple[float, bool, float, str] | None = None
        for run, known in self._runs.items():
            if known.reading or (run in self._watched) != watched:
                continue
            ended = known.ended_at is not None
            at = now if known.more or ended else known.logs_at + interval
            at = max(now, at, known.not_before)
            candidate = (at, not (watched or ended), known.read_at, run)
            if best is None or candidate < best:
                best = candidate
        return LogsDue(best[0], best[3]) if best else None

    def logs_started(self, run: str, now: float) -> None:
        """Note that its logs will be read, before waiting for a turn: no one else should."""
        if run in self._runs:
            self._runs[run].reading = True
            self._runs[run].read_at = now

    def logs_read(self, run: str, sent: float, *, more: bool) -> None:
        """Take in that a page of its logs was stored.

        Args:
            sent: when the request was sent.
            more: whether upstream has entries after that page.
        """
        known = self._runs.get(run)
        if known is None:
            return
        known.reading, known.more = False, more
        known.not_before, known.failures = -math.inf, 0
        if not more:
            known.logs_at = sent
            if known.ended_at is not None and sent >= known.ended_at:
                del self._runs[run]

    def logs_given_up(self, run: str) -> None:
        """Take in that its logs were not read after all, for a reason that is not the run's."""
        if run in self._runs:
            self._runs[run].reading = False

    def failed(self, run: str, now: float) -> None:
        """Take in that a run, or its logs, could not be read; it is tried later and later."""
        known = self._runs.get(run)
        if known is None:
            return
        known.reading = False
        wait = min(_MOST_RETRY_SECONDS, self.intervals.retry * 2 ** min(known.failures, 20))
        known.not_before = now + wait
        known.failures += 1

    def _miss(self, skip: int, listed: set[str], now: float) -> None:
        """Note who should have been on a page and was not: it is asked for alone meanwhile.

        One page that is too short, or empty, proves little; after three its place is not known.
        """
        for run, known in self._runs.items():
            if known.rank is not None and skip <= known.rank < skip + PAGE and run not in listed:
                known.asked_at, known.sought = now, True
                known.missed += 1
                if known.missed >= _MOST_MISSES:
                    known.rank, known.missed = None, 0

    def _shift(self, page: list[str], now: float) -> int:
        """Move all runs down by the number of those that are new at the top, and return it."""
        before = {run: rank for rank, run in enumerate(self._top)}
        known = next((rank for rank, run in enumerate(page) if run in before), None)
        # Without any known run on it, all of the page is new, unless it is the first page ever.
        new = (len(page) if before else 0) if known is None else known
        shift = new if known is None else known - before[page[known]]
        self._top_at = now
        self._top = page or self._top
        for each in self._runs.values():
            if each.rank is not None:
                each.rank = max(0, each.rank + shift)
        return new


@dataclass(frozen=True)
class _Asked:
    due: StatusDue
    value: float


def _value(age: float, interval: float) -> float:
    """Return what it is worth to refresh something of that age.

    The square keeps a page with few runs from being forgotten for those with many.
    """
    return 0.0 if age < interval else min(age, 3600.0) ** 2


def _pages(working: list[_Followed]) -> list[tuple[int, list[_Followed]]]:
    """Cover runs by as few pages as can be: `(skip, runs on it)`."""
    placed = sorted(
        (each for each in working if each.rank is not None), key=lambda each: each.rank or 0
    )
    pages: list[tuple[int, list[_Followed]]] = []
    end = -1
    for known in placed:
        rank = known.rank or 0
        if rank >= end:
            skip = max(0, rank - _SLACK) if pages or rank >= PAGE - _SLACK else 0
            pages.append((skip, []))
            end = skip + PAGE - _SLACK
        pages[-1][1].append(known)
    return pages
