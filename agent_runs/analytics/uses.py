"""Tables over the whole period: tools, errors, and where the time goes."""

from collections import defaultdict
from datetime import date, timedelta

from agent_runs.analytics.periods import rate, seconds
from agent_runs.analytics.scope import Scope
from agent_runs.models import JSON
from agent_runs.store import analytics, figures
from agent_runs.store.database import Reader
from agent_runs.store.tallies import ERROR, TOOL, Amount

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
    sums: defaultdict[str, Amount] = defaultdict(Amount)
    last_days: dict[str, date] = {}
    for each in await analytics.by_day(reader, (ERROR,), scope.figures, 1):
        sums[each.name] = sums[each.name].plus(each.amount)
        day = scope.first_day + timedelta(days=each.step)
        last_days[each.name] = max(day, last_days.get(each.name, day))
    found = sorted(sums.items(), key=lambda pair: (-pair[1].failed, -pair[1].number, pair[0]))
    return [
        [
            name,
            amount.number,
            amount.failed,
            last_days[name].isoformat(),
            _runs(scope, error=name),
        ]
        for name, amount in found[:_MOST]
    ]


async def time(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Where the time of ended runs went, those whose duration is known."""
    spent: dict[str, int] = dict.fromkeys(("model", "tools", "waiting", "queued"), 0)
    for each in await analytics.by_name(reader, (figures.TIME,), scope.figures):
        spent[each.name] += each.amount.total
    whole = sum(spent.values())
    return [
        [name, seconds(part), rate(part, whole), scope.runs() if part else ""]
        for name, part in spent.items()
    ]


def _runs(scope: Scope, **more: str) -> str:
    """The list of runs; what is no name of a single thing has none."""
    return "" if figures.OTHERS in more.values() else scope.runs(**more)
