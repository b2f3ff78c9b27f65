"""Create, resume, stop, answer: record the intent, then let the executor and the provider act.

Each intent is one committed transaction before anything else happens, so what was acknowledged
survives any crash: a created run is in the store before its agent hears of it, a stop is recorded
before the agent is told.
"""

import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from agent_runs.bus.base import EventBus
from agent_runs.errors import Conflict, InvalidRequest
from agent_runs.executors.base import Executor
from agent_runs.models import (
    HOSTED_PROVIDER,
    JSON,
    LOCAL_ORGANIZATION,
    TERMINAL_STATUSES,
    WATCHED_PROVIDER,
    AgentInfo,
    AgentRun,
    AgentRunStatus,
    PermissionPolicy,
    PermissionRequest,
    QueuedPrompt,
    WorkFile,
)
from agent_runs.providers.base import Provider, TurnOutcome, Upstream
from agent_runs.runs import hosted, once, permission_answers, prompt_queue
from agent_runs.runs.heart import Heart
from agent_runs.runs.images import check_images
from agent_runs.runs.requests import (
    InputLimits,
    NewRun,
    apply_mode,
    check_new_run,
    check_prompt,
)
from agent_runs.runs.templates import Template
from agent_runs.runs.turns import begin_turn, check_ended, end_turn, user_message
from agent_runs.runs.webhooks import Webhook, keep_for_run
from agent_runs.store.engine.database import Database, Transaction
from agent_runs.store.files import imports
from agent_runs.store.organization import repos
from agent_runs.store.runs import logs, runs

