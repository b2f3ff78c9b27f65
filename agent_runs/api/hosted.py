"""Hosted accounts: how they are mirrored, and whether anybody watches their runs."""

from dataclasses import asdict

from fastapi import APIRouter

from agent_runs.api.errors import documented
from agent_runs.api.parameters import RunId
from agent_runs.api.server import Running
from agent_runs.providers.codegen.condition import Condition
from agent_runs.providers.codegen.governor import Kind
from agent_runs.redaction import Redactor
from agent_runs.schemas.hosted import (
    Hosted,
    HostedAccountTrouble,
    HostedBudget,
    HostedHealth,
    HostedHistory,
    HostedOrganization,
    HostedTrouble,
)
from agent_runs.settings import HostedAccount, Settings, hosted_accounts
from agent_runs.store.runs import runs
from agent_runs.sync import Account, FollowingState, HistoryState

router = APIRouter(tags=["hosted"])

_MINUTE = 60
_STALLED_SECONDS = 120.0


@router.get("/hosted", responses=documented())
async def list_hosted(server: Running) -> Hosted:
    """Return how hosted organizations are mirrored: problems, age, budget, history."""
    states = await server.accounts.states()
    return Hosted(
        items=[_organization(state, server.redact) for state in states],
        accounts=[
            HostedAccountTrouble(base_url=root, **_trouble(condition, server.redact).model_dump())
            for root, condition in server.accounts.troubles
        ],
    )


@router.post("/agent_runs/{id}/watch", status_code=204, responses=documented(404))
async def watch_agent_run(server: Running, run_id: RunId) -> None:
    """Report that somebody is watching a hosted run: for a minute its entries are read first.

    Missing entries are fetched at once; events report their arrival. An open event stream of the
    run has the same effect. Runs of this machine do not need it.
    """
    run = await runs.get(server.database, run_id)
    server.accounts.look(run)
    await server.accounts.open_soon(run)


def in_short(state: FollowingState) -> HostedHealth:
    """Return what the server's health says about an organization."""
    return HostedHealth(
        organization_id=state.organization.id,
        state=_word(state),
        age_seconds=state.age_seconds,
        remaining=HostedBudget(
            total=state.remaining[Kind.READ],
            logs=state.remaining[Kind.LOGS],
            create=state.remaining[Kind.CREATE],
        ),
        limited_until=state.limited_until,
    )


def accounts_of(settings: Settings) -> list[Account]:
    """Return the accounts that the settings name.

    Raises:
        InvalidSettings: they cannot be used.
    """
    return [_account(account, settings) for account in hosted_accounts(settings)]


def _account(account: HostedAccount, settings: Settings) -> Account:
    return Account(account.root, account.secret(), account.org_id, settings.hosted_stop)


def _organization(state: FollowingState, redact: Redactor) -> HostedOrganization:
    return HostedOrganization(
        **in_short(state).model_dump(),
        name=state.organization.name,
        upstream_id=state.organization.upstream_id,
        base_url=state.organization.base_url,
        followed=state.followed,
        troubles=[_trouble(condition, redact) for condition in state.troubles],
        history=HostedHistory(**asdict(state.history), said=_said(state.history)),
        waiting=state.waiting,
    )


def _said(history: HistoryState) -> str:
    if history.total is None:
        return "Its runs are being counted"
    if history.listed and history.whole >= history.total:
        return f"{_number(history.total)} runs, all here"
    line = f"{_number(history.whole)} of {_number(history.total)} runs"
    if history.seconds_left is None:
        return line
    return f"{line}, about {max(1, round(history.seconds_left / _MINUTE))} min left"


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\N{NO-BREAK SPACE}")


def _word(state: FollowingState) -> str:
    if state.troubles:
        return state.troubles[0].trouble
    if state.age_seconds is None:
        return "starting"
    # We send upstream at least two requests a minute, so silence is our own fault.
    return "stalled" if state.age_seconds > _STALLED_SECONDS else "ok"


def _trouble(condition: Condition, redact: Redactor) -> HostedTrouble:
    return HostedTrouble(
        trouble=condition.trouble,
        since=condition.since,
        next_try=condition.next_try,
        # The words of another server may repeat what we sent to it.
        message=redact(condition.message),
        run=condition.run,
    )
