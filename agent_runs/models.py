"""What a run and its log entries are: frozen models without I/O.

Words are those of the official API (`status`, `message_type`, `tool_name` ...) and of the Agent
Client Protocol (`turn`, `permission`). Fields that the official API knows come first.
"""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from agent_runs.record import JSON, Record, Reply

PermissionPolicy = Literal["allow", "reject", "ask"]
LoginState = Literal["logged in", "not logged in", "cannot tell"]


class AgentRunStatus(StrEnum):
    """State of a run, in the official upper-case words."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    EVALUATION = "EVALUATION"
    PAUSED = "PAUSED"
    COMPLETE = "COMPLETE"
    ERROR = "ERROR"
    CANCELLED = "CANCELLED"
    TIMEOUT = "TIMEOUT"
    MAX_ITERATIONS_REACHED = "MAX_ITERATIONS_REACHED"
    OUT_OF_TOKENS = "OUT_OF_TOKENS"


TERMINAL_STATUSES = frozenset(
    {
        AgentRunStatus.COMPLETE,
        AgentRunStatus.ERROR,
        AgentRunStatus.CANCELLED,
        AgentRunStatus.TIMEOUT,
        AgentRunStatus.MAX_ITERATIONS_REACHED,
        AgentRunStatus.OUT_OF_TOKENS,
    }
)
FAILED_STATUSES = TERMINAL_STATUSES - {AgentRunStatus.COMPLETE, AgentRunStatus.CANCELLED}

LOCAL_ORGANIZATION = 1
"""Id of this server's own organization; hosted ones have others."""

ProviderName = Literal["acp", "codegen"]
"""Where a new run can work; `cli/runs.py` repeats the names, as this module is slow to import."""

LOCAL_PROVIDER: ProviderName = "acp"
"""Runs that agents of this server work on."""

HOSTED_PROVIDER: ProviderName = "codegen"
"""Runs that work on another server of the official API and are mirrored here."""

WATCHED_PROVIDER = "claude_code"
"""Sessions of Claude Code in a terminal that report to this server."""


class MessageType(StrEnum):
    """Kind of a log entry; the field itself is a free string, so unknown kinds are kept."""

    ACTION = "ACTION"
    PLAN_EVALUATION = "PLAN_EVALUATION"
    FINAL_ANSWER = "FINAL_ANSWER"
    ERROR = "ERROR"
    USER_MESSAGE = "USER_MESSAGE"
    NOTICE = "NOTICE"


class SourceType(StrEnum):
    """Where a run was started from, in the official words."""

    LOCAL = "LOCAL"
    SLACK = "SLACK"
    GITHUB = "GITHUB"
    GITHUB_CHECK_SUITE = "GITHUB_CHECK_SUITE"
    GITHUB_PR_REVIEW = "GITHUB_PR_REVIEW"
    LINEAR = "LINEAR"
    API = "API"
    CHAT = "CHAT"
    JIRA = "JIRA"
    CLICKUP = "CLICKUP"
    MONDAY = "MONDAY"
    SETUP_COMMANDS = "SETUP_COMMANDS"


class PullRequest(Record):
    """A pull request that a run opened."""

    id: int = Field(description="id of the pull request")
    created_at: str = Field(description="when it was opened")
    title: str | None = Field(default=None, description="its title")
    url: str | None = Field(default=None, description="its page")
    head_branch_name: str | None = Field(default=None, description="branch with the changes")


class Spent(Record):
    """Tokens and cost as reported by the agent; null if it reported none."""

    input_tokens: int | None = Field(default=None, description="tokens read")
    output_tokens: int | None = Field(default=None, description="tokens written")
    total_tokens: int | None = Field(default=None, description="total tokens")
    context_tokens: int | None = Field(default=None, description="tokens in the context now")
    cost: float | None = Field(default=None, description="cost, in `currency`")
    currency: str | None = Field(default=None, description="three letters")


_PROMISED = (
    "organization_id",
    "status",
    "web_url",
    "result",
    "summary",
    "source_type",
    "github_pull_requests",
    "metadata",
)


