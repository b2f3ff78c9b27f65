"""Follows an upstream account: sends the requests of the plan in the governor's turns.

One task group per account: one loop for statuses, two for watched logs, one for other logs. A
`Mirror` stores what upstream says. The plan hears of it only afterwards, so what could not be
stored is requested again.
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol
from weakref import WeakValueDictionary

import anyio

from agent_runs.client.asynchronous.client import AsyncCodegenClient
from agent_runs.client.base import PAGE_LIMIT
from agent_runs.client.calls.answers import Page
from agent_runs.errors import AgentRunsError, NotFound, RunNotFound, UnexpectedAnswer
from agent_runs.models import TERMINAL_STATUSES, AgentRun, AgentRunLog
from agent_runs.providers.codegen.condition import Conditions
from agent_runs.providers.codegen.entries import News, Position, missing, news
from agent_runs.providers.codegen.governor import Priority
from agent_runs.providers.codegen.plan import FollowPlan
from agent_runs.providers.codegen.upstream import asking

logger = logging.getLogger(__name__)

# Bounds how much of one log is read: nobody needs a million entries.
_MOST_PAGES = 1000


class Mirror(Protocol):
    """Stores what upstream says; each method has done so when it returns."""

    async def take_runs(self, upstream: Sequence[AgentRun], /) -> None:
        """Store runs as upstream shows them now, each once; `id` is upstream's."""
        ...

    async def position(self, run: str) -> Position:
        """Return how far the run's log was read; `Position()` if nothing of it is here."""
        ...

    async def fingerprints(self, run: str) -> Sequence[str]:
        """Return the fingerprints of all entries of the run that are here."""
        ...

    async def take_news(self, run: str, new: News) -> None:
        """Store entries, a completed last one, and the position, all or nothing.

        Raises:
            RunNotFound: `take_runs` never got the run.
        """
        ...

    async def end_of(self, run: str) -> str | None:
        """Return what tells the run's present end from a later one; None while it works."""
        ...

    async def is_whole(self, run: str, end: str) -> None:
        """Note that all entries up to this end of the run are here."""
        ...

    async def run_is_gone(self, run: str) -> None:
        """Note that upstream no longer knows the run; what is here stays."""
        ...

    async def conditions_changed(self) -> None:
        """Show how upstream is doing now."""
        ...


