"""An hour of a large hosted account in simulated time: within the limits, how fresh is it here?

The real governor and the real plan work against an upstream made of numbers: it counts requests
when they arrive, so what is proved is what upstream sees.
"""

import heapq
import random
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from agent_runs.providers.codegen.governor import Governor, Kind, Limits, Priority
from agent_runs.providers.codegen.plan import PAGE, FollowPlan
from bench import virtual_time
from bench.report import Row, least_row, most_row

HOUR = 3600.0
RUNS, ACTIVE = 8000, 200
SHORTEST, LONGEST = 600.0, 3600.0
ENTRY_EVERY = 15.0
NAIVE_EVERY = 3.0
LATE = 120.0
MANY, FEW = 20, 3


@dataclass
class _Run:
    start: float
    end: float
    entries: int = 0


@dataclass
class _Upstream:
    """Runs that start and end by chance; each answer takes 0.3 to 0.6 s, as it was seen."""

    chance: random.Random
    runs: list[_Run] = field(default_factory=list)
    arrived: dict[Kind, list[float]] = field(default_factory=lambda: {kind: [] for kind in Kind})

    def fill(self, seconds: float) -> None:
        """As many runs as the account has, `ACTIVE` of them at work, and newcomers."""
        mean = (SHORTEST + LONGEST) / 2
        gap = mean / ACTIVE
        start = -gap * RUNS
        while start < seconds:
            start += self.chance.expovariate(1 / gap)
            self.runs.append(_Run(start, start + self.chance.uniform(SHORTEST, LONGEST)))

    async def answer(self, kind: Kind) -> None:
        """Take a request in, and the time that it takes."""
        await anyio.sleep(self.chance.uniform(0.05, 0.3))
        self.arrived[kind].append(anyio.current_time())
        await anyio.sleep(self.chance.uniform(0.25, 0.3))

    def page(self, skip: int) -> list[tuple[str, bool]]:
        """One page of the list, newest first."""
        now = anyio.current_time()
        shown = [number for number, run in enumerate(self.runs) if run.start <= now]
        numbers = shown[::-1][skip : skip + PAGE]
        return [(str(number), self.runs[number].end > now) for number in numbers]

    def entries(self, number: int) -> int:
        """How many entries a run has by now."""
        run = self.runs[number]
        now = min(anyio.current_time(), run.end)
        return int((now - run.start) / ENTRY_EVERY) + 1


@dataclass
class _Ages:
    """What an hour gave.

    Attributes:
        status: seconds since the status of a run that works was seen, each second, each run.
        watched: the same of the logs of watched runs.
        lacking: runs that ended a while before and whose last entries are still missing.
        most: requests in any 30 s, and pages of logs in any 60 s, as they reached upstream.
    """

    status: list[float] = field(default_factory=list)
    watched: list[float] = field(default_factory=list)
    lacking: int = 0
    requests: int = 0
    most: tuple[int, int] = (0, 0)


class _Mirror:
    """Follows upstream with the real plan and the real governor."""

    def __init__(self, upstream: _Upstream, watched: int) -> None:
        self.upstream = upstream
        self.plan = FollowPlan()
        self.governor = Governor(Limits(), pick=upstream.chance.uniform)
        self.watched = watched
        self.stored: dict[str, int] = {}
        self.ages = _Ages()

    async def follow(self, seconds: float) -> _Ages:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._statuses)
            for watched in (True, True, False):
                tasks.start_soon(self._logs, watched)
            tasks.start_soon(self._look)
            await anyio.sleep(seconds)
            tasks.cancel_scope.cancel()
        return self.ages

    async def _statuses(self) -> None:
        skip = 0
        while skip < 5 * PAGE:  # what the backfill brings in first
            await self._page(skip)
            skip += PAGE
        while True:
            due = self.plan.next_status(anyio.current_time())
            wait = due.at - anyio.current_time()
            if wait > 0:
                await anyio.sleep(wait)
            elif due.run is None:
                await self._page(due.skip)
            else:
                async with self.governor.turn(Priority.RUN_LIST):
                    await self.upstream.answer(Kind.READ)
                    run = self.upstream.runs[int(due.run)]
                now = anyio.current_time()
                self.plan.seen(due.run, now, works=run.end > now)

    async def _page(self, skip: int) -> None:
        async with self.governor.turn(Priority.RUN_LIST):
            await self.upstream.answer(Kind.READ)
            page = self.upstream.page(skip)
        self.plan.listed(skip, page, anyio.current_time())

    async def _logs(self, watched: bool) -> None:
        priority = Priority.WATCHED_LOGS if watched else Priority.UNWATCHED_LOGS
        while True:
            due = self.plan.next_logs(anyio.current_time(), watched=watched)
            if due is None or due.at > anyio.current_time():
                wait = due.at - anyio.current_time() if due else 1.0
                await anyio.sleep(min(1.0, wait))
                continue
            self.plan.logs_started(due.run, anyio.current_time())
            async with self.governor.turn(priority, kind=Kind.LOGS):
                sent = anyio.current_time()
                await self.upstream.answer(Kind.LOGS)
                there = self.upstream.entries(int(due.run))
            have = self.stored.get(due.run, 0)
            self.stored[due.run] = min(there, have + PAGE)
            self.plan.logs_read(due.run, sent, more=there > have + PAGE)

    async def _look(self) -> None:
        """Watch runs that work, another one when one ends, and note how old all is."""
        watched: list[str] = []
        while True:
            await anyio.sleep(1.0)
            now = anyio.current_time()
            works = [run for run in self.plan.followed if self.upstream.runs[int(run)].end > now]
            watched = [run for run in watched if run in works]
            others = [run for run in works if run not in watched]
            while len(watched) < self.watched and others:
                watched.append(others.pop(self.upstream.chance.randrange(len(others))))
            self.plan.watch(watched)
            if now < LATE:  # until all is seen for the first time
                continue
            for run in works:
                self.ages.status.append(self.plan.age(run, now)[0])
            for run in watched:
                self.ages.watched.append(min(now, self.plan.age(run, now)[1]))


