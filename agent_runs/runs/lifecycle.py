"""Create, resume, stop, answer: record the intent, then let the executor and the provider act.

Each intent is one committed transaction before anything else happens, so what was acknowledged
survives any crash: a created run is in the store before its agent hears of it, a stop is recorded
before the agent is told.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from agent_runs.bus.base import EventBus
from agent_runs.errors import Conflict, InvalidRequest, RunIsActive
from agent_runs.executors.base import Executor
from agent_runs.models import (
    EXTERNAL_PROVIDERS,
    JSON,
    TERMINAL_STATUSES,
    AgentInfo,
    AgentRun,
    AgentRunStatus,
    PermissionPolicy,
    PermissionRequest,
    QueuedPrompt,
    WorkFile,
)
from agent_runs.providers.base import Provider, TurnOutcome
from agent_runs.runs import recovery
from agent_runs.runs.images import check_images
from agent_runs.runs.recorder import release
from agent_runs.runs.requests import InputLimits, NewRun, check_new_run, check_prompt
from agent_runs.runs.templates import Template
from agent_runs.runs.turns import begin_turn, end_turn, user_message
from agent_runs.runs.webhooks import Webhook, keep_for_run
from agent_runs.store import events, imports, leases, logs, permissions, queue, repos, runs
from agent_runs.store.database import Database

logger = logging.getLogger(__name__)

_STOPPED = TurnOutcome(status=AgentRunStatus.CANCELLED, status_reason="stopped")
_SWEEP_EVERY = 3
_PRUNE_EVERY = 60
_LONGEST_QUEUE = 20


@dataclass(frozen=True)
class RunDefaults:
    """What a request that does not say gets.

    Attributes:
        events_kept: how many events stay in the table for subscribers that come back.
    """

    agent: str = "scripted"
    permission_policy: PermissionPolicy = "allow"
    limits: InputLimits = field(default_factory=InputLimits)
    events_kept: int = 100_000


class Runs:
    """Everything that changes runs. Reads go straight to the store.

    Args:
        worker: unique name of this process.
        alone: True when no other process can be at work on this database.
        redact: takes known secrets out of a text.
    """

    def __init__(
        self,
        database: Database,
        bus: EventBus,
        executor: Executor,
        provider: Provider,
        *,
        worker: str,
        templates: Mapping[str, Template],
        defaults: RunDefaults,
        alone: bool = True,
        redact: Callable[[str], str] = str,
    ) -> None:
        self.database = database
        self.bus = bus
        self.provider = provider
        self.templates = templates
        self._executor = executor
        self._worker = worker
        self._defaults = defaults
        self._alone = alone
        self._redact = redact

    @contextlib.asynccontextmanager
    async def living(self) -> AsyncGenerator[None]:
        """Recover what a former process left, then beat until the end."""
        await self._beat()
        await self.provider.end_orphans()
        await recovery.take_over(
            self.database, self._executor, worker=self._worker, alone=self._alone
        )
        heart = asyncio.create_task(self._live(), name="heartbeat")
        try:
            yield
        finally:
            heart.cancel()
            await asyncio.gather(heart, return_exceptions=True)

    async def create(self, new: NewRun) -> AgentRun:
        """Store a new run and let it start as soon as there is room.

        Raises:
            InvalidRequest: nothing was stored.
            RepoNotFound: the repository is not registered.
        """
        limits = self._defaults.limits
        check_new_run(new, limits)
        prompt, metadata = self._apply_mode(new)
        check_prompt(prompt, limits)
        agent = new.agent or self._defaults.agent
        await self._check_agent(agent, with_images=bool(new.images))
        if new.repo_id is not None:
            await repos.get(self.database, new.repo_id)
        prompt = self._redact(prompt)
        async with self.database.begin() as transaction:
            run = await runs.insert(
                transaction,
                prompt=prompt,
                images=new.images,
                metadata=metadata,
                agent=agent,
                provider=self.provider.name,
                model=new.model,
                repo_id=new.repo_id,
                title=new.title,
                permission_policy=new.permission_policy or self._defaults.permission_policy,
                source_type=new.source_type,
                user_id=new.user_id,
                organization_id=new.organization_id,
            )
            await keep_for_run(transaction, run, new.webhooks)
            await runs.change_private(transaction, run.id, worker=self._worker)
            await logs.append(transaction, run.id, None, [user_message(prompt, 1, new.images)])
        await self._executor.submit(run.id)
        return await runs.get(self.database, run.id)

    async def resume(
        self,
        run_id: int,
        prompt: str,
        *,
        images: tuple[str, ...] = (),
        model: str | None = None,
        permission_policy: PermissionPolicy | None = None,
        webhooks: tuple[Webhook, ...] | None = None,
    ) -> AgentRun:
        """Give a finished run another prompt; it goes on in its workspace and session.

        Raises:
            RunNotFound: there is no such run.
            RunIsActive: it still works.
            Conflict: it is not this server that works on it.
        """
        limits = self._defaults.limits
        check_prompt(prompt, limits)
        check_images(images, limit_count=limits.images, limit_bytes=limits.image_bytes)
        prompt = self._redact(prompt)
        run = await runs.get(self.database, run_id)
        _check_ours(run)
        await self._check_agent(run.agent or self._defaults.agent, with_images=bool(images))
        async with self.database.begin() as transaction:
            run = await runs.lock(transaction, run_id)
            if run.status not in TERMINAL_STATUSES:
                raise RunIsActive(
                    f"Run {run_id} is {run.status}: wait for it to end, or stop it, then resume."
                )
            await begin_turn(
                transaction,
                run,
                prompt=prompt,
                images=images,
                model=model,
                permission_policy=permission_policy,
            )
            await keep_for_run(transaction, run, webhooks)
            await runs.change_private(transaction, run_id, worker=self._worker)
        await self._executor.submit(run_id)
        return await runs.get(self.database, run_id)

    async def queue(
        self, run_id: int, prompt: str, *, images: tuple[str, ...] = ()
    ) -> QueuedPrompt:
        """Keep a prompt until the present turn is complete; then it is the next turn.

        After a turn that fails or is stopped it goes on waiting, for the next complete one.

        Raises:
            RunNotFound: there is no such run.
            Conflict: the run has ended, so it can be resumed at once.
        """
        limits = self._defaults.limits
        check_prompt(prompt, limits)
        check_images(images, limit_count=limits.images, limit_bytes=limits.image_bytes)
        run = await runs.get(self.database, run_id)
        _check_ours(run)
        await self._check_agent(run.agent or self._defaults.agent, with_images=bool(images))
        async with self.database.begin() as transaction:
            run = await runs.lock(transaction, run_id)
            if run.status in TERMINAL_STATUSES:
                raise Conflict(f"Run {run_id} is {run.status}: resume it instead.")
            if run.queued >= _LONGEST_QUEUE:
                raise Conflict(f"Run {run_id} has {run.queued} prompts waiting, no more fit.")
            queued = await queue.insert(
                transaction, run_id, prompt=self._redact(prompt), images=images
            )
            await runs.change(transaction, run, queued=run.queued + 1)
        return queued

    async def unqueue(self, run_id: int, queued_id: int) -> None:
        """Withdraw a prompt that still waits.

        Raises:
            RunNotFound: there is no such run.
            Conflict: it was sent or withdrawn before.
        """
        async with self.database.begin() as transaction:
            run = await runs.lock(transaction, run_id)
            await queue.withdraw(transaction, run_id, queued_id)
            await runs.change(transaction, run, queued=max(run.queued - 1, 0))

    async def stop(self, run_id: int) -> AgentRun:
        """Stop a run: at once while it waits, else its agent is told and gets its grace to end.

        The worker hears of it through the event bus. A run that has ended is returned as it is.

        Raises:
            RunNotFound: there is no such run.
        """
        waited = await self._executor.withdraw(run_id)
        try:
            async with self.database.begin() as transaction:
                run = await runs.lock(transaction, run_id)
                waits = run.status == AgentRunStatus.PENDING or run.provider in EXTERNAL_PROVIDERS
                if run.status in TERMINAL_STATUSES:
                    pass
                elif waits:
                    await end_turn(transaction, run, _STOPPED, fence=None)
                elif run.stop_requested_at is None:
                    await runs.change(transaction, run, stop_requested_at=datetime.now(UTC))
        except BaseException:
            if waited:
                # Nothing was recorded, so it still is to have its turn.
                await self._executor.submit(run_id)
            raise
        return await runs.get(self.database, run_id)

    async def archive(self, run_id: int) -> AgentRun:
        """Take a finished run out of the list; nothing of it is deleted.

        Raises:
            Conflict: it still works.
        """
        async with self.database.begin() as transaction:
            run = await runs.lock(transaction, run_id)
            if run.status not in TERMINAL_STATUSES:
                raise Conflict(f"Run {run_id} is {run.status}: stop it before you archive it.")
            if run.archived_at is None:
                await runs.change(transaction, run, archived_at=datetime.now(UTC))
        return await runs.get(self.database, run_id)

    async def restore(self, run_id: int) -> AgentRun:
        """Put an archived run back into the list."""
        async with self.database.begin() as transaction:
            run = await runs.lock(transaction, run_id)
            if run.archived_at is not None:
                await runs.change(transaction, run, archived_at=None)
        return await runs.get(self.database, run_id)

    async def answer_permission(
        self,
        run_id: int,
        permission_id: int,
        *,
        option_id: str | None = None,
        decision: Literal["allow", "reject"] | None = None,
    ) -> PermissionRequest:
        """Answer an agent's question with one of its options, or simply with yes or no.

        Raises:
            RunNotFound, PermissionNotFound: there is no such question.
            PermissionAnswered: it was answered or withdrawn before.
            InvalidRequest: the agent does not offer that answer.
        """
        await runs.get(self.database, run_id)
        asked = await permissions.get(self.database, run_id, permission_id)
        chosen = option_id or _option_for(asked, decision)
        if chosen not in {option.option_id for option in asked.options}:
            offered = ", ".join(repr(option.option_id) for option in asked.options)
            raise InvalidRequest(f"option_id: {chosen!r} is not offered; one of {offered}.")
        async with self.database.begin() as transaction:
            await runs.lock(transaction, run_id)
            answered = await permissions.answer(transaction, permission_id, chosen)
            await release(transaction, run_id)
        return answered

    async def agents(self) -> list[AgentInfo]:
        """Agents that this server knows and what was found of each on this machine."""
        return await self.provider.agents()

    async def diff(self, run_id: int) -> str:
        """Unified diff of the run's work tree against its base; "" when there is none."""
        run = await runs.get(self.database, run_id)
        if run.imported_at is not None:
            return await imports.diff(self.database, run_id)
        return await self.provider.diff(run_id)

    async def files(self, run_id: int) -> list[WorkFile]:
        """Files in the run's work tree, by path."""
        await runs.get(self.database, run_id)
        return await self.provider.files(run_id)

    async def read_file(self, run_id: int, path: str) -> bytes:
        """Content of one file of the work tree; NotFound when it is not there."""
        await runs.get(self.database, run_id)
        return await self.provider.read_file(run_id, path)

    def _apply_mode(self, new: NewRun) -> tuple[str, dict[str, JSON]]:
        if not new.mode:
            return new.prompt, new.metadata
        query = new.prompt if new.original_query is None else new.original_query
        metadata = new.metadata | {"mode": new.mode, "original_query": query}
        template = self.templates.get(new.mode)
        if template is not None:
            return template.fill(new.prompt), metadata
        return f"Mode: {new.mode}\n\n{new.prompt}", metadata

    async def _check_agent(self, name: str, *, with_images: bool) -> None:
        agents = {agent.name: agent for agent in await self.provider.agents()}
        agent = agents.get(name)
        if agent is None:
            raise InvalidRequest(f"agent: there is no {name!r}; one of {', '.join(agents)}.")
        if with_images and agent.images is False:
            raise InvalidRequest(f"images: the agent {name!r} does not take images.")

    async def _beat(self) -> None:
        async with self.database.begin() as transaction:
            await leases.beat(transaction, self._worker, datetime.now(UTC))

    async def _live(self) -> None:
        beats = 0
        while True:
            await asyncio.sleep(recovery.BEAT_SECONDS)
            beats += 1
            try:
                await self._beat()
                if not self._alone and beats % _SWEEP_EVERY == 0:
                    await recovery.take_over(
                        self.database, self._executor, worker=self._worker, alone=False
                    )
                if beats % _PRUNE_EVERY == 0:
                    async with self.database.begin() as transaction:
                        await events.prune(transaction, self._defaults.events_kept)
            except Exception:
                # A database that is away for a while must not end the heart.
                logger.exception("heartbeat failed, it goes on")


def _check_ours(run: AgentRun) -> None:
    if run.imported_at is not None:
        raise Conflict(
            f"Run {run.id} was imported: it can be read, but its agent is not here to go on. Start "
            "a new run instead."
        )
    if run.provider in EXTERNAL_PROVIDERS:
        raise Conflict(
            f"Run {run.id} is a session of Claude Code in a terminal, only watched here: go on "
            f"there, with `claude --resume {run.upstream_id}`."
        )


def _option_for(asked: PermissionRequest, decision: Literal["allow", "reject"] | None) -> str:
    if decision is None:
        raise InvalidRequest('Give option_id, or decision: "allow" or "reject".')
    # Once before always: an answer never says more than it was asked to.
    for kind in (f"{decision}_once", f"{decision}_always"):
        for option in asked.options:
            if option.kind == kind:
                return option.option_id
    raise InvalidRequest(f"decision: the agent offers no way to {decision} this.")