class Follower:
    """Keeps the mirror of one organization of one token fresh.

    Attributes:
        conditions: how upstream is doing.
        plan: what is followed; the caller may `follow` runs whose logs may be incomplete.
        answered_at: when upstream last gave a good answer, by the loop's clock; None: never.
    """

    def __init__(
        self,
        client: AsyncCodegenClient,
        mirror: Mirror,
        *,
        plan: FollowPlan | None = None,
        conditions: Conditions | None = None,
    ) -> None:
        self.plan = plan or FollowPlan()
        self.conditions = conditions or Conditions()
        self.answered_at: float | None = None
        self._client = client
        self._mirror = mirror
        self._wakeup = anyio.Event()
        # One reader at a time: two would both consider the same entries new.
        self._locks: WeakValueDictionary[str, anyio.Lock] = WeakValueDictionary()

    async def run(self) -> None:
        """Follow until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._forever, self._next_status)
            for watched in (True, True, False):
                tasks.start_soon(self._forever, self._next_logs, watched)

    def watch(self, runs: Collection[str]) -> None:
        """Set the runs that somebody watches."""
        self.plan.watch(runs)
        self._wake()

    def follow(self, run: str) -> None:
        """Follow a run that was created or resumed here."""
        self.plan.follow(run, anyio.current_time())
        self._wake()

    async def read_now(self, run: str) -> None:
        """Read a run and all its entries now, ahead of everything else: somebody opened it.

        Raises:
            RunNotFound: upstream does not know it.
            AgentRunsError: upstream did not deliver all of it; what came before is stored.
        """
        with asking(Priority.USER):
            await self._mirror.take_runs([await self._client.get_agent_run(run)])
        await self.read_entries(run, Priority.USER)

    async def read_entries(self, run: str, priority: Priority) -> None:
        """Read all entries of a run that is stored here.

        Raises:
            AgentRunsError: upstream did not deliver all of it; what came before is stored.
        """
        for _ in range(_MOST_PAGES):
            if not await self._read_page(run, priority):
                return

    async def list_page(self, skip: int, priority: Priority) -> Page[AgentRun]:
        """Read a page of the list, and follow those of its runs that work."""
        with asking(priority):
            page = await self._client.list_agent_runs(skip=skip, limit=PAGE_LIMIT)
        # Runs move while pages are read, so upstream may show one twice; the first is the newest.
        runs = list({run.id: run for run in reversed(page.items)}.values())[::-1]
        await self._mirror.take_runs(runs)
        self.plan.listed(skip, [(str(run.id), works(run)) for run in runs], anyio.current_time())
        self._wake()
        return page

    async def failed(self, error: AgentRunsError, run: str | None = None) -> bool:
        """Take in the error of a request; tell whether it concerns only that run."""
        logger.info("upstream: %s", error.message)
        of_run = self.conditions.failed(error, anyio.current_time(), run)
        await self._mirror.conditions_changed()
        return of_run

    async def answered(self, run: str | None = None) -> None:
        """Take in a good answer: upstream works, and the run's entries can be read."""
        self.answered_at = anyio.current_time()
        if self.conditions.all:
            before = self.conditions.all
            self.conditions.answered(run)
            if self.conditions.all != before:
                await self._mirror.conditions_changed()

    async def _forever(self, step: Callable[..., Awaitable[float]], *args: bool) -> None:
        """Do one step after another; each returns the seconds until there is more to do."""
        while True:
            wait = self.conditions.wait(anyio.current_time())
            if wait <= 0:
                wait = await step(*args)
            if wait > 0:
                with anyio.move_on_after(wait):
                    await self._wakeup.wait()
            else:
                await anyio.lowlevel.checkpoint()

    def _wake(self) -> None:
        self._wakeup.set()
        self._wakeup = anyio.Event()

    async def _next_status(self) -> float:
        due = self.plan.next_status(anyio.current_time())
        if due.at > anyio.current_time():
            return due.at - anyio.current_time()
        try:
            if due.run is not None:
                await self._ask_one(due.run)
            else:
                await self.list_page(due.skip, Priority.RUN_LIST)
        except AgentRunsError as exc:
            if await self.failed(exc, due.run) and due.run is not None:
                self.plan.failed(due.run, anyio.current_time())
                return 0.0
            return self.conditions.wait(anyio.current_time()) or 1.0
        await self.answered()
        return 0.0

    async def _ask_one(self, run: str) -> None:
        try:
            with asking(Priority.RUN_LIST):
                answer = await self._client.get_agent_run(run)
        except NotFound:
            await self._is_gone(run)
            return
        await self._mirror.take_runs([answer])
        self.plan.seen(run, anyio.current_time(), works=works(answer))

    async def _next_logs(self, watched: bool) -> float:
        due = self.plan.next_logs(anyio.current_time(), watched=watched)
        if due is None or due.at > anyio.current_time():
            return due.at - anyio.current_time() if due else 60.0
        self.plan.logs_started(due.run, anyio.current_time())
        priority = Priority.WATCHED_LOGS if watched else Priority.UNWATCHED_LOGS
        try:
            await self._read_page(due.run, priority)
        except AgentRunsError as exc:
            if await self.failed(exc, due.run):
                self.plan.failed(due.run, anyio.current_time())
        finally:
            self.plan.logs_given_up(due.run)
        return 0.0

    async def _read_page(self, run: str, priority: Priority) -> bool:
        """Read the next entries of a run; tell whether there are more."""
        async with self._locks.setdefault(run, anyio.Lock()):
            position, end = await self._mirror.position(run), await self._mirror.end_of(run)
            with asking(priority) as request:
                try:
                    page = await self._client.get_agent_run_logs(run, position.skip)
                except NotFound:
                    await self._only_logs_are_gone(run)
                    return False
                sent_at = request.sent_at or anyio.current_time()
                new = news(position, page.logs)
                if new.rewritten:
                    whole = await self._whole(run)
                    new = missing(position, whole, await self._mirror.fingerprints(run))
            if new.entries or new.completed or new.position != position:
                await self._take_news(run, new, priority)
        more = page.total_logs > new.position.count and bool(page.logs)
        if end is not None and not more:
            await self._mirror.is_whole(run, end)
        self.plan.logs_read(run, sent_at, more=more)
        await self.answered(run)
        return more

    async def _take_news(self, run: str, new: News, priority: Priority) -> None:
        try:
            await self._mirror.take_news(run, new)
        except RunNotFound:
            # We only have its id so far; no page of the list has shown it yet.
            with asking(priority):
                answer = await self._client.get_agent_run(run)
            await self._mirror.take_runs([answer])
            await self._mirror.take_news(run, new)

    async def _whole(self, run: str) -> list[AgentRunLog]:
        entries: list[AgentRunLog] = []
        for _ in range(_MOST_PAGES):
            page = await self._client.get_agent_run_logs(run, len(entries))
            entries += page.logs
            if len(entries) >= page.total_logs or not page.logs:
                break
        return entries

    async def _only_logs_are_gone(self, run: str) -> None:
        """Tell a run that is gone from one whose entries cannot be read, which is an error."""
        try:
            answer = await self._client.get_agent_run(run)
        except NotFound:
            await self._is_gone(run)
            return
        await self._mirror.take_runs([answer])
        raise UnexpectedAnswer(f"The hosted account has run {run} but not its log entries.")

    async def _is_gone(self, run: str) -> None:
        """Believe that a run is gone only if upstream still knows its list of runs.

        Raises:
            UnexpectedAnswer: it does not even know its list.
        """
        try:
            await self._client.list_agent_runs(limit=1)
        except NotFound as exc:
            raise UnexpectedAnswer(
                "The hosted account says that it has nothing, not even a list of runs. What is "
                "stored here stays as it is."
            ) from exc
        await self._mirror.run_is_gone(run)
        self.plan.forget(run)
        self.conditions.forget(run)


def works(run: AgentRun) -> bool:
    """Tell whether a run may still change by itself; an unknown status may."""
    return run.status not in TERMINAL_STATUSES
