"""An hour of a large hosted account in simulated time: how fresh is the mirror within the limits?

The real follower, with its plan, governor and client, works against a simulated upstream, which
counts requests as they arrive: the proof holds for what upstream sees.
"""

import bisect
import heapq
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx

from agent_runs.client.asynchronous.client import AsyncCodegenClient
from agent_runs.client.base import RetryPolicy
from agent_runs.client.credentials import Credentials
from agent_runs.models import AgentRun
from agent_runs.providers.codegen.entries import News, Position
from agent_runs.providers.codegen.follower import Follower, works
from agent_runs.providers.codegen.governor import Governor, Kind, Limits, Priority
from agent_runs.providers.codegen.plan import PAGE
from agent_runs.providers.codegen.upstream import asking, gate_of
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


@dataclass
class _Upstream(httpx.AsyncBaseTransport):
    """Runs that start and end at random; each response takes 0.3 to 0.6 s, as observed."""

    chance: random.Random
    runs: list[_Run] = field(default_factory=list)
    arrived: dict[Kind, list[float]] = field(default_factory=lambda: {kind: [] for kind in Kind})

    def fill(self, seconds: float) -> None:
        """Add the account's runs, `ACTIVE` of them at work, and new ones."""
        mean = (SHORTEST + LONGEST) / 2
        gap = mean / ACTIVE
        start = -gap * RUNS
        while start < seconds:
            start += self.chance.expovariate(1 / gap)
            self.runs.append(_Run(start, start + self.chance.uniform(SHORTEST, LONGEST)))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request like the hosted API, with only the fields that are read."""
        path = request.url.path
        kind = Kind.LOGS if path.endswith("/logs") else Kind.READ
        await anyio.sleep(self.chance.uniform(0.05, 0.3))
        self.arrived[kind].append(anyio.current_time())
        skip = int(request.url.params.get("skip", 0))
        if kind == Kind.LOGS:
            answer = self._log(int(path.split("/")[-2]), skip)
        elif path.endswith("/runs"):
            answer = self._page(skip)
        else:
            answer = self._shown(int(path.rpartition("/")[2]))
        await anyio.sleep(self.chance.uniform(0.25, 0.3))
        return httpx.Response(200, json=answer)

    def works(self, number: int) -> bool:
        return self.runs[number].end > anyio.current_time()

    def _shown(self, number: int) -> dict[str, Any]:
        status = "ACTIVE" if self.works(number) else "COMPLETE"
        return {"id": number, "organization_id": 1, "status": status}

    def _page(self, skip: int) -> dict[str, Any]:
        now = anyio.current_time()
        total = bisect.bisect_right(self.runs, now, key=lambda run: run.start)
        newest = range(total - 1, -1, -1)
        items = [self._shown(number) for number in newest[skip : skip + PAGE]]
        return {"items": items, "total": total, "page": 1, "size": PAGE, "pages": 1}

    def _log(self, number: int, skip: int) -> dict[str, Any]:
        run = self.runs[number]
        now = min(anyio.current_time(), run.end)
        total = int((now - run.start) / ENTRY_EVERY) + 1
        entries = [
            {"agent_run_id": number, "message_type": "ACTION", "thought": f"{index}"}
            for index in range(skip, min(skip + PAGE, total))
        ]
        return self._shown(number) | {"logs": entries, "total_logs": total}


@dataclass
class _Ages:
    """The results of an hour.

    Attributes:
        status: age in seconds of the status of each working run, sampled each second.
        watched: the same for the logs of watched runs.
        lacking: runs that ended a while ago and whose last entries are still missing.
        most: most requests in any 30 s, and most pages of logs in any 60 s, as upstream got them.
    """

    status: list[float] = field(default_factory=list)
    watched: list[float] = field(default_factory=list)
    lacking: int = 0
    requests: int = 0
    most: tuple[int, int] = (0, 0)


class _Mirror:
    """Stores how far each log was read, as the database does, and measures how fresh it is."""

    def __init__(self, upstream: _Upstream, watched: int) -> None:
        self.upstream = upstream
        self.watched = watched
        self.positions: dict[str, Position] = {}
        self.ages = _Ages()
        client = AsyncCodegenClient(
            credentials=Credentials("http://upstream", "token", 1),
            transport=upstream,
            retry=RetryPolicy(retries=0),
            gate=gate_of(Governor(pick=upstream.chance.uniform)),
        )
        self.client = client
        self.follower = Follower(client, self)
        self.plan = self.follower.plan

    async def take_runs(self, runs: Sequence[AgentRun]) -> None: ...

    async def position(self, run: str) -> Position:
        return self.positions.get(run, Position())

    async def fingerprints(self, run: str) -> Sequence[str]:
        raise AssertionError(f"the log of {run} was not rewritten")

    async def take_news(self, run: str, new: News) -> None:
        self.positions[run] = new.position

    async def end_of(self, run: str) -> str | None: ...

    async def is_whole(self, run: str, end: str) -> None: ...

    async def run_is_gone(self, run: str) -> None:
        raise AssertionError(f"{run} is there")

    async def conditions_changed(self) -> None:
        raise AssertionError(f"upstream is well: {self.follower.conditions.all}")

    async def follow(self, seconds: float) -> _Ages:
        async with self.client, anyio.create_task_group() as tasks:
            tasks.start_soon(self._bring_in_the_newest)
            tasks.start_soon(self.follower.run)
            tasks.start_soon(self._look)
            await anyio.sleep(seconds)
            tasks.cancel_scope.cancel()
        return self.ages

    async def _bring_in_the_newest(self) -> None:
        """Read the newest runs, as the backfill does first."""
        for skip in range(0, 5 * PAGE, PAGE):
            with asking(Priority.RUN_LIST):
                page = await self.client.list_agent_runs(skip=skip)
            runs = [(str(run.id), works(run)) for run in page.items]
            self.plan.listed(skip, runs, anyio.current_time())

    async def _look(self) -> None:
        """Watch working runs, replace one that ends by another, and note all ages."""
        watched: list[str] = []
        while True:
            await anyio.sleep(1.0)
            now = anyio.current_time()
            at_work = [run for run in self.plan.followed if self.upstream.works(int(run))]
            watched = [run for run in watched if run in at_work]
            others = [run for run in at_work if run not in watched]
            while len(watched) < self.watched and others:
                watched.append(others.pop(self.upstream.chance.randrange(len(others))))
            self.follower.watch(watched)
            if now < LATE:  # until everything has been read once
                continue
            for run in at_work:
                self.ages.status.append(self.plan.age(run, now)[0])
            for run in watched:
                self.ages.watched.append(min(now, self.plan.age(run, now)[1]))


def measure(_: Path) -> list[Row]:
    """An hour with more watched runs than the limit can serve, and one with few."""
    many, few = simulate(MANY), simulate(FEW)
    naive = ACTIVE * 2 * HOUR / NAIVE_EVERY
    # Only one page of logs per second is allowed: one round of them takes this long.
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
    window: deque[float] = deque()
    most = 0
    for time in sorted(times):
        window.append(time)
        while window[0] < time - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


def simulate(watched: int, seconds: float = HOUR, seed: int = 5) -> _Ages:
    """Follow the account for this time, with this many watched runs."""
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
    """The value below which that part of all values lies."""
    return heapq.nsmallest(int(len(values) * part) + 1, values)[-1]
