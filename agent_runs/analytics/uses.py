"""Tables over the whole period: tools, errors, and where the time goes."""

from datetime import timedelta

from agent_runs.analytics.periods import rate, seconds
from agent_runs.analytics.scope import FIRST_DAY, Scope
from agent_runs.models import JSON
from agent_runs.store.engine.database import Reader
from agent_runs.store.engine.figure_rows import TIMES
from agent_runs.store.figures import figures, sums
from agent_runs.store.figures.tallies import ERROR, TOOL

_MOST = 100


async def tools(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Tools, the most used ones first."""
    by_tool = await sums.by_name(reader, TOOL, scope.figures)
    by_tool.sort(key=lambda tool: (-tool.amount.number, tool.name))
    runs, failed_runs = scope.runs_by("tool"), scope.runs_by("failed_tool")
    return [
        [
            tool.name,
            tool.amount.number,
            tool.amount.failed,
            rate(tool.amount.failed, tool.amount.number),
            seconds(tool.amount.total / tool.amount.number),
            seconds(tool.amount.total),
            runs(tool.name) if tool.name != figures.OTHERS else "",
            failed_runs(tool.name) if tool.amount.failed and tool.name != figures.OTHERS else "",
        ]
        for tool in by_tool[:_MOST]
    ]


async def errors(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Errors by likeness, first those that the most runs met."""
    # By day, to know the newest one.
    by_error = await sums.by_name(reader, ERROR, scope.figures, is_daily=True)
    by_error.sort(key=lambda error: (-error.amount.failed, -error.amount.number, error.name))
    runs = scope.runs_by("error")
    return [
        [
            error.name,
            error.amount.number,
            error.amount.failed,
            (FIRST_DAY + timedelta(days=error.last_day)).isoformat(),
            runs(error.name) if error.name != figures.OTHERS else "",
        ]
        for error in by_error[:_MOST]
    ]


async def time(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Where the time of ended runs went, if their duration is known."""
    columns = [f"{name}_ms" for name in TIMES]
    totals = await sums.by_step(reader, columns, scope.figures, scope.days)
    amounts = totals.get(0, sums.NOTHING).amounts
    spent = {name: amounts[f"{name}_ms"] for name in TIMES}
    whole = sum(spent.values())
    return [
        [name, seconds(part), rate(part, whole), scope.runs() if part else ""]
        for name, part in spent.items()
    ]
