"""Reads an organization's earlier runs: its list of runs, newest first, then their entries.

How far the list was read is stored, so reading continues where it stopped. The store says which
runs lack entries. Each start reads the newest pages until one shows nothing new, because runs may
have started while nobody followed. All other requests to upstream go first.
"""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from agent_runs.errors import AgentRunsError
from agent_runs.models import JSON
from agent_runs.providers.codegen.follower import Follower
from agent_runs.providers.codegen.governor import Priority
from agent_runs.providers.codegen.plan import PAGE
from agent_runs.store.engine.database import Database
from agent_runs.store.hosted import organizations as hosted_organizations
from agent_runs.store.hosted import runs as hosted

logger = logging.getLogger(__name__)

# Runs may vanish upstream while pages are read; those after them then move up.
_SLACK = 10
_AT_ONCE = 20
_RATE_OF = 30
_IDLE_SECONDS = 30.0
_MOST_PASSES = 3
_MOST_TRIES = 3


@dataclass(frozen=True)
class HistoryState:
    """How much of the history is here.

    Attributes:
        total: how many runs upstream says it has; None: it has not said yet.
        runs: runs that are here.
        whole: runs that are here with all their entries.
        listed: whether all of upstream's list was read.
        seconds_left: at the present pace; None: it is complete, or still unknown.
    """

    total: int | None
    runs: int
    whole: int
    listed: bool
    seconds_left: float | None


class History:
    """The history of one organization.

    Args:
        progress: what `put_history` stored before.
        now: the clock of `follower`, seconds.
    """

    def __init__(
        self,
        database: Database,
        organization_id: int,
        follower: Follower,
        *,
        progress: dict[str, JSON],
        now: Callable[[], float],
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._follower = follower
        self._now = now
        self._skip: int = progress.get("skip", 0)
        self._total: int | None = progress.get("total")
        self._listed: bool = progress.get("listed", False)
        self._passes: int = progress.get("passes", 0)
        self._read_at: deque[float] = deque(maxlen=_RATE_OF)
        self._failed_at: dict[str, float] = {}

    async def state(self) -> HistoryState:
        """Return how much is here."""
        here, whole = await hosted.count(self._database, self._organization_id)
        total = max(self._total, here) if self._total is not None else None
        return HistoryState(total, here, whole, self._listed, self._seconds_left(total, whole))

    async def run(self) -> None:
        """Read the history, and later what is still missing, until cancelled."""
        await self._until_done(self._catch_up)
        while True:
            if not self._listed:
                await self._until_done(self._list_next)
            elif not await self._read_some():
                await asyncio.sleep(_IDLE_SECONDS)

    async def _until_done(
        self, step: Callable[[], Awaitable[None]], *, tries: float = math.inf
    ) -> None:
        """Repeat a step until it succeeds, at most `tries` times."""
        while tries > 0:
            wait = self._follower.conditions.wait(self._now())
            if wait <= 0:
                try:
                    await step()
                except AgentRunsError as exc:
                    await self._follower.failed(exc)
                    tries -= 1
                    wait = self._follower.conditions.wait(self._now()) or 1.0
                else:
                    return
            await asyncio.sleep(wait)

    async def _catch_up(self) -> None:
        """Read the newest pages until one shows no run that is new here."""
        ids = set(await hosted.upstream_ids(self._database, self._organization_id))
        skip = 0
        while ids:
            page = await self._follower.list_page(skip, Priority.RUN_LIST)
            await self._follower.answered()
            new = [run for run in page.items if str(run.id) not in ids]
            if len(page.items) < PAGE or not new:
                return
            skip += PAGE - _SLACK

    async def _list_next(self) -> None:
        page = await self._follower.list_page(self._skip, Priority.BACKFILL)
        await self._follower.answered()
        self._total = page.total
        if len(page.items) < PAGE:
            await self._end_pass()
        else:
            self._skip += PAGE - _SLACK
        await self._save()

    async def _end_pass(self) -> None:
        """Begin anew if runs are missing, because they moved while pages were read."""
        here, _ = await hosted.count(self._database, self._organization_id)
        self._skip = 0
        self._passes += 1
        self._listed = here >= (self._total or 0) or self._passes >= _MOST_PASSES

    async def _save(self) -> None:
        progress: dict[str, JSON] = {
            "skip": self._skip,
            "total": self._total,
            "listed": self._listed,
            "passes": self._passes,
        }
        async with self._database.begin() as transaction:
            await hosted_organizations.put_history(transaction, self._organization_id, progress)

    async def _read_some(self) -> bool:
        """Read the entries of some runs that lack any; False if there is none to try now."""
        now = self._now()
        waiting = [run for run, at in self._failed_at.items() if now - at < _IDLE_SECONDS * 2]
        lacking = await hosted.incomplete(
            self._database, self._organization_id, _AT_ONCE + len(waiting)
        )
        tried = [run for run in lacking if run not in waiting]
        for run in tried:
            await self._until_done(partial(self._read, run), tries=_MOST_TRIES)
        return bool(tried)

    async def _read(self, run: str) -> None:
        self._failed_at[run] = self._now()
        try:
            await self._follower.read_entries(run, Priority.BACKFILL)
        except AgentRunsError as exc:
            if not await self._follower.failed(exc, run):
                raise
            # It concerns only this run: the others continue.
        else:
            self._failed_at.pop(run, None)
            self._read_at.append(self._now())

    def _seconds_left(self, total: int | None, whole: int) -> float | None:
        missing = (total or 0) - whole
        if missing <= 0 or len(self._read_at) < 2:  # noqa: PLR2004  (a pace needs two)
            return None
        pace = (self._read_at[-1] - self._read_at[0]) / (len(self._read_at) - 1)
        return missing * pace
