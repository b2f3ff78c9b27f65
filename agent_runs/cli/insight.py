"""The command that says what happened in a run."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from agent_runs.cli.connection import AsJson, RunId, connect
from agent_runs.cli.output import say, say_json
from agent_runs.reading.amounts import duration
from agent_runs.reading.text import one_line

if TYPE_CHECKING:
    from agent_runs.insight import Insight

_SECOND = 1000
_MOST = 10


def insight(context: typer.Context, run_id: RunId, as_json: AsJson = False) -> None:
    """Sum up a run: errors, loops, waits, files, commands, tests.

    The findings come from the run's entries; no model is asked. `#7` is the number of an entry.
    """
    with connect(context) as client:
        found = client.get_agent_run_insight(run_id)
    if as_json:
        say_json(found)
        return
    for line in _lines(found):
        say(line)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(insight)


def _lines(found: "Insight") -> Iterator[str]:
    yield f"Run {found.agent_run_id}: {one_line(found.outcome, 500)}"
    worked, in_tools = (duration(ms / _SECOND) for ms in (found.working_ms, found.tool_ms))
    yield (
        f"{found.steps} steps, {found.tool_calls} tool calls, {found.failed_calls} failed; "
        f"{worked}, of it in tools {in_tools}"
    )
    for name, error, cause in (
        ("First error", found.first_error, found.first_cause),
        ("Ended by", found.last_error, found.last_cause),
    ):
        if error is not None:
            yield f"{name}: #{error.seq} {one_line(error.text)}"
            if cause is not None and cause.text != error.text:
                yield f"    from #{cause.seq} {cause.tool_name}: {one_line(cause.text)}"
    for repeat in found.repeats:
        yield f"Again and again: {repeat.times} times {repeat.tool_name} {one_line(repeat.text)}"
    for wait in found.waits:
        spent = duration(wait.duration_ms / _SECOND)
        yield f"Waited {spent} for {wait.kind}: #{wait.seq} {one_line(wait.text)}"
    for test in found.tests:
        yield f"Tests {'passed' if test.ok else 'FAILED'}: #{test.seq} {one_line(test.text)}"
    if found.files_total:
        yield f"Files changed: {found.files_total}"
    for file in found.files[:_MOST]:
        yield f"    {one_line(file.path)} +{file.added} -{file.removed}"
    if found.commands_total:
        yield f"Commands run: {found.commands_total}"
    for command in found.commands[-_MOST:]:
        state = "failed" if command.failed else "ok"
        yield f"    #{command.seq} {state} {one_line(command.command)}"