def measure(_: Path) -> list[Row]:
    """An hour with many watched runs, which is more than the limit carries, and one with few."""
    many, few = simulate(MANY), simulate(FEW)
    naive = ACTIVE * 2 * HOUR / NAIVE_EVERY
    # One page of logs a second is all that is allowed: so long does one round of them take.
    floor = 0.95 * MANY * 60 / Limits().logs.requests
    hour = f"hosted account, {RUNS} runs, {ACTIVE} at work, {MANY} watched, an hour"
    return [
        _budget_row(f"{hour}: requests in any 30 s", many.most[0], Limits().total.requests),
        _budget_row("the same: pages of logs in any 60 s", many.most[1], Limits().logs.requests),
        most_row(
            "the same: age of a status, p95", measured=share(many.status, 0.95), unit="s", most=5
        ),
        most_row(
            "the same: age of watched logs, p95",
            measured=share(many.watched, 0.95),
            unit="s",
            most=1.6 * floor,
            limit=f"all that the limit allows {floor:.0f} s",
        ),
        most_row(
            f"age of watched logs, p95, {FEW} watched",
            measured=share(few.watched, 0.95),
            unit="s",
            most=5,
        ),
        least_row(
            f"the same: {many.requests:,} requests; status and logs of each run every 3 s would "
            f"take {naive:,.0f}",
            measured=naive / many.requests,
            unit="times fewer",
            least=10,
        ),
        most_row(
            "the same: runs that ended 2 min before and lack entries here",
            measured=many.lacking + few.lacking,
            unit="runs",
            most=0,
        ),
    ]


def _budget_row(what: str, measured: int, allowed: int) -> Row:
    return Row(what, f"**{measured}**", f"{allowed} allowed", f"≤ {allowed}", measured <= allowed)


def most_in_any(times: list[float], seconds: float) -> int:
    """Return the most arrivals in any closed window of that length."""
    seen: deque[float] = deque()
    most = 0
    for time in sorted(times):
        seen.append(time)
        while seen[0] < time - seconds:
            seen.popleft()
        most = max(most, len(seen))
    return most


def simulate(watched: int, seconds: float = HOUR, seed: int = 5) -> _Ages:
    """Follow the account for so long, with so many watched runs that work."""
    upstream = _Upstream(random.Random(seed))
    upstream.fill(seconds)
    mirror = _Mirror(upstream, watched)
    ages = virtual_time.run(lambda: mirror.follow(seconds))
    every = [time for times in upstream.arrived.values() for time in times]
    ages.requests = len(every)
    ages.most = most_in_any(every, 30), most_in_any(upstream.arrived[Kind.LOGS], 60)
    ages.lacking = sum(upstream.runs[int(run)].end < seconds - LATE for run in mirror.plan.followed)
    return ages


def share(values: list[float], part: float) -> float:
    """The value under which that part of all lies."""
    return heapq.nsmallest(int(len(values) * part) + 1, values)[-1]
