"""The command that shows runs side by side."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runs.cli import late
from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import say, say_fields, say_json
from agent_runs.reading.amounts import duration, money, plural
from agent_runs.reading.text import one_line

if TYPE_CHECKING:
    from agent_runs.insight.compared import ComparedRun, Comparison

_SECOND = 1000
_TOOLS = 12


def compare(
    context: typer.Context,
    run_ids: Annotated[
        list[int], typer.Argument(metavar="ID ID...", help="Ids of two to six runs.", min=1)
    ],
    as_json: AsJson = False,
) -> None:
    """Compare runs side by side.

    You see outcome, duration, steps, cost, tools, changes, and the first step that differs.
    """
    with connect(context) as client:
        comparison = client.compare_agent_runs(run_ids)
    if as_json:
        say_json(comparison)
        return
    rows = list(_rows(comparison.runs))
    names = ["", *[f"Run {run.id}" for run in comparison.runs]]
    if sys.stdout.isatty():
        late.tables.show_figures("Runs side by side", names, rows)
    else:
        say_fields(*names)
        for row in rows:
            say_fields(*row)
    for line in _lines(comparison):
        say(line)


def _rows(runs: "Sequence[ComparedRun]") -> Iterator[list[str]]:
    yield ["status", *[run.status for run in runs]]
    yield ["agent", *[one_line(run.agent or "-", 40) for run in runs]]
    yield ["duration", *[_time(run.duration_ms) for run in runs]]
    yield ["first step", *[_time(run.first_step_ms) for run in runs]]
    yield ["waited", *[_time(run.waited_ms) for run in runs]]
    yield ["steps", *[f"{run.steps:,}" for run in runs]]
    yield ["failed calls", *[f"{run.failed_calls:,} of {run.tool_calls:,}" for run in runs]]
    yield ["tokens", *[_count(run.usage.total_tokens) for run in runs]]
    yield ["cost", *[_cost(run) for run in runs]]
    yield ["tests", *[one_line(run.tests.text, 40) if run.tests else "-" for run in runs]]
    yield ["lines", *[f"+{run.added} -{run.removed}" if run.has_diff else "-" for run in runs]]
    calls = Counter[str]()
    for run in runs:
        calls.update(run.tools)
    for tool, _ in calls.most_common(_TOOLS):
        yield [one_line(tool, 40), *[f"{run.tools.get(tool, 0):,}" for run in runs]]


def _lines(comparison: "Comparison") -> Iterator[str]:
    yield f"Prompt: {'the same' if comparison.same_prompt else 'different'}"
    if comparison.parting is None:
        yield "Steps: all the same"
    else:
        yield f"The runs part after {plural(comparison.parting.common, 'common step')}:"
        for side in comparison.parting.steps:
            step = side.step
            text = "had ended" if step is None else f"#{step.seq} {step.tool_name}: {step.text}"
            yield f"    Run {side.agent_run_id} {one_line(text)}"
    for file in comparison.files:
        changes = " ".join(
            f"{change.status} +{change.added} -{change.removed}" if change.status else "unchanged"
            for change in file.changes
        )
        yield f"{'=' if file.same else '≠'} {one_line(file.path)}: {changes}"


def _time(milliseconds: int | None) -> str:
    return "-" if milliseconds is None else duration(milliseconds / _SECOND)


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _cost(run: "ComparedRun") -> str:
    usage = run.usage
    return "-" if usage.cost is None else money(usage.cost, usage.currency)
