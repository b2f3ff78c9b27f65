"""Tables with a row per day, or per week if the period is long."""

from agent_runs.analytics.histogram import Histogram
from agent_runs.analytics.scope import Scope
from agent_runs.models import JSON
from agent_runs.store.engine.database import Reader
from agent_runs.store.engine.figure_rows import OUTCOMES
from agent_runs.store.figures import sums

_MS = 1000


def rate(part: int, whole: int) -> float | None:
    """Return the share with four decimals; None if the whole is 0."""
    return round(part / whole, 4) if whole else None


def seconds(milliseconds: float | None) -> float | None:
    """Return milliseconds as seconds with three decimals."""
    return None if milliseconds is None else round(milliseconds / _MS, 3)


async def days(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Runs by day and outcome."""
    totals = await sums.by_step(reader, OUTCOMES, scope.figures, scope.step_days)
    rows: list[list[JSON]] = []
    for at, (day, path) in enumerate(scope.points()):
        amounts = totals.get(at, sums.NOTHING).amounts
        number = sum(amounts[outcome] for outcome in OUTCOMES)
        rows.append(
            [
                day,
                number,
                amounts["complete"],
                amounts["failed"],
                amounts["cancelled"],
                amounts["working"],
                rate(amounts["complete"], number - amounts["working"]),
                path,
            ]
        )
    return rows


async def spread(
    reader: Reader, scope: Scope, column: str, *, measured: str, unit: str
) -> list[list[JSON]]:
    """Number, percentiles, mean and sum of one of `SPREADS`, by day."""
    scale = _MS if unit == "seconds" else 1
    totals = await sums.by_step(reader, (column,), scope.figures, scope.step_days)
    rows: list[list[JSON]] = []
    for at, (day, path) in enumerate(scope.points(measured=measured)):
        histogram = Histogram.of(totals.get(at, sums.NOTHING), column)
        values = [
            *(histogram.percentile(share) for share in (0.5, 0.9, 0.99)),
            histogram.mean,
            histogram.total,
        ]
        scaled = [None if value is None else round(value / scale, 3) for value in values]
        rows.append([day, histogram.number, *scaled, path])
    return rows
