"""Hosted accounts as the place of a run: what a person asks is stored here, then asked there.

Such a run gets no entries from here: its log is upstream's, word for word.
"""

import secrets
from datetime import UTC, datetime

from agent_runs.errors import AgentRunsError, Conflict, InvalidRequest, OutcomeUnknown, Unavailable
from agent_runs.models import (
    HOSTED_PROVIDER,
    JSON,
    LOCAL_ORGANIZATION,
    TERMINAL_STATUSES,
    AgentRun,
    AgentRunStatus,
    Repo,
)
from agent_runs.providers.codegen.creation import CreationState
from agent_runs.runs import once
from agent_runs.runs.places.base import Mark
from agent_runs.runs.places.elsewhere import Elsewhere
from agent_runs.runs.requests import NewRun, store_new
from agent_runs.runs.turns import NextTurn, add_turn, check_ended
from agent_runs.store.engine.database import Database
from agent_runs.store.hosted import creations
from agent_runs.store.hosted import runs as hosted
from agent_runs.store.hosted.creations import StoredCreation
from agent_runs.store.runs import runs, turns
from agent_runs.sync.accounts import Accounts
from agent_runs.sync.creator import WAITING, WAITS, cancel_waiting


class Upstream(Elsewhere):
    """A `Place`. Source of the contract: `runs/places/base.py`."""

    def __init__(self, database: Database, accounts: Accounts) -> None:
        super().__init__(database)
        self._accounts = accounts

    def takes(self, new: NewRun, repo: Repo | None) -> bool:
        """Tell whether a new run goes to a hosted account.

        What the request names decides: the provider, the organization, the repository, an agent of
        this machine. If it names none of them, an account that is set is there to be used.
        """
        if new.provider is not None:
            is_hosted = new.provider == HOSTED_PROVIDER
            if not is_hosted and new.organization_id not in {None, LOCAL_ORGANIZATION}:
                raise InvalidRequest(
                    f"organization_id: {new.organization_id} is not this machine's; leave it out, "
                    "or use the provider codegen."
                )
            return is_hosted
        if new.organization_id is not None:
            return new.organization_id != LOCAL_ORGANIZATION
        if repo is not None:
            return repo.upstream_id is not None
        return new.agent is None and self._accounts.is_set

    async def create(self, new: NewRun, repo: Repo | None, request: once.Request) -> int:
        """Store a run that is to be created upstream, with all that upstream will not tell again.

        Raises:
            InvalidRequest: there is no account for it, or the repository is of another place.
            Unavailable: it is not known yet which organizations the account has.
        """
        organization_id = self._organization(new, repo)
        options: dict[str, JSON] = {
            "metadata": new.metadata or None,
            "model": new.model,
            "title": new.title,
            "agent": new.agent,
            "agent_type": new.agent_type,
            "permission_policy": new.permission_policy,
            "repo_id": None if repo is None else _upstream_repo(repo, organization_id),
        }
        async with self._database.begin() as transaction:
            run = await store_new(
                transaction,
                new,
                request,
                provider=HOSTED_PROVIDER,
                agent=new.agent,
                organization_id=organization_id,
                status_reason=WAITS,
                activity=WAITING,
            )
            creation = StoredCreation(
                run.id,
                organization_id,
                secrets.token_hex(16),
                CreationState.WAITING,
                {"options": {name: each for name, each in options.items() if each is not None}},
            )
            await creations.put(transaction, creation)
        self._accounts.wake(organization_id)
        return run.id

    def refusal(self, run: AgentRun) -> Conflict:
        """Say that upstream has no queue."""
        return Conflict(
            f"Run {run.id} works on another server, where prompts cannot be queued: resume it when "
            "it has ended."
        )

    async def resume(self, run: AgentRun, turn: NextTurn, request: once.Request) -> None:
        """Ask upstream to go on, and keep the prompt as the run's next turn.

        Raises:
            RunIsActive: it still works.
            AgentRunsError: upstream did not take it, or nobody knows; the text says which.
        """
        check_ended(run)
        # The key first: after a lost answer the same request must not be sent again.
        async with self._database.begin() as transaction:
            await once.keep(transaction, request, run.id)
        try:
            following, upstream_id = self._accounts.of(run)
            answer = await following.resume(upstream_id, turn)
        except OutcomeUnknown:
            raise
        except AgentRunsError:
            # Upstream has not taken it, so it may come again.
            async with self._database.begin() as transaction:
                await once.forget(transaction, request)
            raise
        status = answer.status if answer.status not in TERMINAL_STATUSES else AgentRunStatus.ACTIVE
        async with runs.changing(self._database, run.id) as (transaction, present):
            again = await add_turn(transaction, present, turn, status=status)
            await turns.start(transaction, run.id, again.turn)
            if present.upstream_id is not None:
                # Whatever the list shows next is news, even if it is what it showed before.
                await hosted.put(
                    transaction, run.organization_id, present.upstream_id, run.id, seen=""
                )

    async def stop(self, run: AgentRun) -> None:
        """Stop a run: at once while upstream has not heard of it, else upstream is asked to.

        Raises:
            AgentRunsError: upstream did not stop it; the wish is not kept then.
        """
        if run.status in TERMINAL_STATUSES:
            return
        if run.upstream_id is None:
            if await cancel_waiting(self._database, run.id):
                return
            # It is on its way: it is stopped as soon as it is known whether it arrived.
            async with runs.changing(self._database, run.id) as (transaction, present):
                if present.upstream_id is None:
                    if present.stop_requested_at is None:
                        now = datetime.now(UTC)
                        await runs.change(transaction, present, stop_requested_at=now)
                    return
            run = await runs.get(self._database, run.id)
        following, upstream_id = self._accounts.of(run)
        await following.stop(upstream_id, run.upstream_url)

    async def mark(self, run: AgentRun, mark: Mark) -> None:
        """Pass the mark on; a run that upstream has not taken yet is just stopped."""
        if run.upstream_id is None:
            await super().mark(run, mark)
        else:
            following, upstream_id = self._accounts.of(run)
            await following.mark(upstream_id, mark)

    def _organization(self, new: NewRun, repo: Repo | None) -> int:
        """Return the organization that a new run is created in."""
        if not self._accounts.is_set:
            raise InvalidRequest(
                "provider: there is no hosted account. Set CODEGEN_API_TOKEN, or use acp."
            )
        wanted = new.organization_id
        if wanted in {None, LOCAL_ORGANIZATION}:
            of_repo = repo.organization_id if repo is not None and repo.upstream_id else None
            wanted = of_repo or self._accounts.default_organization
        if wanted is None:
            raise Unavailable(
                "provider: the hosted account was not reached yet, so its organizations are not "
                "known. Nothing was stored. Set CODEGEN_ORG_ID, or try again when it is reached."
            )
        if not self._accounts.follows(wanted):
            raise InvalidRequest(
                f"organization_id: no hosted account here creates runs in organization {wanted}."
            )
        return wanted


def _upstream_repo(repo: Repo, organization_id: int) -> int:
    if repo.organization_id != organization_id or not (repo.upstream_id or "").isdigit():
        raise InvalidRequest(
            f"repo_id: {repo.full_name} is not a repository of the hosted organization "
            f"{organization_id}; see GET /repos."
        )
    return int(repo.upstream_id or 0)
