"""Tables with a row per day, or per week when the period is long."""

from collections import Counter, defaultdict

from agent_runs.analytics.histogram import EMPTY, Histogram
from agent_runs.analytics.scope import Scope
from agent_runs.models import JSON, TERMINAL_STATUSES, AgentRunStatus
from agent_runs.store import analytics, figures
from agent_runs.store.database import Reader

_MS = 1000


def outcome_of(status: str) -> str:
    """Return what a status counts as: complete, failed, cancelled or working."""
    if status == AgentRunStatus.COMPLETE:
        return "complete"
    if status == AgentRunStatus.CANCELLED:
        return "cancelled"
    return "failed" if status in TERMINAL_STATUSES else "working"


def rate(part: int, whole: int) -> float | None:
    """Return the share with four places; None when there is nothing to be a share of."""
    return round(part / whole, 4) if whole else None


def seconds(milliseconds: float | None) -> float | None:
    """Return milliseconds as seconds with three places."""
    return None if milliseconds is None else round(milliseconds / _MS, 3)


async def days(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Runs by day and outcome."""
    found = await analytics.by_day(reader, (figures.RUNS,), scope.figures, scope.step_days)
    counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for each in found:
        counts[each.step][outcome_of(each.name)] += each.amount.number
    rows: list[list[JSON]] = []
    for at in range(scope.steps):
        by = counts[at]
        ended = by.total() - by["working"]
        rows.append(
            [
                scope.step(at)[0].isoformat(),
                by.total(),
                by["complete"],
                by["failed"],
                by["cancelled"],
                by["working"],
                rate(by["complete"], ended),
                scope.runs(at),
            ]
        )
    return rows


async def durations(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """How long the turns of runs took."""
    return await _spread(reader, scope, figures.DURATION, _MS, "duration")


async def first_steps(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """How long it took from the creation to the first step."""
    return await _spread(reader, scope, figures.FIRST_STEP, _MS, "first_step")


async def waiting(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """How long runs waited for a person, those that did."""
    return await _spread(reader, scope, figures.WAITED, _MS, "waiting")


async def steps(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """How many entries runs have."""
    return await _spread(reader, scope, figures.STEPS, 1, "steps")


async def _spread(
    reader: Reader, scope: Scope, kind: str, scale: int, measured: str
) -> list[list[JSON]]:
    found = await analytics.by_day(reader, (kind,), scope.figures, scope.step_days)
    histograms = {each.step: Histogram(each.amount, each.buckets) for each in found}

    def scaled(value: float | None) -> float | None:
        return None if value is None else round(value / scale, 3)

    rows: list[list[JSON]] = []
    for at in range(scope.steps):
        histogram = histograms.get(at, EMPTY)
        values = [histogram.percentile(share) for share in (0.5, 0.9, 0.99)]
        rows.append(
            [
                scope.step(at)[0].isoformat(),
                histogram.number,
                *map(scaled, [*values, histogram.mean, histogram.total]),
                f"{scope.runs(at)}&measured={measured}",
            ]
        )
    return rows
