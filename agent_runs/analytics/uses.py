"""Tables over the whole period: tools, errors, and where the time goes."""

from agent_runs.analytics.periods import rate, seconds
from agent_runs.analytics.scope import Scope, day_of
from agent_runs.models import JSON
from agent_runs.store import analytics, figures
from agent_runs.store.database import Reader
from agent_runs.store.tallies import ERROR, TOOL

_MOST = 100


async def tools(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Tools, the most used ones first."""
    found = await analytics.by_name(reader, (TOOL,), scope.figures)
    found.sort(key=lambda each: (-each.amount.number, each.name))
    return [
        [
            each.name,
            each.amount.number,
            each.amount.failed,
            rate(each.amount.failed, each.amount.number),
            seconds(each.amount.total / each.amount.number),
            seconds(each.amount.total),
            _runs(scope, tool=each.name),
            _runs(scope, failed_tool=each.name) if each.amount.failed else "",
        ]
        for each in found[:_MOST]
    ]


async def errors(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Errors by likeness, those that most runs met first."""
    found = await analytics.by_name(reader, (ERROR,), scope.figures)
    found.sort(key=lambda each: (-each.amount.failed, -each.amount.number, each.name))
    return [
        [
            each.name,
            each.amount.number,
            each.amount.failed,
            day_of(each.last_day).isoformat(),
            _runs(scope, error=each.name),
        ]
        for each in found[:_MOST]
    ]


async def time(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Where the time of ended runs went: four parts that do not overlap.

    What is left of the duration beside tools and waiting is the model's. A tool call that a person
    was asked about includes the wait, so the wait is taken off the tools first.
    """
    kinds = (figures.DURATION, figures.WAITED, figures.QUEUED, TOOL)
    totals: dict[str, int] = dict.fromkeys(kinds, 0)
    for each in await analytics.by_name(reader, kinds, scope.figures):
        totals[each.kind] += each.amount.total
    duration, waited = totals[figures.DURATION], totals[figures.WAITED]
    in_tools = min(max(totals[TOOL] - waited, 0), max(duration - waited, 0))
    parts = {
        "model": max(duration - waited - in_tools, 0),
        "tools": in_tools,
        "waiting": waited,
        "queued": totals[figures.QUEUED],
    }
    whole = sum(parts.values())
    return [
        [name, seconds(spent), rate(spent, whole), scope.runs() if spent else ""]
        for name, spent in parts.items()
    ]


def _runs(scope: Scope, **more: str) -> str:
    """The list of runs; what is no name of a single thing has none."""
    return "" if figures.OTHERS in more.values() else scope.runs(**more)
