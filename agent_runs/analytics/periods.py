"""Tables with a row per day, or per week when the period is long."""

from agent_runs.analytics.histogram import Histogram
from agent_runs.analytics.scope import Scope
from agent_runs.models import JSON
from agent_runs.store.engine.database import Reader
from agent_runs.store.engine.figure_rows import DURATION, FIRST_STEP, OUTCOMES, STEPS, WAITED
from agent_runs.store.figures import sums

_MS = 1000


def rate(part: int, whole: int) -> float | None:
    """Return the share with four places; None when there is nothing to be a share of."""
    return round(part / whole, 4) if whole else None


def seconds(milliseconds: float | None) -> float | None:
    """Return milliseconds as seconds with three places."""
    return None if milliseconds is None else round(milliseconds / _MS, 3)


async def days(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Runs by day and outcome."""
    found = await sums.by_step(reader, OUTCOMES, scope.figures, scope.step_days)
    rows: list[list[JSON]] = []
    for at, (day, behind) in enumerate(scope.points()):
        by = found.get(at, sums.NOTHING).amounts
        number = sum(by[outcome] for outcome in OUTCOMES)
        rows.append(
            [
                day,
                number,
                by["complete"],
                by["failed"],
                by["cancelled"],
                by["working"],
                rate(by["complete"], number - by["working"]),
                behind,
            ]
        )
    return rows


async def durations(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """How long the turns of runs took."""
    return await _spread(reader, scope, DURATION, _MS, "duration")


async def first_steps(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """How long it took from the creation to the first step."""
    return await _spread(reader, scope, FIRST_STEP, _MS, "first_step")


async def waiting(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """How long runs waited for a person, those that did."""
    return await _spread(reader, scope, WAITED, _MS, "waiting")


async def steps(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """How many entries runs have."""
    return await _spread(reader, scope, STEPS, 1, "steps")


async def _spread(
    reader: Reader, scope: Scope, column: str, scale: int, measured: str
) -> list[list[JSON]]:
    found = await sums.by_step(reader, (column,), scope.figures, scope.step_days)
    rows: list[list[JSON]] = []
    for at, (day, behind) in enumerate(scope.points(measured=measured)):
        histogram = Histogram.of(found.get(at, sums.NOTHING), column)
        values = [
            *(histogram.percentile(share) for share in (0.5, 0.9, 0.99)),
            histogram.mean,
            histogram.total,
        ]
        scaled = [None if value is None else round(value / scale, 3) for value in values]
        rows.append([day, histogram.number, *scaled, behind])
    return rows
