"""Fields of a run that can be written: the type checker rejects wrong names and types.

Names and types are those of `AgentRun` and `RunPrivate`; a test compares them.
"""

from datetime import datetime
from typing import TypedDict

from agent_runs.models import JSON, PermissionPolicy, PullRequest


class RunFields(TypedDict, total=False):
    """Fields of `AgentRun` that a new run can have, next to those that `runs.insert` names."""

    organization_id: int
    status: str
    result: str | None
    summary: str | None
    source_type: str
    github_pull_requests: tuple[PullRequest, ...]
    metadata: dict[str, JSON]
    status_reason: str | None
    error: str | None
    title: str | None
    provider: str
    agent: str | None
    model: str | None
    repo_id: int | None
    user_id: int | None
    surface: str | None
    upstream_id: str | None
    upstream_url: str | None
    permission_policy: PermissionPolicy
    options: dict[str, str]
    sandbox: str | None
    started_at: datetime | None
    finished_at: datetime | None
    archived_at: datetime | None
    stop_requested_at: datetime | None
    first_step_at: datetime | None
    paused_at: datetime | None
    waited_ms: int
    worked_ms: int | None
    turn: int
    log_count: int
    activity: str | None
    permission_id: int | None
    queued: int
    usage: dict[str, JSON]
    muted: bool
    origin: str | None
    imported_at: datetime | None
    branch: str | None
    base_commit: str | None


class RunChanges(RunFields, total=False):
    """Fields of `AgentRun` that can be changed."""

    prompt: str


class PrivateChanges(TypedDict, total=False):
    """Fields of `RunPrivate` that can be changed; the fence only rises, with `advance_fence`."""

    session_id: str | None
    worker: str | None
