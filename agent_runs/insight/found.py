"""What an insight is: frozen models, each place with the `seq` of its entry."""

from pydantic import Field

from agent_runs.models import Spent
from agent_runs.record import Record


class Finding(Record):
    """An entry that matters."""

    seq: int = Field(description="`seq` of the entry")
    tool_name: str | None = Field(default=None, description="tool, when it was a tool call")
    text: str = Field(description="the line that says most, cut")


class Repeat(Record):
    """The same call again and again, with the same outcome each time."""

    tool_name: str = Field(description="tool")
    text: str = Field(description="what it was called with, cut")
    times: int = Field(description="how often, 3 or more")
    seqs: tuple[int, ...] = Field(description="`seq` of the first ones, at most 50")
    failed: bool = Field(description="whether these calls failed")


class Wait(Record):
    """A long time in which nothing was shown."""

    seq: int = Field(description="`seq` of the entry that was waited for")
    kind: str = Field(description="model, tool, or person (an answer to a question)")
    tool_name: str | None = Field(default=None, description="tool, when it was a tool call")
    text: str = Field(description="what was waited for, cut")
    duration_ms: int = Field(description="milliseconds")


class TouchedFile(Record):
    """A file that the agent changed."""

    path: str = Field(description="as the agent named it, below the work tree when it is there")
    seqs: tuple[int, ...] = Field(description="`seq` of the changes, at most 50")
    changes: int = Field(description="how many changes")
    added: int = Field(description="lines added, as far as diffs were shown")
    removed: int = Field(description="lines removed, likewise")
    is_new: bool = Field(description="whether the agent made it")


class Command(Record):
    """A command that the agent ran."""

    seq: int = Field(description="`seq` of the entry")
    command: str = Field(description="the command, cut")
    exit_code: int | None = Field(default=None, description="when the agent told it")
    failed: bool = Field(description="whether the call failed")
    duration_ms: int | None = Field(default=None, description="milliseconds")


class TestResult(Record):
    """A test run that was seen, by the summary of its runner."""

    __test__ = False  # pytest collects classes of this name

    seq: int = Field(description="`seq` of the entry")
    runner: str = Field(description="pytest, jest, go test, cargo ...")
    passed: int | None = Field(default=None, description="how many; null: the runner did not say")
    failed: int | None = Field(default=None, description="how many, errors included; likewise")
    skipped: int | None = Field(default=None, description="how many; likewise")
    ok: bool = Field(description="whether all was well")
    text: str = Field(description="the summary line")


class Insight(Record):
    """What a run's entries say about it. Lists are bounded; their totals are exact."""

    agent_run_id: int = Field(description="the run")
    status: str = Field(description="how it stands or ended")
    status_reason: str | None = Field(default=None, description="why, as a machine word")
    outcome: str = Field(description="one sentence")
    steps: int = Field(description="entries")
    tool_calls: int = Field(description="tool calls")
    failed_calls: int = Field(description="tool calls that failed")
    tools: dict[str, int] = Field(description="calls by tool, the most used ones first")
    working_ms: int = Field(description="first to last entry of each turn, together")
    tool_ms: int = Field(description="time in tools")
    waiting_ms: int = Field(description="time in calls that a person was asked about")
    usage: Spent = Field(description="as reported by the agent")
    first_error: Finding | None = Field(default=None, description="the first thing that failed")
    first_cause: Finding | None = Field(default=None, description="the step it came from")
    last_error: Finding | None = Field(
        default=None, description="the last ERROR entry of a run that did not end well"
    )
    last_cause: Finding | None = Field(default=None, description="the step it came from")
    repeats: tuple[Repeat, ...] = Field(description="identical calls, the most frequent first")
    is_loop: bool = Field(description="whether the agent went round in a circle")
    waits: tuple[Wait, ...] = Field(description="the longest waits, longest first")
    files: tuple[TouchedFile, ...] = Field(description="files changed, in order")
    files_total: int = Field(description="how many files were changed")
    commands: tuple[Command, ...] = Field(description="commands run, the latest ones, in order")
    commands_total: int = Field(description="how many commands were run")
    tests: tuple[TestResult, ...] = Field(description="test runs seen, the latest ones, in order")
    tests_total: int = Field(description="how many test runs were seen")