def _promise_official(schema: dict[str, JSON]) -> None:
    """Mark the official fields of a run as required in OpenAPI: they are always present."""
    schema["required"] = [*schema.get("required", []), *_PROMISED]


class AgentRun(Record):
    """One run of a coding agent: official fields, then ours. Times are UTC."""

    model_config = ConfigDict(json_schema_extra=_promise_official)

    id: int = Field(description="id of the run, unique on this server")
    organization_id: int = Field(
        default=LOCAL_ORGANIZATION, description="organization it belongs to"
    )
    status: str = Field(
        default=AgentRunStatus.PENDING,
        description="PENDING, ACTIVE, EVALUATION, PAUSED; ended: COMPLETE, ERROR, CANCELLED, "
        "TIMEOUT, MAX_ITERATIONS_REACHED, OUT_OF_TOKENS",
    )
    created_at: datetime = Field(description="when it was created")
    web_url: str = Field(default="", description="the run's page in the dashboard")
    result: str | None = Field(default=None, description="final answer; cut in lists")
    summary: str | None = Field(default=None, description="first line of the result, or the error")
    source_type: str = Field(default=SourceType.API, description="where it was started from")
    github_pull_requests: tuple[PullRequest, ...] = Field(
        default=(), description="pull requests that it opened"
    )
    metadata: dict[str, JSON] = Field(
        default_factory=dict, description="as given when it was created"
    )

    status_reason: str | None = Field(
        default=None,
        description="why it is PAUSED (permission) or ended (interrupted, idle_timeout ...)",
    )
    error: str | None = Field(default=None, description="what went wrong and what to do next")
    title: str | None = Field(default=None, description="name for people")
    prompt: str = Field(default="", description="first prompt; cut in lists")
    provider: str = Field(default=LOCAL_PROVIDER, description="acp: runs here; codegen: hosted")
    agent: str | None = Field(default=None, description="agent profile, see GET /agents")
    model: str | None = Field(default=None, description="requested model, as the agent names it")
    repo_id: int | None = Field(default=None, description="repository that it works in")
    user_id: int | None = Field(default=1, description="who started it")
    surface: str | None = Field(
        default=None, description="dashboard, cli or terminal; null: another program started it"
    )
    upstream_id: str | None = Field(default=None, description="id at the hosted service")
    upstream_url: str | None = Field(default=None, description="its page at the hosted service")
    permission_policy: PermissionPolicy = Field(
        default="allow", description="answer to an agent that asks for permission"
    )
    options: dict[str, str] = Field(
        default_factory=dict, description="choices for the agent: mode, effort ..."
    )
    sandbox: str | None = Field(default=None, description="bubblewrap or none; null before start")
    started_at: datetime | None = Field(default=None, description="when work on it began")
    updated_at: datetime | None = Field(default=None, description="when it last changed")
    finished_at: datetime | None = Field(default=None, description="when it ended")
    archived_at: datetime | None = Field(default=None, description="when it was archived")
    stop_requested_at: datetime | None = Field(
        default=None, description="when somebody asked to stop it"
    )
    first_step_at: datetime | None = Field(
        default=None, description="when its agent first did or said something"
    )
    paused_at: datetime | None = Field(
        default=None, description="when it began to wait for a person's answer"
    )
    waited_ms: int = Field(default=0, description="milliseconds spent waiting for answers so far")
    worked_ms: int | None = Field(
        default=None,
        description="milliseconds that its finished turns took; null if their start is unknown",
    )
    turn: int = Field(default=1, description="number of the latest turn, from 1")
    log_count: int = Field(default=0, description="number of entries; also the next seq")
    activity: str | None = Field(default=None, description="what the agent is doing right now")
    permission_id: int | None = Field(default=None, description="pending permission request")
    queued: int = Field(default=0, description="prompts that wait for the current turn to end")
    usage: dict[str, JSON] = Field(
        default_factory=dict, description="tokens, context and cost as reported by the agent"
    )
    muted: bool = Field(default=False, description="whether its webhooks are switched off")
    origin: str | None = Field(
        default=None, description="name of an imported run, the same on every server"
    )
    imported_at: datetime | None = Field(
        default=None, description="when it was imported; imported runs are read-only"
    )
    branch: str | None = Field(default=None, description="branch of the run's work tree")
    base_commit: str | None = Field(default=None, description="commit that the diff is against")

    # Derived from the fields above by agent_runs/reading/run.py.
    name: str = Field(default="", description="what people call it: its title, or their own words")
    status_word: str = Field(default="", description="status in words for people")
    status_tone: str = Field(
        default="neutral", description="its colour: neutral, blue, violet, amber, green, red"
    )
    has_ended: bool = Field(default=False, description="whether it has ended")
    has_failed: bool = Field(default=False, description="whether it ended in failure")
    started_by: str = Field(default="", description="who or what started it, in words for people")
    spent: Spent = Field(default=Spent(), description="tokens and cost, taken from `usage`")
    place: str = Field(
        default="here",
        description="where it works: here, upstream (a hosted account), watched (a terminal), or "
        "imported",
    )
    can: tuple[str, ...] = Field(
        default=(),
        description="how it takes prompts: resume (once it has ended), queue (while it works)",
    )


