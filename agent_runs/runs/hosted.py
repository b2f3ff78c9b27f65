"""Runs that work on another server: what a person asks of them is stored here, then asked there.

Such a run gets no entries from here: its log is upstream's, word for word.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

from agent_runs.errors import (
    AgentRunsError,
    Conflict,
    InvalidRequest,
    OutcomeUnknown,
    Unavailable,
)
from agent_runs.models import (
    HOSTED_PROVIDER,
    JSON,
    LOCAL_ORGANIZATION,
    TERMINAL_STATUSES,
    AgentRun,
    AgentRunStatus,
    Repo,
)
from agent_runs.providers.base import Upstream
from agent_runs.providers.codegen.creation import CreationState
from agent_runs.runs import once
from agent_runs.runs.requests import NewRun
from agent_runs.runs.turns import check_ended
from agent_runs.store.engine.database import Database, Transaction
from agent_runs.store.hosted import creations
from agent_runs.store.hosted import runs as hosted
from agent_runs.store.hosted.creations import StoredCreation
from agent_runs.store.organization import repos
from agent_runs.store.runs import runs, turns

WAITS = "waits_for_upstream"
"""`status_reason` of a run that upstream has not taken yet."""


def is_wanted(new: NewRun, repo: Repo | None, upstream: Upstream | None) -> bool:
    """Tell whether a new run goes to a hosted account.

    What the request names decides: the provider, the organization, the repository, an agent of
    this machine. Where it names none of them, an account that is set is there to be used.
    """
    if new.provider is not None:
        is_elsewhere = new.organization_id not in {None, LOCAL_ORGANIZATION}
        if new.provider != HOSTED_PROVIDER and is_elsewhere:
            raise InvalidRequest(
                f"organization_id: {new.organization_id} is not this machine's; leave it out, or "
                "use the provider codegen."
            )
        return new.provider == HOSTED_PROVIDER
    if new.organization_id is not None:
        return new.organization_id != LOCAL_ORGANIZATION
    if repo is not None:
        return repo.upstream_id is not None
    return new.agent is None and upstream is not None and upstream.is_set


async def where(upstream: Upstream | None, new: NewRun, repo: Repo | None) -> int:
    """Return the organization that a new run is created in.

    Raises:
        InvalidRequest: there is no account for it; nothing was stored.
        Unavailable: it is not known yet which organizations the account has.
    """
    if upstream is None or not upstream.is_set:
        raise InvalidRequest(
            "provider: there is no hosted account. Set CODEGEN_API_TOKEN, or use acp."
        )
    wanted = new.organization_id
    if wanted in {None, LOCAL_ORGANIZATION}:
        is_there = repo is not None and repo.upstream_id is not None
        wanted = repo.organization_id if repo and is_there else upstream.default_organization
    if wanted is None:
        raise Unavailable(
            "provider: the hosted account was not reached yet, so its organizations are not "
            "known. Nothing was stored. Set CODEGEN_ORG_ID, or try again when it is reached."
        )
    if not upstream.follows(wanted):
        raise InvalidRequest(
            f"organization_id: no hosted account here creates runs in organization {wanted}."
        )
    return wanted


async def insert(
    transaction: Transaction,
    new: NewRun,
    *,
    prompt: str,
    metadata: Mapping[str, JSON],
    organization_id: int,
) -> AgentRun:
    """Store a run that is to be created upstream, with all that upstream will not tell again."""
    options: dict[str, JSON] = {
        "metadata": dict(metadata) or None,
        "model": new.model,
        "title": new.title,
        "agent": new.agent,
        "agent_type": new.agent_type,
        "permission_policy": new.permission_policy,
    }
    if new.repo_id is not None:
        options["repo_id"] = await _upstream_repo(transaction, new.repo_id, organization_id)
    run = await runs.insert(
        transaction,
        prompt=prompt,
        images=new.images,
        metadata=dict(metadata),
        provider=HOSTED_PROVIDER,
        agent=new.agent,
        model=new.model,
        repo_id=new.repo_id,
        title=new.title,
        source_type=new.source_type,
        user_id=new.user_id,
        organization_id=organization_id,
        status_reason=WAITS,
        activity="Waits for upstream",
    )
    creation = StoredCreation(
        run.id,
        organization_id,
        secrets.token_hex(16),
        CreationState.WAITING,
        {"options": {name: value for name, value in options.items() if value is not None}},
    )
    await creations.put(transaction, creation)
    return run


async def resume(
    database: Database,
    upstream: Upstream,
    run: AgentRun,
    prompt: str,
    *,
    images: tuple[str, ...],
    model: str | None,
    asked: once.Request,
) -> None:
    """Give a run that has ended another prompt, and keep it as the run's next turn.

    Raises:
        RunIsActive: it still works.
        AgentRunsError: upstream did not take it, or nobody knows; the text says which.
    """
    check_ended(run)
    # The key first: after a lost answer the same request must not be sent again.
    async with database.begin() as transaction:
        await once.keep(transaction, asked, run.id)
    try:
        answer = await upstream.resume(run, prompt, images=images, model=model)
    except OutcomeUnknown:
        raise
    except AgentRunsError:
        # Upstream has not taken it, so it may come again.
        async with database.begin() as transaction:
            await once.forget(transaction, asked)
        raise
    async with database.begin() as transaction:
        present = await runs.lock(transaction, run.id)
        turn = present.turn + 1
        await turns.insert(transaction, run.id, turn, prompt=prompt, images=images, model=model)
        await turns.start(transaction, run.id, turn)
        status = answer.status if answer.status not in TERMINAL_STATUSES else AgentRunStatus.ACTIVE
        await runs.change(
            transaction,
            present,
            status=status,
            status_reason=None,
            error=None,
            turn=turn,
            finished_at=None,
            archived_at=None,
            stop_requested_at=None,
            model=model or present.model,
        )
        if present.upstream_id is not None:
            # Whatever the list shows next is news, also when it is just what it showed before.
            await hosted.put(transaction, run.organization_id, present.upstream_id, run.id, seen="")


async def stop(database: Database, upstream: Upstream, run: AgentRun) -> None:
    """Stop a run: at once while upstream has not heard of it, else upstream is asked to.

    Raises:
        AgentRunsError: upstream did not stop it; the wish is not kept then.
    """
    if run.status in TERMINAL_STATUSES:
        return
    if run.upstream_id is None:
        if await upstream.withdraw(run):
            return
        # It is on its way: it is stopped as soon as it is known whether it arrived.
        async with database.begin() as transaction:
            present = await runs.lock(transaction, run.id)
            if present.upstream_id is None:
                if present.stop_requested_at is None:
                    await runs.change(transaction, present, stop_requested_at=datetime.now(UTC))
                return
        run = await runs.get(database, run.id)
    await upstream.stop(run)


async def _upstream_repo(transaction: Transaction, repo_id: int, organization_id: int) -> int:
    repo = await repos.get(transaction, repo_id)
    if repo.organization_id != organization_id or not (repo.upstream_id or "").isdigit():
        raise InvalidRequest(
            f"repo_id: {repo.full_name} is not a repository of the hosted organization "
            f"{organization_id}; see GET /repos."
        )
    return int(repo.upstream_id or 0)


def check_not_hosted(run: AgentRun, what: str) -> None:
    """Raise Conflict for what only runs of this machine can do."""
    if run.provider == HOSTED_PROVIDER:
        raise Conflict(f"Run {run.id} works on another server, where {what}.")
