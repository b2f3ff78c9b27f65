"""The key figures of a period, next to those of the previous period."""

from collections import Counter

from agent_runs.analytics.histogram import Histogram
from agent_runs.analytics.origins import TOKEN_COLUMNS, costs, reporting, tokens
from agent_runs.analytics.periods import rate, seconds
from agent_runs.analytics.scope import Scope
from agent_runs.models import FAILED_STATUSES, JSON, TERMINAL_STATUSES
from agent_runs.store.engine.database import Reader
from agent_runs.store.engine.figure_rows import (
    DURATION,
    FIRST_STEP,
    OUTCOMES,
    SPREADS,
    STEPS,
    WAITED,
)
from agent_runs.store.figures import figures, sums

_COLUMNS = (
    *OUTCOMES,
    "calls",
    "failed_calls",
    *TOKEN_COLUMNS,
    *SPREADS,
)


async def summary(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """One row per figure."""
    before, now = await _figures(reader, scope)
    everything = scope.runs()
    ended = scope.runs(status=sorted(TERMINAL_STATUSES))
    failed = scope.runs(status=sorted(FAILED_STATUSES))
    units = {
        "runs": ("", everything),
        "success_rate": ("share", scope.runs(status="COMPLETE")),
        "failed": ("", failed),
        "duration_p50": ("seconds", scope.runs(measured="duration")),
        "first_step_p50": ("seconds", scope.runs(measured="first_step")),
        "waited_p50": ("seconds", scope.runs(measured="waiting")),
        "waited_total": ("seconds", scope.runs(measured="waiting")),
        "steps_p50": ("steps", scope.runs(measured="steps")),
        "tool_calls": ("", ended),
        "tool_failure_rate": ("share", ended),
        "tokens": ("tokens", ended),
        "runs_reporting": ("", ended),
        "cost": ("money", ended),
    }
    return [[name, now[name], before[name], unit, path] for name, (unit, path) in units.items()]


async def _figures(reader: Reader, scope: Scope) -> list[dict[str, JSON]]:
    """The figures of the previous period and of the period itself."""
    both = scope.with_before().figures
    totals = await sums.by_step(reader, _COLUMNS, both, scope.days)
    cost: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for figure in await sums.by_name(reader, figures.COST, both, step_days=scope.days):
        cost[figure.step][figure.name] = figure.amount.total
    return [_values(totals.get(step, sums.NOTHING), cost[step]) for step in (0, 1)]


def _values(totals: sums.Totals, cost: Counter[str]) -> dict[str, JSON]:
    amounts = totals.amounts
    number = sum(amounts[outcome] for outcome in OUTCOMES)
    spreads = {column: Histogram.of(totals, column) for column in SPREADS}
    middle = spreads[STEPS].percentile(0.5)
    return {
        "runs": number,
        "success_rate": rate(amounts["complete"], number - amounts["working"]),
        "failed": amounts["failed"],
        "duration_p50": seconds(spreads[DURATION].percentile(0.5)),
        "first_step_p50": seconds(spreads[FIRST_STEP].percentile(0.5)),
        "waited_p50": seconds(spreads[WAITED].percentile(0.5)),
        "waited_total": seconds(spreads[WAITED].total),
        "steps_p50": None if middle is None else round(middle, 1),
        "tool_calls": amounts["calls"],
        "tool_failure_rate": rate(amounts["failed_calls"], amounts["calls"]),
        "tokens": tokens(totals, "total"),
        "runs_reporting": reporting(totals),
        "cost": costs(cost) or None,
    }
