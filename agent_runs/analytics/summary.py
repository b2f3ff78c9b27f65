"""The key figures of a period beside those of the period before."""

from collections import Counter

from agent_runs.analytics.histogram import EMPTY, Histogram
from agent_runs.analytics.origins import costs
from agent_runs.analytics.periods import outcome_of, rate, seconds
from agent_runs.analytics.scope import Scope
from agent_runs.models import JSON, TERMINAL_STATUSES, AgentRunStatus
from agent_runs.store import analytics, figures
from agent_runs.store.database import Reader
from agent_runs.store.tallies import TOOL

_KINDS = (figures.RUNS, *figures.SPREADS, TOOL, figures.TOKENS, figures.COST)
_FAILED = sorted(TERMINAL_STATUSES - {AgentRunStatus.COMPLETE, AgentRunStatus.CANCELLED})


async def summary(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """One row per figure."""
    now, before = await _figures(reader, scope), await _figures(reader, scope.before())
    everything = scope.runs()
    ended = scope.runs(status=sorted(TERMINAL_STATUSES))
    failed = scope.runs(status=_FAILED)
    places = {
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
    return [[name, now[name], before[name], *place] for name, place in places.items()]


async def _figures(reader: Reader, scope: Scope) -> dict[str, JSON]:
    outcomes: Counter[str] = Counter()
    spreads = dict.fromkeys(figures.SPREADS, EMPTY)
    calls = failed = 0
    tokens: dict[str, int] = {}
    reporting = 0
    cost: Counter[str] = Counter()
    for each in await analytics.by_name(reader, _KINDS, scope.figures):
        if each.kind == figures.RUNS:
            outcomes[outcome_of(each.name)] += each.amount.number
        elif each.kind in figures.SPREADS:
            spreads[each.kind] = Histogram(each.amount, each.buckets)
        elif each.kind == TOOL:
            calls, failed = calls + each.amount.number, failed + each.amount.failed
        elif each.kind == figures.TOKENS:
            tokens[each.name] = each.amount.total
            reporting = max(reporting, each.amount.number)
        else:
            cost[each.name] += each.amount.total
    ended = outcomes.total() - outcomes["working"]
    waited = spreads[figures.WAITED]
    middle = spreads[figures.STEPS].percentile(0.5)
    return {
        "runs": outcomes.total(),
        "success_rate": rate(outcomes["complete"], ended),
        "failed": outcomes["failed"],
        "duration_p50": seconds(spreads[figures.DURATION].percentile(0.5)),
        "first_step_p50": seconds(spreads[figures.FIRST_STEP].percentile(0.5)),
        "waited_p50": seconds(waited.percentile(0.5)),
        "waited_total": seconds(waited.total),
        "steps_p50": None if middle is None else round(middle, 1),
        "tool_calls": calls,
        "tool_failure_rate": rate(failed, calls),
        "tokens": tokens.get("total"),
        "runs_reporting": reporting,
        "cost": costs(cost) or None,
    }
