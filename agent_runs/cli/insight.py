"""The command that sums up a run."""

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
        result = client.get_agent_run_insight(run_id)
    if as_json:
        say_json(result)
        return
    for line in _lines(result):
        say(line)


def _lines(insight: "Insight") -> Iterator[str]:
    yield f"Run {insight.agent_run_id}: {one_line(insight.outcome, 500)}"
    worked, in_tools = (duration(ms / _SECOND) for ms in (insight.working_ms, insight.tool_ms))
    yield (
        f"{insight.steps} steps, {insight.tool_calls} tool calls, {insight.failed_calls} failed; "
        f"{worked}, {in_tools} of it in tools"
    )
    for name, error, cause in (
        ("First error", insight.first_error, insight.first_cause),
        ("Ended by", insight.last_error, insight.last_cause),
    ):
        if error is not None:
            yield f"{name}: #{error.seq} {one_line(error.text)}"
            if cause is not None and cause.text != error.text:
                yield f"    from #{cause.seq} {cause.tool_name}: {one_line(cause.text)}"
    for repeat in insight.repeats:
        yield f"Repeated {repeat.times} times: {repeat.tool_name} {one_line(repeat.text)}"
    for wait in insight.waits:
        spent = duration(wait.duration_ms / _SECOND)
        yield f"Waited {spent} for {wait.kind}: #{wait.seq} {one_line(wait.text)}"
    for test in insight.tests:
        yield f"Tests {'passed' if test.ok else 'FAILED'}: #{test.seq} {one_line(test.text)}"
    if insight.files_total:
        yield f"Files changed: {insight.files_total}"
    for file in insight.files[:_MOST]:
        yield f"    {one_line(file.path)} +{file.added} -{file.removed}"
    if insight.commands_total:
        yield f"Commands run: {insight.commands_total}"
    for command in insight.commands[-_MOST:]:
        state = "failed" if command.failed else "ok"
        yield f"    #{command.seq} {state} {one_line(command.command)}"
