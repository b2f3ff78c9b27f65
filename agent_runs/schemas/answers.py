"""Answers of the native paths, where `models.py` has no shape for them."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from agent_runs.models import AgentInfo, AgentRun, PermissionRequest, QueuedPrompt, Repo, Turn
from agent_runs.schemas.hosted import HostedHealth


class RunPage(BaseModel):
    """One page of runs, newest first."""

    items: list[AgentRun] = Field(description="The runs; long texts are cut to 1,000 characters.")
    total: int = Field(description="Matching runs on all pages.")
    page: int = Field(description="Number of this page, from 1.")
    limit: int = Field(description="Runs on a page.")
    has_next: bool = Field(description="Whether there is a later page.")
    has_prev: bool = Field(description="Whether there is an earlier page.")


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


class DiffFile(BaseModel):
    """One file of a diff."""

    path: str = Field(description="Path in the work tree; the new one of a renamed file.")
    added: int = Field(description="Lines added.")
    removed: int = Field(description="Lines removed.")
    status: Literal["added", "deleted", "modified", "renamed"] = Field(
        description="What happened to the file."
    )


class Diff(BaseModel):
    """What a run changed in its work tree."""

    diff: str = Field(description="Unified diff against the run's base commit; can be empty.")
    files: list[DiffFile] = Field(description="The changed files.")


class WorkFile(BaseModel):
    """One file of a run's work tree."""

    path: str = Field(description="Path in the work tree.")
    size: int = Field(description="Size in bytes.")


class WorkFiles(BaseModel):
    """The files of a run's work tree."""

    items: list[WorkFile] = Field(description="By path.")


class Agents(BaseModel):
    """The agents that this server knows."""

    items: list[AgentInfo] = Field(description="The available ones first.")
    default: str = Field(description="Agent for runs that do not name one.")


class ImportedRun(BaseModel):
    """The outcome for one run of an imported file."""

    id: int = Field(description="Id of the run on this server.")
    origin: str = Field(description="Its name, the same on every server.")
    outcome: Literal["imported", "updated", "known"] = Field(
        description="`imported` and `updated`: as counted; `known`: it was left as it was."
    )


class ImportResult(BaseModel):
    """The outcome of an import."""

    imported: int = Field(description="Runs that are new on this server.")
    updated: int = Field(description="Runs that came with an older file and are now complete.")
    known: int = Field(description="Runs that were here already, in this or a newer state.")
    logs: int = Field(description="Entries that were stored.")
    runs: list[ImportedRun] = Field(description="The first 1,000 of these runs.")


class LogHits(BaseModel):
    """Where a text occurs in a run."""

    total: int = Field(description="Number of entries that contain it.")
    seqs: list[int] = Field(description="`seq` of the first 5,000 of them, ascending.")
    around: list[Annotated[list[int], Field(min_length=2, max_length=2)]] = Field(
        description="Ranges to show, as first and last `seq`: the hits with their neighbours.",
        examples=[[[3, 7], [12, 14]]],
    )


class QueuedPrompts(BaseModel):
    """Prompts that wait for the run's current turn to end."""

    items: list[QueuedPrompt] = Field(description="The next one first.")


class TemplateInfo(BaseModel):
    """A prompt template, called a mode."""

    name: str = Field(description="Mode, as in `/create_agent_run/{mode}/{query}`.")
    title: str = Field(description="Name for people.")
    description: str = Field(description="What it is good for.")
    text: str = Field(description="The prompt; your words replace `{query}`.")


class Templates(BaseModel):
    """The prompt templates."""

    items: list[TemplateInfo] = Field(description="By name.")


class RepoPage(BaseModel):
    """One page of repositories."""

    items: list[Repo] = Field(description="The repositories.")
    total: int = Field(description="Repositories on all pages.")
    page: int = Field(description="Number of this page, from 1.")
    limit: int = Field(description="Repositories on a page.")
    has_next: bool = Field(description="Whether there is a later page.")
    has_prev: bool = Field(description="Whether there is an earlier page.")


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