class NewLog(BaseModel):
    """A log entry that has no `seq` yet. Fields as in `AgentRunLog`."""

    model_config = ConfigDict(frozen=True)

    created_at: datetime
    message_type: str
    turn: int = 1
    thought: str | None = None
    tool_name: str | None = None
    tool_input: dict[str, JSON] | None = None
    tool_output: dict[str, JSON] | None = None
    observation: dict[str, JSON] | str | None = None
    duration_ms: int | None = None


class AgentRunLog(Record):
    """One step of a run: official fields, then ours."""

    agent_run_id: int = Field(description="run that it belongs to")
    created_at: datetime = Field(description="when it happened")
    message_type: str = Field(
        description="ACTION, PLAN_EVALUATION, FINAL_ANSWER, ERROR, USER_MESSAGE, NOTICE, or another"
        " word"
    )
    thought: str | None = Field(default=None, description="the agent's reasoning")
    tool_name: str | None = Field(default=None, description="tool that was used")
    tool_input: dict[str, JSON] | None = Field(default=None, description="what the tool got")
    tool_output: dict[str, JSON] | None = Field(default=None, description="what it returned")
    observation: dict[str, JSON] | str | None = Field(
        default=None, description="what the agent saw; the text of answers, messages and errors"
    )
    seq: int = Field(default=0, description="number in the run, from 0 without gaps; never changes")
    turn: int = Field(default=1, description="number of the turn it belongs to, from 1")
    duration_ms: int | None = Field(default=None, description="milliseconds, tool calls only")
    failed: bool = Field(
        default=False,
        description="whether it is an ERROR, or a call with the status failed, error or rejected "
        "or an exit code other than 0",
    )


class Turn(Record):
    """One prompt and what became of it. Source: ACP, prompt turn."""

    agent_run_id: int = Field(description="run that it belongs to")
    turn: int = Field(description="number of the turn, from 1")
    prompt: str = Field(description="the prompt in full")
    images: tuple[str, ...] = Field(default=(), description="data URIs")
    model: str | None = Field(default=None, description="requested model")
    created_at: datetime = Field(description="when the prompt was given")
    started_at: datetime | None = Field(default=None, description="when work on it began")
    finished_at: datetime | None = Field(default=None, description="when it ended")
    status: str = Field(default=AgentRunStatus.PENDING, description="same words as for a run")
    result: str | None = Field(default=None, description="final answer in full")
    stop_reason: str | None = Field(default=None, description="as the agent reported it")


