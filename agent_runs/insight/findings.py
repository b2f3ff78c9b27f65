"""What an insight consists of: frozen models that name entries by their `seq`."""

from pydantic import Field

from agent_runs.models import Spent
from agent_runs.record import Record


class Finding(Record):
    """An entry that matters."""

    seq: int = Field(description="`seq` of the entry")
    tool_name: str | None = Field(default=None, description="tool, if it is a tool call")
    text: str = Field(description="the line that says most, cut")


class Repeat(Record):
    """The same call repeated, with the same outcome each time."""

    tool_name: str = Field(description="tool")
    text: str = Field(description="its arguments, cut")
    times: int = Field(description="number of calls, 3 or more")
    seqs: tuple[int, ...] = Field(description="`seq` of the first calls, at most 50")
    failed: bool = Field(description="whether these calls failed")


class Wait(Record):
    """A long time in which nothing happened."""

    seq: int = Field(description="`seq` of the entry that ended the wait")
    kind: str = Field(description="model, tool, or person (an answer to a question)")
    tool_name: str | None = Field(default=None, description="tool, if it is a tool call")
    text: str = Field(description="what the wait was for, cut")
    duration_ms: int = Field(description="milliseconds")


class TouchedFile(Record):
    """A file that the agent changed."""

    path: str = Field(description="as the agent named it; inside the work tree, relative to it")
    seqs: tuple[int, ...] = Field(description="`seq` of the changes, at most 50")
    changes: int = Field(description="number of changes")
    added: int = Field(description="lines added, from the diffs that the agent showed")
    removed: int = Field(description="lines removed, from the same diffs")
    is_new: bool = Field(description="whether the agent created it")


class Command(Record):
    """A command that the agent ran."""

    seq: int = Field(description="`seq` of the entry")
    command: str = Field(description="the command, cut")
    exit_code: int | None = Field(default=None, description="exit code, if the agent reported it")
    failed: bool = Field(description="whether the call failed")
    duration_ms: int | None = Field(default=None, description="milliseconds")


class TestResult(Record):
    """A test run, read from the summary of its runner."""

    __test__ = False  # pytest collects classes of this name

    seq: int = Field(description="`seq` of the entry")
    runner: str = Field(description="pytest, jest, go test, cargo ...")
    passed: int | None = Field(default=None, description="number; null if the runner does not say")
    failed: int | None = Field(default=None, description="number with errors; null likewise")
    skipped: int | None = Field(default=None, description="number; null likewise")
    ok: bool = Field(description="whether all tests passed")
    text: str = Field(description="the summary line")


class Insight(Record):
    """What a run's entries say about it.

    Lists are bounded. Totals are exact, that of files up to 100 000.
    """

    agent_run_id: int = Field(description="id of the run")
    status: str = Field(description="its status")
    status_reason: str | None = Field(default=None, description="reason, as a word for programs")
    outcome: str = Field(description="its outcome, in one sentence")
    steps: int = Field(description="number of entries")
    tool_calls: int = Field(description="number of tool calls")
    failed_calls: int = Field(description="tool calls that failed")
    tools: dict[str, int] = Field(description="calls by tool, the most used ones first")
    working_ms: int = Field(description="time from first to last entry, over all turns")
    tool_ms: int = Field(description="time in tools")
    waiting_ms: int = Field(description="time in calls that waited for a person")
    usage: Spent = Field(description="tokens and cost as reported by the agent")
    first_error: Finding | None = Field(default=None, description="the first failure")
    first_cause: Finding | None = Field(default=None, description="the step that caused it")
    last_error: Finding | None = Field(
        default=None, description="the last ERROR entry of a run that did not end well"
    )
    last_cause: Finding | None = Field(default=None, description="the step that caused it")
    repeats: tuple[Repeat, ...] = Field(description="identical calls, the most frequent first")
    is_loop: bool = Field(description="whether the agent repeated itself")
    waits: tuple[Wait, ...] = Field(description="the longest waits, longest first")
    files: tuple[TouchedFile, ...] = Field(description="changed files, in order")
    files_total: int = Field(description="number of changed files, counted up to 100 000")
    commands: tuple[Command, ...] = Field(description="the latest commands, in order")
    commands_total: int = Field(description="number of commands")
    tests: tuple[TestResult, ...] = Field(description="the latest test runs, in order")
    tests_total: int = Field(description="number of test runs")
