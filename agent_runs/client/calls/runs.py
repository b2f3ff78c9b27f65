"""Requests about runs and what they use, as `Call`s: official operations first, then our own.

Official operations go to `/v1`, which the hosted service has, too; the others go to the server's
root, where only a server of this program answers. Source: Codegen REST API, OpenAPI of 2025-10.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypedDict
from urllib.parse import quote

from agent_runs import errors
from agent_runs.client.base import ORG, PAGE_LIMIT, Call, T
from agent_runs.client.calls import answers
from agent_runs.models import (
    JSON,
    AgentInfo,
    AgentRun,
    PermissionPolicy,
    Repo,
    Turn,
)
from agent_runs.questions import PermissionRequest
from agent_runs.schemas.answers import Diff, TemplateInfo

_AGENT = f"/v1/organizations/{ORG}/agent"
_LOGS_PATHS = (
    # The hosted service has only the first one; its documentation names the second.
    f"/v1/alpha/organizations/{ORG}/agent/run/{{}}/logs",
    f"{_AGENT}/run/{{}}/logs",
)


_STOP_PATHS = (
    f"/v1/beta/organizations/{ORG}/agent/run/stop",
    # The hosted service may have only this one.
    f"{_AGENT}/run/ban",
)


class CreateOptions(TypedDict, total=False):
    """Optional parts of a new run.

    Attributes:
        images: data URIs (`data:image/png;base64,...`).
        metadata: stored with the run.
        agent: agent profile, see `list_agents()`; only for servers of this program.
        repo_id: repository to work in.
        model: as the agent names it.
        agent_type: `codegen` or `claude_code`; the hosted service's word for `agent`.
        permission_policy: `allow`, `reject` or `ask`.
        options: choices for the agent, by the ids that it offers, such as `{"mode": "plan"}`.
        title: shown instead of the prompt's first line.
        mode: name of a prompt template, see `list_templates()`.
        provider: `acp` (on the server's machine) or `codegen` (at its hosted account).
        idempotency_key: within a day, the same request with the same key is carried out once. By
            default each call gets a new key. Only for servers of this program.
    """

    images: Sequence[str] | None
    metadata: dict[str, JSON] | None
    agent: str | None
    repo_id: int | None
    model: str | None
    agent_type: str | None
    permission_policy: PermissionPolicy | None
    options: dict[str, str] | None
    title: str | None
    mode: str | None
    provider: str | None
    idempotency_key: str | None


class ResumeOptions(TypedDict, total=False):
    """Optional parts of a further prompt.

    Attributes:
        images: data URIs.
        model: the run's own by default.
        permission_policy, options: the run's own by default.
        idempotency_key: as in `CreateOptions`.
    """

    images: Sequence[str] | None
    model: str | None
    permission_policy: PermissionPolicy | None
    options: dict[str, str] | None
    idempotency_key: str | None


class RunQuery(TypedDict, total=False):
    """Which runs to list; everything is optional.

    Attributes:
        status: one official word or several.
        q: words to find in title, prompt and result.
        since: created at or after.
        until: created before.
        archived: True lists archived runs instead, `any` lists all.
        mode: name of their prompt template.
        tool: they called it.
        failed_tool: a call of it failed.
        error: they met it, as analytics names it.
        measured: they have ended and have this figure in analytics: `duration`, `first_step`,
            `waiting` or `steps`.
    """

    status: str | Sequence[str] | None
    agent: str | None
    source_type: str | None
    user_id: int | None
    repo_id: int | None
    q: str | None
    since: datetime | None
    until: datetime | None
    archived: bool | Literal["any"] | None
    mode: str | None
    tool: str | None
    failed_tool: str | None
    error: str | None
    measured: str | None


class LogQuery(TypedDict, total=False):
    """Which entries to read; only servers of this program filter.

    Attributes:
        message_type: one or several.
        tool_name: one or several.
        failed: True for only failed tool calls and errors.
    """

    message_type: str | Sequence[str] | None
    tool_name: str | Sequence[str] | None
    turn: int | None
    failed: bool | None


def run_id_of(value: int | str) -> int:
    """Return a run id as a number; official examples pass strings, too.

    Raises:
        InvalidRequest: it is not a whole number.
    """
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise errors.InvalidRequest(f"{value!r} is not a run id; ids are whole numbers.")
    return int(text)


def skip_for(skip: int | None, page: int | None, limit: int) -> int:
    """Return the number of items before the requested ones.

    Raises:
        InvalidRequest: both `skip` and `page` were given, or a page before the first.
    """
    if page is None:
        return skip or 0
    if skip is not None or page < 1:
        raise errors.InvalidRequest("Give either skip or page; page counts from 1.")
    return (page - 1) * limit


def first_organization(page: answers.Page[answers.Organization]) -> int:
    """Return the organization to use if none was named.

    Raises:
        Forbidden: the token belongs to none.
    """
    if not page.items:
        raise errors.Forbidden("The token belongs to no organization.")
    return page.items[0].id


def is_run(answer: JSON) -> bool:
    """Tell whether an answer of unspecified shape is a run."""
    return isinstance(answer, dict) and {"id", "status", "created_at"} <= answer.keys()


def get_current_user() -> Call[answers.User]:
    """GET /v1/users/me."""
    return Call("GET", "/v1/users/me", answers.record(answers.User))


def list_organizations() -> Call[answers.Page[answers.Organization]]:
    """GET /v1/organizations, the first page."""
    read = answers.page(answers.record(answers.Organization), 0, PAGE_LIMIT)
    return Call("GET", "/v1/organizations", read, {"skip": 0, "limit": PAGE_LIMIT})


def create_agent_run(prompt: str, options: CreateOptions) -> Call[AgentRun]:
    """POST /v1/organizations/{org_id}/agent/run."""
    refuse_unknown(options, CreateOptions)
    key = _key(options)
    body = _body({"prompt": prompt, **options})
    return Call("POST", f"{_AGENT}/run", answers.run, body=body, key=key)


def get_agent_run(run_id: int | str) -> Call[AgentRun]:
    """GET /v1/organizations/{org_id}/agent/run/{id}."""
    path = f"{_AGENT}/run/{run_id_of(run_id)}"
    return Call("GET", path, answers.run, missing=errors.RunNotFound)


def list_agent_runs(skip: int, limit: int, query: RunQuery) -> Call[answers.Page[AgentRun]]:
    """GET /v1/organizations/{org_id}/agent/runs."""
    refuse_unknown(query, RunQuery)
    params: dict[str, JSON] = {"skip": skip, "limit": limit, **query}
    params["status"] = several(query.get("status"))
    return Call("GET", f"{_AGENT}/runs", answers.page(answers.run, skip, limit), params)


def get_agent_run_logs(
    run_id: int | str, skip: int, limit: int, query: LogQuery, *, reverse: bool, way: int
) -> Call[answers.AgentRunWithLogs]:
    """GET the run with entries.

    Args:
        way: which of the two official paths; filters use a third path, which only we have.
    """
    params: dict[str, JSON] = {"skip": skip, "limit": limit, "reverse": reverse or None}
    path = _LOGS_PATHS[way].format(run_id_of(run_id), org_id=ORG)
    if any(value not in (None, False) for value in query.values()):
        path = f"{_run(run_id)}/logs"
        params |= query
        params["message_type"] = several(query.get("message_type"))
        params["tool_name"] = several(query.get("tool_name"))
    read = answers.run_with_logs(skip, reverse=reverse)
    return Call("GET", path, read, params, missing=errors.RunNotFound)


def resume_agent_run(run_id: int | str, prompt: str, options: ResumeOptions) -> Call[AgentRun]:
    """POST /v1/organizations/{org_id}/agent/run/resume; the id is in the body."""
    refuse_unknown(options, ResumeOptions)
    key = _key(options)
    body = _body({"agent_run_id": run_id_of(run_id), "prompt": prompt, **options})
    return Call(
        "POST",
        f"{_AGENT}/run/resume",
        answers.run,
        body=body,
        missing=errors.RunNotFound,
        conflict=errors.RunIsActive,
        key=key,
    )


def stop_agent_run(run_id: int | str, *, way: int = 0) -> Call[JSON]:
    """POST that stops a run; the answer is not specified.

    Args:
        way: which of the two paths; the first only stops, the second also mutes.
    """
    return Call(
        "POST",
        _STOP_PATHS[way],
        lambda value: value,
        body={"agent_run_id": run_id_of(run_id)},
        missing=errors.RunNotFound,
    )


def health() -> Call[dict[str, JSON]]:
    """GET /health."""
    return Call("GET", "/health", answers.plain)


def get_status() -> Call[dict[str, JSON]]:
    """GET /status: the newest run."""
    return Call("GET", "/status", answers.plain)


def list_agents() -> Call[list[AgentInfo]]:
    """GET /agents."""
    return Call("GET", "/agents", answers.records(AgentInfo))


def list_templates() -> Call[list[TemplateInfo]]:
    """GET /templates."""
    return Call("GET", "/templates", answers.records(TemplateInfo))


def list_repos(page: int = 1) -> Call[list[Repo]]:
    """GET /repos."""
    return Call("GET", "/repos", answers.records(Repo), {"page": page, "limit": PAGE_LIMIT})


def add_repo(url: str, name: str | None) -> Call[Repo]:
    """POST /repos."""
    return Call("POST", "/repos", answers.record(Repo), body=_body({"url": url, "name": name}))


def remove_repo(repo_id: int) -> Call[None]:
    """DELETE /repos/{id}."""
    return Call("DELETE", f"/repos/{repo_id}", lambda _: None, missing=errors.RepoNotFound)


def archive_agent_run(run_id: int | str) -> Call[AgentRun]:
    """POST /agent_runs/{id}/archive."""
    return _of_run("POST", run_id, "archive", answers.run)


def restore_agent_run(run_id: int | str) -> Call[AgentRun]:
    """POST /agent_runs/{id}/restore."""
    return _of_run("POST", run_id, "restore", answers.run)


def get_agent_run_diff(run_id: int | str) -> Call[Diff]:
    """GET /agent_runs/{id}/diff."""
    return _of_run("GET", run_id, "diff", answers.record(Diff))


def list_turns(run_id: int | str) -> Call[list[Turn]]:
    """GET /agent_runs/{id}/turns."""
    return _of_run("GET", run_id, "turns", answers.records(Turn))


def list_permissions(run_id: int | str) -> Call[list[PermissionRequest]]:
    """GET /agent_runs/{id}/permissions."""
    return _of_run("GET", run_id, "permissions", answers.records(PermissionRequest))


def answer_permission(
    run_id: int | str,
    permission_id: int,
    answer: Literal["allow", "reject"] | str,
    content: Mapping[str, JSON] | None = None,
) -> Call[PermissionRequest]:
    """POST /agent_runs/{id}/permissions/{permission_id}."""
    name = "decision" if answer in {"allow", "reject"} else "option_id"
    return Call(
        "POST",
        f"{_run(run_id)}/permissions/{permission_id}",
        answers.record(PermissionRequest),
        body={name: answer, **({"content": dict(content)} if content else {})},
        missing=errors.PermissionNotFound,
        conflict=errors.PermissionAnswered,
    )


def events(
    run_id: int | str | None, after: int | None, *, until_finished: bool = False
) -> Call[None]:
    """GET /events, of all runs or of one."""
    return Call(
        "GET",
        "/events" if run_id is None else f"{_run(run_id)}/events",
        lambda _: None,
        {"after": after, "until_finished": until_finished or None},
        accept="text/event-stream",
        missing=errors.NotFound if run_id is None else errors.RunNotFound,
    )


def _run(run_id: int | str) -> str:
    return f"/agent_runs/{quote(str(run_id_of(run_id)))}"


def _of_run(method: str, run_id: int | str, what: str, read: Callable[[JSON], T]) -> Call[T]:
    return Call(method, f"{_run(run_id)}/{what}", read, missing=errors.RunNotFound)


def _body(values: dict[str, JSON]) -> dict[str, JSON]:
    body = {name: value for name, value in values.items() if value is not None}
    body.pop("idempotency_key", None)
    if "images" in body:
        body["images"] = list(body["images"])
    return body


def _key(options: CreateOptions | ResumeOptions) -> str:
    """Return the key of a request: the caller's, or a new one."""
    key = options.get("idempotency_key")
    if key is None:
        return secrets.token_hex(16)
    if not re.fullmatch("[!-~]{1,255}", key):
        raise errors.InvalidRequest("idempotency_key: give 1 to 255 visible ASCII characters.")
    return key


def several(value: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the values of a parameter that can be given repeatedly."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def refuse_unknown(options: Mapping[str, object], kind: type) -> None:
    """Refuse unknown options, as Python does for arguments of a signature."""
    for name in options.keys() - kind.__annotations__.keys():
        raise TypeError(
            f"There is no option {name!r}. Use one of {', '.join(kind.__annotations__)}."
        )
