"""This server as the place of a run: its executor finds room, its provider drives the agent."""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agent_runs.errors import Conflict, InvalidRequest
from agent_runs.executors.base import Executor
from agent_runs.models import (
    LOCAL_ORGANIZATION,
    TERMINAL_STATUSES,
    AgentRun,
    AgentRunStatus,
    PermissionPolicy,
    QueuedPrompt,
    Repo,
    WorkFile,
)
from agent_runs.providers.base import Provider
from agent_runs.runs import once
from agent_runs.runs.heart import Heart
from agent_runs.runs.places.base import PlaceForNewRuns
from agent_runs.runs.requests import InputLimits, NewRun, store_new
from agent_runs.runs.turns import (
    STOPPED,
    NextTurn,
    begin_turn,
    check_ended,
    end_turn,
    user_message,
)
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, queue, runs

_LONGEST_QUEUE = 20


@dataclass(frozen=True)
class RunDefaults:
    """What applies when a request does not say.

    Attributes:
        events_kept: how many events stay in the table for subscribers that reconnect.
    """

    agent: str = "scripted"
    permission_policy: PermissionPolicy = "allow"
    limits: InputLimits = field(default_factory=InputLimits)
    events_kept: int = 100_000


class Here(PlaceForNewRuns):
    """Starts agents, stops them and shows their work trees.

    Args:
        worker: unique name of this process.
        alone: True if no other process can be using this database.
    """

    def __init__(
        self,
        database: Database,
        executor: Executor,
        provider: Provider,
        *,
        worker: str,
        defaults: RunDefaults,
        alone: bool = True,
    ) -> None:
        self.provider = provider
        self.defaults = defaults
        self._database = database
        self._executor = executor
        self._worker = worker
        self._heart = Heart(
            database, executor, worker=worker, alone=alone, events_kept=defaults.events_kept
        )

    @contextlib.asynccontextmanager
    async def living(self) -> AsyncGenerator[None]:
        """Recover what an earlier process left, then beat until the end."""
        await self._heart.beat()
        await self.provider.end_orphans()
        async with self._heart.beating():
            yield

    def takes(self, _new: NewRun, _repo: Repo | None) -> bool:
        """Take whatever no other place takes."""
        return True

    async def create(self, new: NewRun, repo: Repo | None, request: once.Request) -> int:
        """Store a new run, which starts as soon as there is room."""
        if repo is not None and repo.upstream_id is not None:
            raise InvalidRequest(
                f"repo_id: {repo.full_name} belongs to a hosted account. Agents on this machine "
                "need a repository that is registered with its path or URL."
            )
        agent = new.agent or self.defaults.agent
        policy = new.permission_policy or self.defaults.permission_policy
        await self._check_agent(agent, policy, images=bool(new.images))
        async with self._database.begin() as transaction:
            run = await store_new(
                transaction,
                new,
                request,
                agent=agent,
                provider=self.provider.name,
                permission_policy=policy,
                organization_id=LOCAL_ORGANIZATION,
            )
            await runs.change_private(transaction, run.id, worker=self._worker)
            words = user_message(new.prompt, 1, new.images)
            await logs.append(transaction, run.id, None, [words])
        await self._executor.submit(run.id)
        return run.id

    async def resume(self, run: AgentRun, turn: NextTurn, request: once.Request) -> None:
        """Let a run that has ended continue in its workspace and session."""
        policy = turn.permission_policy or run.permission_policy
        await self._check_agent_of(run, policy, turn.images)
        async with runs.changing(self._database, run.id) as (transaction, present):
            await once.keep(transaction, request, run.id)
            check_ended(present)
            await begin_turn(transaction, present, turn)
            await runs.change_private(transaction, run.id, worker=self._worker)
        await self._executor.submit(run.id)

    async def queue(self, run: AgentRun, prompt: str, images: tuple[str, ...]) -> QueuedPrompt:
        """Keep a prompt for the next turn; it waits on if this turn fails or is stopped."""
        await self._check_agent_of(run, run.permission_policy, images)
        async with runs.changing(self._database, run.id) as (transaction, present):
            if present.status in TERMINAL_STATUSES:
                raise Conflict(f"Run {run.id} is {present.status}. Resume it instead.")
            if present.queued >= _LONGEST_QUEUE:
                raise Conflict(
                    f"Run {run.id} already has {present.queued} prompts waiting. Withdraw one, or "
                    "wait until the next one is sent."
                )
            queued = await queue.insert(transaction, run.id, prompt=prompt, images=images)
            await runs.change(transaction, present, queued=present.queued + 1)
        return queued

    async def stop(self, run: AgentRun) -> None:
        """Stop a run: at once if it waits; otherwise its agent gets its grace period to end.

        The event bus tells the worker.
        """
        waited = await self._executor.withdraw(run.id)
        try:
            async with runs.changing(self._database, run.id) as (transaction, present):
                if present.status == AgentRunStatus.PENDING:
                    await end_turn(transaction, present, STOPPED, fence=None)
                elif present.status not in TERMINAL_STATUSES and not present.stop_requested_at:
                    now = datetime.now(UTC)
                    await runs.change(transaction, present, stop_requested_at=now)
        except BaseException:
            if waited:
                # Nothing was recorded, so the run must keep its place.
                await self._executor.submit(run.id)
            raise

    async def diff(self, run: AgentRun) -> str:
        """Return the diff of the run's work tree against its base."""
        return await self.provider.diff(run.id)

    async def files(self, run: AgentRun) -> list[WorkFile]:
        """Return the files of the run's work tree."""
        return await self.provider.files(run.id)

    async def read_file(self, run: AgentRun, path: str) -> bytes:
        """Return one file of the run's work tree."""
        return await self.provider.read_file(run.id, path)

    async def _check_agent_of(
        self, run: AgentRun, policy: PermissionPolicy, images: tuple[str, ...]
    ) -> None:
        await self._check_agent(run.agent or self.defaults.agent, policy, images=bool(images))

    async def _check_agent(self, name: str, policy: PermissionPolicy, *, images: bool) -> None:
        agents = {agent.name: agent for agent in await self.provider.agents()}
        agent = agents.get(name)
        if agent is None:
            raise InvalidRequest(
                f"agent: {name!r} does not exist. Choose one of {', '.join(agents)}."
            )
        if policy not in agent.policies:
            raise InvalidRequest(
                f"permission_policy: the agent {name!r} cannot keep to {policy!r}, because it does "
                f"not ask before it acts. It can keep to {', '.join(agent.policies)}."
            )
        if images and agent.images is False:
            raise InvalidRequest(f"images: the agent {name!r} does not take images.")
