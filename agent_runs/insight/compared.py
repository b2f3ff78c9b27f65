"""Runs side by side: frozen models."""

from datetime import datetime

from pydantic import Field

from agent_runs.insight.findings import Finding, TestResult
from agent_runs.models import Spent
from agent_runs.record import Record


class ComparedRun(Record):
    """One of the runs, and what it did."""

    id: int = Field(description="id of the run")
    name: str = Field(default="", description="what people call it, like `name` of a run")
    title: str = Field(description="the same as `name`")
    web_url: str = Field(description="its page")
    status: str = Field(description="its status")
    status_word: str = Field(description="status in words for people")
    status_tone: str = Field(description="its colour, like `status_tone` of a run")
    outcome: str = Field(description="its outcome, in one sentence")
    agent: str | None = Field(default=None, description="agent profile")
    model: str | None = Field(default=None, description="requested model")
    repo_id: int | None = Field(default=None, description="repository that it works in")
    mode: str | None = Field(default=None, description="prompt template")
    created_at: datetime = Field(description="when it was created")
    prompt: str = Field(description="first prompt in full")
    result: str | None = Field(default=None, description="final answer in full")
    duration_ms: int | None = Field(default=None, description="milliseconds that its turns took")
    first_step_ms: int | None = Field(default=None, description="milliseconds to its first step")
    waited_ms: int = Field(default=0, description="milliseconds that it waited for a person")
    steps: int = Field(description="number of entries")
    tool_calls: int = Field(description="number of tool calls")
    failed_calls: int = Field(description="tool calls that failed")
    tools: dict[str, int] = Field(description="calls by tool, the most used ones first")
    usage: Spent = Field(description="tokens and cost as reported by the agent")
    tests: TestResult | None = Field(default=None, description="its last test run")
    added: int = Field(description="lines added, from its diff")
    removed: int = Field(description="lines removed, from its diff")
    has_diff: bool = Field(description="whether its diff could be read")


class PartingStep(Record):
    """What one of the runs did where they part."""

    agent_run_id: int = Field(description="id of the run")
    step: Finding | None = Field(default=None, description="null if it had ended by then")


class Parting(Record):
    """The first step in which the runs differ."""

    common: int = Field(description="number of equal calls before it")
    steps: tuple[PartingStep, ...] = Field(description="one for each run, in their order")


class FileChange(Record):
    """What one of the runs did to a file."""

    agent_run_id: int = Field(description="id of the run")
    status: str | None = Field(
        default=None, description="added, deleted, modified or renamed; null if unchanged"
    )
    added: int = Field(default=0, description="lines added")
    removed: int = Field(default=0, description="lines removed")
    diff: str = Field(default="", description="unified diff; empty if it is over the limit")


class ComparedFile(Record):
    """A file that at least one of the runs changed."""

    path: str = Field(description="path in the work tree")
    same: bool = Field(description="whether all runs changed it in the same way")
    changes: tuple[FileChange, ...] = Field(description="one for each run, in their order")


class Comparison(Record):
    """Two or more runs side by side, in the requested order."""

    runs: tuple[ComparedRun, ...] = Field(description="the runs")
    same_prompt: bool = Field(description="whether all have the same prompt")
    parting: Parting | None = Field(
        default=None, description="where they part; null if they did the same"
    )
    files: tuple[ComparedFile, ...] = Field(description="changed files, by path; at most 500")
    files_total: int = Field(description="number of changed files")
