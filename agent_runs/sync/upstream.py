"""Hosted accounts as the place of a run: requests are stored here, then sent there.

Such a run gets no entries from us: its log is upstream's, word for word.
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
    """Passes requests on to the hosted account of a run."""

    def __init__(self, database: Database, accounts: Accounts) -> None:
        super().__init__(database)
        self._accounts = accounts

    def takes(self, new: NewRun, repo: Repo | None) -> bool:
        """Tell whether a new run goes to a hosted account.

        The request decides by the provider, the organization, the repository or the local agent
        that it names. If it names none of them, it goes to an account if one is set.
        """
        if new.provider is not None:
            is_hosted = new.provider == HOSTED_PROVIDER
            if not is_hosted and new.organization_id not in {None, LOCAL_ORGANIZATION}:
                raise InvalidRequest(
                    f"organization_id: {new.organization_id} is not this machine's. Leave it out, "
                    "or use the provider codegen."
                )
            return is_hosted
        if new.organization_id is not None:
            return new.organization_id != LOCAL_ORGANIZATION
        if repo is not None:
            return repo.upstream_id is not None
        return new.agent is None and self._accounts.is_set

    async def create(self, new: NewRun, repo: Repo | None, request: once.Request) -> int:
        """Store a run to create upstream, including what upstream will not return later.

        Raises:
            InvalidRequest: there is no account for it, or the repository is elsewhere.
            Unavailable: it is still unknown which organizations the account has.
        """
        if new.options:
            raise InvalidRequest("options: hosted agents take none; leave them out.")
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
                {"options": {name: it for name, it in options.items() if it is not None}},
            )
            await creations.put(transaction, creation)
        self._accounts.wake(organization_id)
        return run.id

    def refusal(self, run: AgentRun) -> Conflict:
        """Say that upstream has no queue."""
        return Conflict(
            f"Run {run.id} works on another server, where prompts cannot be queued. Resume it when "
            "it has ended."
        )

    async def resume(self, run: AgentRun, turn: NextTurn, request: once.Request) -> None:
        """Resume the run upstream, and store the prompt as its next turn.

        Raises:
            RunIsActive: it still works.
            AgentRunsError: upstream did not take it, or may have; the text says which.
        """
        check_ended(run)
        # The key first: if the response is lost, the same request must not be sent again.
        async with self._database.begin() as transaction:
            await once.keep(transaction, request, run.id)
        try:
            following, upstream_id = self._accounts.of(run)
            answer = await following.resume(upstream_id, turn)
        except OutcomeUnknown:
            raise
        except AgentRunsError:
            # Upstream has not taken it, so the caller may send it again.
            async with self._database.begin() as transaction:
                await once.forget(transaction, request)
            raise
        status = answer.status if answer.status not in TERMINAL_STATUSES else AgentRunStatus.ACTIVE
        async with runs.changing(self._database, run.id) as (transaction, present):
            resumed = await add_turn(transaction, present, turn, status=status)
            await turns.start(transaction, run.id, resumed.turn)
            if present.upstream_id is not None:
                # Whatever the list shows next is new, even if it showed the same before.
                await hosted.put(
                    transaction, run.organization_id, present.upstream_id, run.id, digest=""
                )

    async def stop(self, run: AgentRun) -> None:
        """Stop a run: here if it never reached upstream, otherwise there.

        Raises:
            AgentRunsError: upstream did not stop it; the request is not stored.
        """
        if run.status in TERMINAL_STATUSES:
            return
        if run.upstream_id is None:
            if await cancel_waiting(self._database, run.id):
                return
            # It is on its way: it is stopped as soon as we know whether it arrived.
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
        """Pass the mark on; a run that upstream has not accepted yet is just stopped."""
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
        organization_id = new.organization_id
        if organization_id in {None, LOCAL_ORGANIZATION}:
            of_repo = repo.organization_id if repo is not None and repo.upstream_id else None
            organization_id = of_repo or self._accounts.default_organization
        if organization_id is None:
            raise Unavailable(
                "provider: the hosted account has not answered yet, so its organizations are "
                "unknown. Nothing was stored. Set CODEGEN_ORG_ID, or try again later."
            )
        if not self._accounts.follows(organization_id):
            raise InvalidRequest(
                f"organization_id: no hosted account of this server has the organization "
                f"{organization_id}. `GET /hosted` lists them."
            )
        return organization_id


def _upstream_repo(repo: Repo, organization_id: int) -> int:
    if repo.organization_id != organization_id or not (repo.upstream_id or "").isdigit():
        raise InvalidRequest(
            f"repo_id: {repo.full_name} is not a repository of the hosted organization "
            f"{organization_id}. `GET /repos` lists them."
        )
    return int(repo.upstream_id or 0)
