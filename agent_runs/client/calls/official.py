"""Requests of the official API that are not about runs, and requests about hosted accounts.

Source: Codegen REST API, OpenAPI of 2026-02; the last two belong to servers of this program.
"""

from typing import Literal

from agent_runs import errors
from agent_runs.client.base import ORG, PAGE_LIMIT, Call
from agent_runs.client.calls import answers
from agent_runs.client.calls.runs import run_id_of
from agent_runs.models import JSON, Repo


def mark_agent_run(
    run_id: int | str, mark: Literal["ban", "unban", "remove-from-pr"]
) -> Call[JSON]:
    """POST that bans a run, unbans it, or removes it from its pull request."""
    return Call(
        "POST",
        f"/v1/organizations/{ORG}/agent/run/{mark}",
        lambda value: value,
        body={"agent_run_id": run_id_of(run_id)},
        missing=errors.RunNotFound,
    )


def list_organization_repos(page: int) -> Call[answers.Page[Repo]]:
    """GET /v1/organizations/{org}/repos."""
    return _organization_page("repos", Repo, page)


def list_organization_users(page: int) -> Call[answers.Page[answers.User]]:
    """GET /v1/organizations/{org}/users."""
    return _organization_page("users", answers.User, page)


def list_models() -> Call[dict[str, JSON]]:
    """GET /v1/organizations/{org}/models."""
    return Call("GET", f"/v1/organizations/{ORG}/models", answers.plain)


def list_hosted() -> Call[dict[str, JSON]]:
    """GET /hosted."""
    return Call("GET", "/hosted", answers.plain)


def watch_agent_run(run_id: int | str) -> Call[None]:
    """POST /agent_runs/{id}/watch."""
    path = f"/agent_runs/{run_id_of(run_id)}/watch"
    return Call("POST", path, lambda _: None, missing=errors.RunNotFound)


def _organization_page(
    what: str, model: type[answers.RecordT], page: int
) -> Call[answers.Page[answers.RecordT]]:
    skip = (page - 1) * PAGE_LIMIT
    return Call(
        "GET",
        f"/v1/organizations/{ORG}/{what}",
        answers.page(answers.record(model), skip, PAGE_LIMIT),
        {"skip": skip, "limit": PAGE_LIMIT},
    )
