"""Answers of the native paths, where `models.py` has no shape for them."""

from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, Field, WithJsonSchema

from agent_runs.models import (
    AgentInfo,
    AgentRun,
    QueuedPrompt,
    Repo,
    Turn,
    WorkFile,
)
from agent_runs.questions import PermissionRequest
from agent_runs.record import Reply
from agent_runs.schemas.hosted import HostedHealth

T = TypeVar("T")
# Generated clients do not know tuples.
_Range = Annotated[
    tuple[int, int],
    WithJsonSchema({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}),
]


class NativePage(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T] = Field(description="What is on this page.")
    total: int = Field(description="Matching items on all pages.")
    page: int = Field(description="Number of this page, from 1.")
    limit: int = Field(description="Items on a page.")
    has_next: bool = Field(description="Whether there is a later page.")
    has_prev: bool = Field(description="Whether there is an earlier page.")

    @classmethod
    def of(cls, items: list[T], total: int, page: int, limit: int) -> Self:
        """Return a page, by its number."""
        has_next, has_prev = page * limit < total, page > 1
        return cls(
            items=items, total=total, page=page, limit=limit, has_next=has_next, has_prev=has_prev
        )


class RunPage(NativePage[AgentRun]):
    """One page of runs, newest first; long texts are cut to 1,000 characters."""


class RunCounts(BaseModel):
    """How many runs there are."""

    by_status: dict[str, int] = Field(
        description="Runs that are not archived, by status.",
        examples=[{"ACTIVE": 2, "COMPLETE": 9}],
    )
    archived: int = Field(description="Archived runs.")


class LogCounts(BaseModel):
    """How many entries a run has, by kind."""

    message_type: dict[str, int] = Field(
        description="Entries by kind.", examples=[{"ACTION": 12, "FINAL_ANSWER": 1}]
    )
    tool_name: dict[str, int] = Field(
        description="Entries by tool.", examples=[{"bash": 7, "edit_file": 5}]
    )
    failed: int = Field(description="Entries that failed.")


class Turns(BaseModel):
    """The turns of a run."""

    items: list[Turn] = Field(description="Oldest first.")


class Permissions(BaseModel):
    """Unanswered questions of a run's agent."""

    items: list[PermissionRequest] = Field(description="The questions.")


class DiffFile(Reply):
    """One file of a diff."""

    path: str = Field(description="Path in the work tree; the new one of a renamed file.")
    added: int = Field(default=0, description="Lines added.")
    removed: int = Field(default=0, description="Lines removed.")
    status: str = Field(
        default="modified",
        description="What happened to the file.",
        json_schema_extra={"enum": ["added", "deleted", "modified", "renamed"]},
    )


class Diff(Reply):
    """What a run changed in its work tree."""

    diff: str = Field(
        default="", description="Unified diff against the run's base commit; can be empty."
    )
    files: tuple[DiffFile, ...] = Field(default=(), description="The changed files.")


class WorkFiles(BaseModel):
    """The files of a run's work tree."""

    items: list[WorkFile] = Field(description="By path.")


class Agents(BaseModel):
    """The agents that this server knows."""

    items: list[AgentInfo] = Field(description="The available ones first.")
    default: str = Field(description="Agent for runs that do not name one.")


class ImportedRun(Reply):
    """The outcome for one run of an imported file."""

    id: int = Field(description="Id of the run on this server.")
    origin: str = Field(description="Its name, the same on every server.")
    outcome: str = Field(
        description="`imported` and `updated`: as counted; `known`: it was left as it was.",
        json_schema_extra={"enum": ["imported", "updated", "known"]},
    )


class ImportResult(Reply):
    """The outcome of an import."""

    imported: int = Field(description="Runs that are new on this server.")
    updated: int = Field(description="Runs that came with an older file and are now complete.")
    known: int = Field(description="Runs that were here already, in this or a newer state.")
    logs: int = Field(description="Entries that were stored.")
    runs: tuple[ImportedRun, ...] = Field(description="The first 1,000 of these runs.")


class LogHits(Reply):
    """Where a text occurs in a run."""

    total: int = Field(default=0, description="Number of entries that contain it.")
    seqs: tuple[int, ...] = Field(
        default=(), description="`seq` of the first 5,000 of them, ascending."
    )
    around: tuple[_Range, ...] = Field(
        default=(),
        description="Ranges to show, as first and last `seq`: the hits with their neighbours.",
        examples=[[[3, 7], [12, 14]]],
    )


class QueuedPrompts(BaseModel):
    """Prompts that wait for the run's current turn to end."""

    items: list[QueuedPrompt] = Field(description="The next one first.")


class TemplateInfo(Reply):
    """A prompt template, called a mode."""

    name: str = Field(description="Mode, as in `/create_agent_run/{mode}/{query}`.")
    title: str = Field(default="", description="Name for people.")
    description: str = Field(default="", description="What it is good for.")
    text: str = Field(default="", description="The prompt; your words replace `{query}`.")


class Templates(BaseModel):
    """The prompt templates."""

    items: list[TemplateInfo] = Field(description="By name.")


class RepoPage(NativePage[Repo]):
    """One page of repositories."""


class NoTask(BaseModel):
    """There is no run yet."""

    message: Literal["No current task"] = Field(description="Always these words.")


class Configured(BaseModel):
    """Which credentials are set, without their values."""

    api_token: bool = Field(description="Whether CODEGEN_API_TOKEN is set.")
    org_id: bool = Field(description="Whether CODEGEN_ORG_ID is set.")
    base_url: bool = Field(description="Whether CODEGEN_BASE_URL differs from the default.")


class RunLoad(BaseModel):
    """How much there is to do."""

    active: int = Field(description="Runs that work or wait for a person.")
    pending: int = Field(description="Runs that wait for a free worker.")


class Health(BaseModel):
    """The health of the server."""

    status: Literal["ok"] = Field(description="`ok` if the database answers; otherwise a 503.")
    service: Literal["agent_runs"] = Field(description="Name of the program.")
    version: str = Field(description="Version of the program.", examples=["0.1.0"])
    database: str = Field(description="`sqlite` or `postgresql`.")
    configured: Configured = Field(description="Which credentials of the hosted service are set.")
    agents_available: list[str] = Field(description="Agents that can be used now.")
    runs: RunLoad = Field(description="How much there is to do.")
    hosted: list[HostedHealth] = Field(
        description="How hosted organizations are followed; empty without an account."
    )
