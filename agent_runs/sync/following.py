"""Follows one organization of a hosted account: live runs, earlier runs, new runs.

It also passes on what a person asks of a run. All requests with a token take turns of the same
governor.

Only one process follows an organization. When it ends, another one that shares the database takes
over.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import anyio

from agent_runs.client.asynchronous.client import AsyncCodegenClient
from agent_runs.errors import AgentRunsError, Conflict, OutcomeUnknown, ServerUnreachable
from agent_runs.models import AgentRun
from agent_runs.providers.codegen.condition import Condition
from agent_runs.providers.codegen.follower import Follower
from agent_runs.providers.codegen.governor import Governor, Kind, Priority
from agent_runs.providers.codegen.plan import FollowPlan, Intervals
from agent_runs.providers.codegen.upstream import asking, asking_for_a_person
from agent_runs.runs.places.base import Mark
from agent_runs.runs.turns import NextTurn
from agent_runs.store.engine.database import Database
from agent_runs.store.hosted import creations
from agent_runs.store.hosted import organizations as hosted_organizations
from agent_runs.store.hosted import runs as hosted
from agent_runs.store.hosted.organizations import HostedOrganization
from agent_runs.store.organization import repos
from agent_runs.store.runs import runs
from agent_runs.sync.account import StopWay
from agent_runs.sync.creator import OPEN, Creator
from agent_runs.sync.history import History, HistoryState
from agent_runs.sync.mirror import StoreMirror
from agent_runs.sync.watched import Watched
from agent_runs.tasks import Restart, watched

logger = logging.getLogger(__name__)

_CLAIM_SECONDS = 10.0
_REFRESH_SECONDS = 5.0
_REPOS_SECONDS = 3600.0
_PAGE = 100
_MOST_PAGES = 50


@dataclass(frozen=True)
class FollowingState:
    """How an organization is followed.

    Attributes:
        organization: which one.
        followed: whether this process does it; otherwise another one does, or it has just begun.
        troubles: what is wrong; what concerns everything comes first. Empty: all is well.
        age_seconds: since upstream's last good answer; None: there was none.
        remaining: requests of each kind that may be sent now.
        sent: requests since the start, by kind.
        refusals: how often upstream answered 429.
        limited_until: when requests may go out again; None: now.
        history: how much of the history is here.
        waiting: runs that upstream has not accepted yet.
    """

    organization: HostedOrganization
    followed: bool
    troubles: tuple[Condition, ...]
    age_seconds: float | None
    remaining: Mapping[Kind, int]
    sent: Mapping[Kind, int]
    refusals: int
    limited_until: datetime | None
    history: HistoryState
    waiting: int


class Following:
    """One organization and all work for it.

    Attributes:
        client: sends with this organization's credentials, in turns of the governor.
        watched: which of its runs somebody watches.

    Args:
        stop_way: how its runs are stopped, see `Account`.
    """

    def __init__(
        self,
        database: Database,
        organization: HostedOrganization,
        client: AsyncCodegenClient,
        governor: Governor,
        *,
        worker: str,
        intervals: Intervals,
        stop_way: StopWay,
    ) -> None:
        self.organization = organization
        self.client = client
        self.governor = governor
        self.mirror = StoreMirror(database, organization.id)
        self.follower = Follower(client, self.mirror, plan=FollowPlan(intervals))
        self.watched = Watched(anyio.current_time, self.follower.watch)
        self.creator = Creator(
            database,
            organization.id,
            client,
            governor=governor,
            mirror=self.mirror,
            follower=self.follower,
        )
        self._history = History(
            database,
            organization.id,
            self.follower,
            progress=organization.history,
            now=anyio.current_time,
        )
        self._database = database
        self._worker = worker
        self._stop_way = stop_way
        self._followed = False

    async def run(self) -> None:
        """Follow until cancelled; begin anew after a fault of ours."""
        name = f"organization-{self.organization.id}"
        await watched(name, self._claim_and_follow, restart=Restart())

    async def _claim_and_follow(self) -> None:
        while True:
            await self._claim()
            self._followed = True
            await self._follow()

    async def read_now(self, run: str) -> None:
        """Read a run and all its entries, ahead of everything else.

        Raises:
            AgentRunsError: upstream did not deliver all of it; what came before is stored.
        """
        try:
            await self.follower.read_now(run)
        except AgentRunsError as exc:
            await self.follower.failed(exc, run)
            raise
        await self.follower.answered(run)

    async def resume(self, run: str, turn: NextTurn) -> AgentRun:
        """Give a run that has ended another prompt; return it as upstream shows it.

        Raises:
            AgentRunsError: upstream did not take it, or may have; the text says which.
        """
        try:
            with asking_for_a_person():
                answer = await self.client.resume_agent_run(
                    run, turn.prompt, images=list(turn.images) or None, model=turn.model, wait=0
                )
        except ServerUnreachable as exc:
            await self.follower.failed(exc)
            self.follower.follow(run)
            if not exc.may_have_happened:
                raise
            raise OutcomeUnknown(
                f"{exc.message} It is unknown whether the prompt arrived. Watch the run: if it "
                "works again, the prompt arrived; if not, send it again."
            ) from exc
        await self.follower.answered()
        self.follower.follow(run)
        return answer

    async def stop(self, run: str, page: str | None) -> None:
        """Stop a run in the configured way, and mirror the result.

        Args:
            page: where a person can stop it.

        Raises:
            AgentRunsError: upstream did not stop it.
        """
        if self._stop_way == "none":
            raise Conflict(
                "The run continues: AGENT_RUNS_HOSTED_STOP is none, so this server does not stop "
                f"hosted runs. Stop it there: {page or run}"
            )
        with asking_for_a_person():
            if self._stop_way == "ban":
                await self.client.ban_agent_run(run)
            else:
                await self.client.stop_agent_run(run)
            answer = await self.client.get_agent_run(run)
        await self.mirror.take_runs([answer])
        self.follower.follow(run)

    async def mark(self, run: str, mark: Mark) -> None:
        """Ban a run, unban it, or remove it from its pull request."""
        act = {
            "ban": self.client.ban_agent_run,
            "unban": self.client.unban_agent_run,
            "remove-from-pr": self.client.remove_agent_run_from_pr,
        }[mark]
        with asking_for_a_person():
            await act(run)
        self.follower.follow(run)

    async def is_whole(self, run: str) -> bool:
        """Tell whether all entries are here that the run had when upstream last showed it."""
        records = await hosted.find(self._database, self.organization.id, [run])
        return run in records and records[run].is_whole

    async def state(self) -> FollowingState:
        """Return the present state."""
        answered, governor = self.follower.answered_at, self.governor.state()
        waiting = await creations.in_states(self._database, self.organization.id, OPEN)
        return FollowingState(
            organization=self.organization,
            followed=self._followed,
            troubles=tuple(self.follower.conditions.all),
            age_seconds=None if answered is None else anyio.current_time() - answered,
            remaining=governor.remaining,
            sent=governor.sent,
            refusals=governor.refusals,
            limited_until=governor.limited_until,
            history=await self._history.state(),
            waiting=len(waiting),
        )

    async def _claim(self) -> None:
        while True:
            async with self._database.begin() as transaction:
                if await hosted_organizations.claim(
                    transaction, self.organization.id, self._worker
                ):
                    return
            await asyncio.sleep(_CLAIM_SECONDS)

    async def _follow(self) -> None:
        for run in await hosted.working(self._database, self.organization.id):
            self.follower.follow(run)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self.follower.run)
            tasks.start_soon(self._history.run)
            tasks.start_soon(self.creator.run)
            tasks.start_soon(self._refresh_watched)
            tasks.start_soon(self._refresh_repos)
            tasks.start_soon(self._stop_late)
            await self._hold_claim()
            # Another process took over while we were unavailable; it continues alone.
            tasks.cancel_scope.cancel()
        self._followed = False

    async def _hold_claim(self) -> None:
        """Return when the organization is somebody else's."""
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            async with self._database.begin() as transaction:
                if not await hosted_organizations.claim(
                    transaction, self.organization.id, self._worker
                ):
                    return

    async def _stop_late(self) -> None:
        """Stop runs whose stop was requested before we knew that upstream has them."""
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            for run_id in await hosted.to_stop(self._database, self.organization.id):
                run = await runs.get(self._database, run_id)
                try:
                    if run.upstream_id is not None:
                        await self.stop(run.upstream_id, run.upstream_url)
                except AgentRunsError as exc:
                    logger.info("run %s cannot be stopped yet: %s", run_id, exc.message)

    async def _refresh_watched(self) -> None:
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            self.watched.refresh()

    async def _refresh_repos(self) -> None:
        """Keep upstream's repositories among ours: new runs can then name them."""
        while True:
            wait = self.follower.conditions.wait(anyio.current_time())
            if wait <= 0:
                try:
                    await self._read_repos()
                    wait = _REPOS_SECONDS
                except AgentRunsError as exc:
                    # Reading the list of runs reports troubles; this can wait.
                    logger.info("hosted repositories cannot be read now: %s", exc.message)
                    wait = _CLAIM_SECONDS
            await asyncio.sleep(wait)

    async def _read_repos(self) -> None:
        for number in range(1, _MOST_PAGES + 1):
            with asking(Priority.BACKFILL):
                page = await self.client.list_organization_repos(number)
            async with self._database.begin() as transaction:
                for repo in page.items:
                    await repos.put_hosted(transaction, self.organization.id, repo)
            if len(page.items) < _PAGE:
                return