_STOPPED = TurnOutcome(status=AgentRunStatus.CANCELLED, status_reason="stopped")


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
        upstream: hosted accounts; None: there are none.
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
        upstream: Upstream | None = None,
    ) -> None:
        self.database = database
        self.bus = bus
        self.provider = provider
        self.upstream = upstream
        self.templates = templates
        self._executor = executor
        self._worker = worker
        self._defaults = defaults
        self._heart = Heart(
            database,
            executor,
            worker=worker,
            alone=alone,
            events_kept=defaults.events_kept,
        )
        self._redact = redact

    @contextlib.asynccontextmanager
    async def living(self) -> AsyncGenerator[None]:
        """Recover what a former process left, then beat until the end."""
        await self._heart.beat()
        await self.provider.end_orphans()
        async with self._heart.beating():
            yield

    async def create(self, new: NewRun) -> AgentRun:
        """Store a new run and let it start as soon as there is room.

        Raises:
            InvalidRequest: nothing was stored.
            RepoNotFound: the repository is not registered.
        """
        limits = self._defaults.limits
        check_new_run(new, limits)
        prompt, metadata = apply_mode(new, self.templates)
        check_prompt(prompt, limits)
        asked = once.request(new.key, "create", replace(new, key=None))
        place = await self._place(new)
        if place is None:
            await self._check_agent(new.agent or self._defaults.agent, images=bool(new.images))

        async def carry_out() -> int:
            async with self.database.begin() as transaction:
                run = await self._insert(transaction, new, self._redact(prompt), metadata, place)
                await once.keep(transaction, asked, run.id)
                await keep_for_run(transaction, run, new.webhooks)
            if place is None:
                await self._executor.submit(run.id)
            elif self.upstream is not None:
                self.upstream.wake(place)
            return run.id

        run_id = await once.carried_out(self.database, asked, carry_out)
        return await runs.get(self.database, run_id)

    async def resume(
        self,
        run_id: int,
        prompt: str,
        *,
        images: tuple[str, ...] = (),
        model: str | None = None,
        permission_policy: PermissionPolicy | None = None,
        webhooks: tuple[Webhook, ...] | None = None,
        key: str | None = None,
    ) -> AgentRun:
        """Give a finished run another prompt; it goes on in its workspace and session.

        Args:
            key: of the caller, so that the same request is carried out once.

        Raises:
            RunNotFound: there is no such run.
            RunIsActive: it still works.
            Conflict: it is not this server that works on it.
        """
        limits = self._defaults.limits
        check_prompt(prompt, limits)
        check_images(images, limit_count=limits.images, limit_bytes=limits.image_bytes)
        prompt = self._redact(prompt)
        asked = once.request(key, "resume", run_id, prompt, images, model, permission_policy)
        run = await runs.get(self.database, run_id)
        _check_ours(run)
        is_hosted = run.provider == HOSTED_PROVIDER
        if not is_hosted:
            await self._check_agent(run.agent or self._defaults.agent, images=bool(images))

        async def there() -> int:
            await hosted.resume(
                self.database,
                self._upstream_of(run),
                run,
                prompt,
                images=images,
                model=model,
                asked=asked,
            )
            return run_id

        async def here() -> int:
            async with self.database.begin() as transaction:
                present = await runs.lock(transaction, run_id)
                await once.keep(transaction, asked, run_id)
                check_ended(present)
                policy = permission_policy
                await begin_turn(
                    transaction, present, prompt=prompt, images=images, model=model, policy=policy
                )
                await keep_for_run(transaction, present, webhooks)
                await runs.change_private(transaction, run_id, worker=self._worker)
            await self._executor.submit(run_id)
            return run_id

        await once.carried_out(self.database, asked, there if is_hosted else here)
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
        hosted.check_not_hosted(run, "prompts cannot be queued: resume it when it has ended")
        await self._check_agent(run.agent or self._defaults.agent, images=bool(images))
        return await prompt_queue.put(self.database, run_id, self._redact(prompt), images)

    async def unqueue(self, run_id: int, queued_id: int) -> None:
        """Withdraw a prompt that still waits.

        Raises:
            RunNotFound: there is no such run.
            Conflict: it was sent or withdrawn before.
        """
        await prompt_queue.withdraw(self.database, run_id, queued_id)

    async def stop(self, run_id: int) -> AgentRun:
        """Stop a run: at once while it waits, else its agent is told and gets its grace to end.

        The worker hears of it through the event bus. A run that has ended is returned as it is.

        Raises:
            RunNotFound: there is no such run.
        """
        run = await runs.get(self.database, run_id)
        if run.provider == HOSTED_PROVIDER:
            await hosted.stop(self.database, self._upstream_of(run), run)
            return await runs.get(self.database, run_id)
        waited = await self._executor.withdraw(run_id)
        try:
            async with self.database.begin() as transaction:
                run = await runs.lock(transaction, run_id)
                waits = run.status == AgentRunStatus.PENDING or run.provider == WATCHED_PROVIDER
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
        return await permission_answers.answer(
            self.database, run_id, permission_id, option_id=option_id, decision=decision
        )

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

    async def _place(self, new: NewRun) -> int | None:
        """Return the hosted organization that a new run is created in; None: it works here.

        Raises:
            InvalidRequest: there is no account for it, or the repository is of the other kind.
            RepoNotFound: the repository is not registered.
        """
        repo = None if new.repo_id is None else await repos.get(self.database, new.repo_id)
        if hosted.is_wanted(new, repo, self.upstream):
            return await hosted.where(self.upstream, new, repo)
        if repo is not None and repo.upstream_id is not None:
            raise InvalidRequest(
                f"repo_id: {repo.full_name} is a repository of a hosted account; agents of this "
                "machine need one that is registered with its path or URL."
            )
        return None

    async def _insert(
        self,
        transaction: Transaction,
        new: NewRun,
        prompt: str,
        metadata: dict[str, JSON],
        place: int | None,
    ) -> AgentRun:
        if place is not None:
            return await hosted.insert(
                transaction, new, prompt=prompt, metadata=metadata, organization_id=place
            )
        run = await runs.insert(
            transaction,
            prompt=prompt,
            images=new.images,
            metadata=metadata,
            agent=new.agent or self._defaults.agent,
            provider=self.provider.name,
            model=new.model,
            repo_id=new.repo_id,
            title=new.title,
            permission_policy=new.permission_policy or self._defaults.permission_policy,
            source_type=new.source_type,
            user_id=new.user_id,
            organization_id=LOCAL_ORGANIZATION,
        )
        await runs.change_private(transaction, run.id, worker=self._worker)
        await logs.append(transaction, run.id, None, [user_message(prompt, 1, new.images)])
        return run

    def _upstream_of(self, run: AgentRun) -> Upstream:
        if self.upstream is None:
            raise Conflict(f"Run {run.id} works on another server that has no token here.")
        return self.upstream

    async def _check_agent(self, name: str, *, images: bool) -> None:
        agents = {agent.name: agent for agent in await self.provider.agents()}
        agent = agents.get(name)
        if agent is None:
            raise InvalidRequest(f"agent: there is no {name!r}; one of {', '.join(agents)}.")
        if images and agent.images is False:
            raise InvalidRequest(f"images: the agent {name!r} does not take images.")


def _check_ours(run: AgentRun) -> None:
    if run.imported_at is not None:
        raise Conflict(
            f"Run {run.id} was imported: it can be read, but its agent is not here to go on. Start "
            "a new run instead."
        )
    if run.provider == WATCHED_PROVIDER:
        raise Conflict(
            f"Run {run.id} is a session of Claude Code in a terminal, only watched here: go on "
            f"there, with `claude --resume {run.upstream_id}`."
        )
