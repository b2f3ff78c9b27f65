"""What a person can ask of runs: checked here, then passed to the place where the run works.

Each intent is committed before anything else happens, so what was acknowledged survives any crash:
a new run is in the store before its agent starts, a stop is recorded before the agent is told.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from agent_runs.errors import Conflict
from agent_runs.models import (
    TERMINAL_STATUSES,
    AgentInfo,
    AgentRun,
    PermissionPolicy,
    QueuedPrompt,
    WorkFile,
)
from agent_runs.runs import once
from agent_runs.runs.images import check_images
from agent_runs.runs.places.base import Mark, Place, PlaceForNewRuns
from agent_runs.runs.places.elsewhere import Imported, Watched
from agent_runs.runs.places.here import Here
from agent_runs.runs.requests import NewRun, apply_mode, check_new_run, check_prompt
from agent_runs.runs.turns import NextTurn
from agent_runs.runs.webhooks import Webhook
from agent_runs.schemas.answers import TemplateInfo
from agent_runs.store.engine.database import Database
from agent_runs.store.organization import repos
from agent_runs.store.runs import queue, runs


class Runs:
    """Everything that changes runs. Reads go straight to the store.

    Args:
        here: this server; it takes every new run that `upstream` does not take.
        upstream: the hosted accounts.
        redact: removes known secrets from a text.
    """

    def __init__(
        self,
        database: Database,
        here: Here,
        upstream: PlaceForNewRuns,
        *,
        templates: Mapping[str, TemplateInfo],
        redact: Callable[[str], str] = str,
    ) -> None:
        self.here = here
        self.templates = templates
        self._database = database
        self._limits = here.defaults.limits
        self._redact = redact
        self._for_new_runs: tuple[PlaceForNewRuns, ...] = (upstream, here)
        self._places: Mapping[str, Place] = {
            "here": here,
            "upstream": upstream,
            "watched": Watched(database),
            "imported": Imported(database),
        }

    async def create(self, new: NewRun) -> AgentRun:
        """Store a new run, which starts as soon as there is room.

        Raises:
            InvalidRequest: nothing was stored.
            RepoNotFound: the repository is not registered.
        """
        check_new_run(new, self._limits)
        prompt, metadata = apply_mode(new, self.templates)
        check_prompt(prompt, self._limits)
        request = once.request(new.key, "create", replace(new, key=None))
        new = replace(new, prompt=self._redact(prompt), metadata=metadata)
        repo = None if new.repo_id is None else await repos.get(self._database, new.repo_id)
        place = next(place for place in self._for_new_runs if place.takes(new, repo))
        create = partial(place.create, new, repo, request)
        run_id = await once.carried_out(self._database, request, create)
        return await runs.get(self._database, run_id)

    async def resume(
        self,
        run_id: int,
        prompt: str,
        *,
        images: tuple[str, ...] = (),
        model: str | None = None,
        permission_policy: PermissionPolicy | None = None,
        options: dict[str, str] | None = None,
        webhooks: tuple[Webhook, ...] | None = None,
        key: str | None = None,
    ) -> AgentRun:
        """Give a run that has ended another prompt; it continues where it was.

        Args:
            key: the caller's; requests with the same key are carried out once.

        Raises:
            RunNotFound: there is no such run.
            RunIsActive: it still works.
            Conflict: it cannot continue from here.
        """
        prompt = self._checked(prompt, images)
        request = once.request(
            key, "resume", run_id, prompt, images, model, permission_policy, options
        )
        run = await runs.get(self._database, run_id)
        turn = NextTurn(prompt, images, model, permission_policy, options, webhooks)

        async def resume() -> int:
            await self._place_of(run).resume(run, turn, request)
            return run_id

        await once.carried_out(self._database, request, resume)
        return await runs.get(self._database, run_id)

    async def queue(
        self, run_id: int, prompt: str, *, images: tuple[str, ...] = ()
    ) -> QueuedPrompt:
        """Keep a prompt until the present turn is complete; then it begins the next turn.

        Raises:
            RunNotFound: there is no such run.
            Conflict: the run has ended, so it can be resumed now, or it has no queue.
        """
        prompt = self._checked(prompt, images)
        run = await runs.get(self._database, run_id)
        return await self._place_of(run).queue(run, prompt, images)

    async def unqueue(self, run_id: int, queued_id: int) -> None:
        """Withdraw a prompt that still waits.

        Raises:
            RunNotFound: there is no such run.
            Conflict: it was already sent or withdrawn.
        """
        async with runs.changing(self._database, run_id) as (transaction, run):
            await queue.withdraw(transaction, run_id, queued_id)
            await runs.change(transaction, run, queued=max(run.queued - 1, 0))

    async def stop(self, run_id: int) -> AgentRun:
        """Stop a run; one that has ended is returned as it is.

        Raises:
            RunNotFound: there is no such run.
        """
        run = await runs.get(self._database, run_id)
        await self._place_of(run).stop(run)
        return await runs.get(self._database, run_id)

    async def mark(self, run_id: int, mark: Mark) -> None:
        """Ban a run, lift its ban, or remove it from its pull request.

        Until the ban is lifted, the run sends no webhooks, not even about this end.

        Raises:
            RunNotFound: there is no such run.
        """
        muted = mark != "unban"
        async with runs.changing(self._database, run_id) as (transaction, run):
            if run.muted != muted:
                await runs.change(transaction, run, muted=muted)
        await self._place_of(run).mark(run, mark)

    async def archive(self, run_id: int) -> AgentRun:
        """Remove a finished run from the list; nothing is deleted.

        Raises:
            Conflict: it still works.
        """
        async with runs.changing(self._database, run_id) as (transaction, run):
            if run.status not in TERMINAL_STATUSES:
                raise Conflict(f"Run {run_id} is {run.status}. Stop it before you archive it.")
            if run.archived_at is None:
                await runs.change(transaction, run, archived_at=datetime.now(UTC))
        return await runs.get(self._database, run_id)

    async def restore(self, run_id: int) -> AgentRun:
        """Put an archived run back into the list."""
        async with runs.changing(self._database, run_id) as (transaction, run):
            if run.archived_at is not None:
                await runs.change(transaction, run, archived_at=None)
        return await runs.get(self._database, run_id)

    async def agents(self) -> list[AgentInfo]:
        """Agents that this server knows, and whether this machine has each of them."""
        return await self.here.provider.agents()

    async def diff(self, run_id: int) -> str:
        """Unified diff of the run's work; "" if there is none."""
        run = await runs.get(self._database, run_id)
        return await self._place_of(run).diff(run)

    async def files(self, run_id: int) -> list[WorkFile]:
        """Files in the run's work tree, by path."""
        run = await runs.get(self._database, run_id)
        return await self._place_of(run).files(run)

    async def read_file(self, run_id: int, path: str) -> bytes:
        """Content of one file of the work tree; NotFound if it does not exist."""
        run = await runs.get(self._database, run_id)
        return await self._place_of(run).read_file(run, path)

    def _place_of(self, run: AgentRun) -> Place:
        return self._places[run.place]

    def _checked(self, prompt: str, images: tuple[str, ...]) -> str:
        """Return a further prompt without secrets."""
        check_prompt(prompt, self._limits)
        check_images(images, limit_count=self._limits.images, limit_bytes=self._limits.image_bytes)
        return self._redact(prompt)