class Delivery(Record):
    """A webhook that was sent or is due."""

    id: int = Field(description="id of the delivery, the same in every attempt")
    agent_run_id: int = Field(description="run whose end it reports")
    created_at: datetime = Field(description="when the run ended")
    url: str = Field(description="where it goes")
    event: str = Field(description="agent_run.finished")
    state: str = Field(description="waiting, delivered, or failed (no attempts are left)")
    attempts: int = Field(default=0, description="attempts so far")
    due_at: datetime | None = Field(default=None, description="when the next attempt is due")
    delivered_at: datetime | None = Field(default=None, description="when it was accepted")
    status_code: int | None = Field(default=None, description="status of the latest response")
    error: str | None = Field(default=None, description="why the latest attempt failed")


class QueuedPrompt(Record):
    """A prompt that waits for the run's current turn to end."""

    id: int = Field(description="id to withdraw it with")
    agent_run_id: int = Field(description="the run that gets it")
    prompt: str = Field(description="the prompt in full")
    images: tuple[str, ...] = Field(default=(), description="data URIs")
    created_at: datetime = Field(description="when it was queued, UTC")


class Repo(Reply):
    """A registered repository that runs can work in. Official fields, then ours."""

    id: int = Field(description="id of the repository")
    name: str = Field(description="short name")
    full_name: str = Field(description="name with its owner, if it has one")
    description: str | None = Field(default=None, description="what it is")
    github_id: str = Field(default="", description="id at GitHub; empty if unknown")
    organization_id: int = Field(
        default=LOCAL_ORGANIZATION, description="organization it belongs to"
    )
    visibility: str | None = Field(default=None, description="public or private, if known")
    archived: bool | None = Field(default=False, description="whether it is archived")
    setup_status: str = Field(default="COMPLETED", description="whether it can be used")
    language: str | None = Field(default=None, description="main language, if known")
    url: str = Field(default="", description="local path or git URL, without credentials")
    default_branch: str | None = Field(default=None, description="branch that runs start from")
    created_at: datetime | None = Field(default=None, description="when it was registered")
    upstream_id: str | None = Field(default=None, description="id at the hosted service")


class SavedView(Record):
    """A named search, or named filters of the run list; shared by all users."""

    id: int = Field(description="id of the view")
    name: str = Field(description="name for people")
    kind: str = Field(description="search, or runs (filters of the run list)")
    query: str = Field(description="search: as in docs/search.md; runs: as in the list's address")
    created_at: datetime = Field(description="when it was saved")
    updated_at: datetime = Field(description="when it last changed")


class WorkFile(Record):
    """A file in a run's work tree."""

    path: str = Field(description="relative to the work tree, with `/`")
    size: int = Field(description="bytes")


class AgentOption(Record):
    """A setting that an agent offers for a run, such as its mode or its effort."""

    id: str = Field(description="key for `options` of a new run")
    name: str = Field(description="name for people")
    values: dict[str, str] = Field(description="value → name for people")
    asking: tuple[str, ...] = Field(
        default=(), description="if not empty: values for the permission policies ask and reject"
    )


class AgentInfo(Record):
    """An agent profile, and whether this machine can run it now."""

    name: str = Field(description="value for `agent` of a new run")
    title: str = Field(description="name for people")
    available: bool = Field(description="whether runs can use it now")
    reason: str | None = Field(default=None, description="why it is not available; what to do")
    version: str | None = Field(default=None, description="version of the program, if known")
    command: tuple[str, ...] = Field(description="program and arguments")
    login: LoginState | None = Field(default=None, description="as its files show; null: no need")
    login_hint: str | None = Field(default=None, description="how to log in or give a key")
    built_in: bool = Field(default=True, description="false: from the user's own TOML file")
    images: bool | None = Field(
        default=None, description="whether it takes images; null if unknown until it starts"
    )
    models: tuple[str, ...] = Field(
        default=(), description="models that its profile offers; others can be named, too"
    )
    policies: tuple[PermissionPolicy, ...] = Field(
        default=("allow", "reject", "ask"), description="permission policies that it honours"
    )
    options: tuple[AgentOption, ...] = Field(
        default=(), description="what it offered when its last session here began"
    )
