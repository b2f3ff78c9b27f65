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
    found = await sums.by_name(reader, TOOL, scope.figures)
    found.sort(key=lambda each: (-each.amount.number, each.name))
    runs, failed_runs = scope.runs_by("tool"), scope.runs_by("failed_tool")
    return [
        [
            each.name,
            each.amount.number,
            each.amount.failed,
            rate(each.amount.failed, each.amount.number),
            seconds(each.amount.total / each.amount.number),
            seconds(each.amount.total),
            runs(each.name) if each.name != figures.OTHERS else "",
            failed_runs(each.name) if each.amount.failed and each.name != figures.OTHERS else "",
        ]
        for each in found[:_MOST]
    ]


async def errors(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Errors by likeness, those that most runs met first."""
    # By day, to know the newest one.
    found = await sums.by_name(reader, ERROR, scope.figures, is_daily=True)
    found.sort(key=lambda each: (-each.amount.failed, -each.amount.number, each.name))
    runs = scope.runs_by("error")
    return [
        [
            each.name,
            each.amount.number,
            each.amount.failed,
            (FIRST_DAY + timedelta(days=each.last_day)).isoformat(),
            runs(each.name) if each.name != figures.OTHERS else "",
        ]
        for each in found[:_MOST]
    ]


async def time(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Where the time of ended runs went, those whose duration is known."""
    columns = [f"{name}_ms" for name in TIMES]
    found = await sums.by_step(reader, columns, scope.figures, scope.days)
    amounts = found.get(0, sums.NOTHING).amounts
    spent = {name: amounts[f"{name}_ms"] for name in TIMES}
    whole = sum(spent.values())
    return [
        [name, seconds(part), rate(part, whole), scope.runs() if part else ""]
        for name, part in spent.items()
    ]
