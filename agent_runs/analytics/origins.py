"""Tables with a row per agent, repository or prompt template."""

from collections import Counter, defaultdict

from agent_runs.analytics.histogram import Histogram
from agent_runs.analytics.periods import rate, seconds
from agent_runs.analytics.scope import Scope
from agent_runs.models import JSON
from agent_runs.store.engine.database import Reader
from agent_runs.store.engine.figure_rows import DURATION, OUTCOMES, TOKENS
from agent_runs.store.figures import figures, sums
from agent_runs.store.organization import repos

_REPORTED = {name: (f"{name}_runs", f"{name}_tokens") for name in TOKENS}
TOKEN_COLUMNS = tuple(column for pair in _REPORTED.values() for column in pair)
_FEW = 50
_COLUMNS = (*OUTCOMES, *TOKEN_COLUMNS, DURATION)


async def by_origin(reader: Reader, scope: Scope, origin: sums.Origin) -> list[list[JSON]]:
    """Agents or prompt templates, those with the most runs first; null means none."""
    runs = scope.runs_by(origin)
    return [
        [name, *values, runs(name) if name else ""]
        for name, values in await _read(reader, scope, origin)
    ]


async def repositories(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Repositories, those with the most runs first; null means none."""
    names = await repos.names(reader)
    runs = scope.runs_by("repo_id")
    return [
        [
            repo_id,
            names.get(int(repo_id), f"Repository {repo_id}") if repo_id else None,
            *values,
            runs(repo_id) if repo_id else "",
        ]
        for repo_id, values in await _read(reader, scope, "repo_id")
    ]


def costs(micros: Counter[str]) -> dict[str, float]:
    """Return sums by currency."""
    return {name: round(value / figures.SCALE_OF_COST, 6) for name, value in sorted(micros.items())}


def reporting(totals: sums.Totals) -> int:
    """Return the number of runs that reported tokens of any kind: at least this many."""
    return max([totals.amounts[in_runs] for in_runs, _ in _REPORTED.values()])


def tokens(totals: sums.Totals, name: str) -> int | None:
    """Return the reported tokens of one of `TOKENS`; None if no run reported any."""
    in_runs, number = _REPORTED[name]
    return totals.amounts[number] if totals.amounts[in_runs] else None


async def _read(
    reader: Reader, scope: Scope, origin: sums.Origin
) -> list[tuple[sums.OriginValue, list[JSON]]]:
    by_origin = await sums.by_origin(reader, _COLUMNS, scope.figures, origin)
    by_currency = await sums.by_name(
        reader, figures.COST, scope.figures, origin=origin, is_short=len(by_origin) <= _FEW
    )
    cost: defaultdict[sums.OriginValue, Counter[str]] = defaultdict(Counter)
    for figure in by_currency:
        cost[figure.origin][figure.name] = figure.amount.total
    rows = [(name, _values(totals, cost[name])) for name, totals in by_origin.items()]
    return sorted(rows, key=lambda row: (-row[1][0], str(row[0])))


def _values(totals: sums.Totals, cost: Counter[str]) -> list[JSON]:
    amounts = totals.amounts
    number = sum([amounts[outcome] for outcome in OUTCOMES])
    ended = number - amounts["working"]
    return [
        number,
        ended,
        amounts["complete"],
        rate(amounts["complete"], ended),
        seconds(Histogram.of(totals, DURATION).percentile(0.5)),
        reporting(totals),
        *(tokens(totals, name) for name in TOKENS),
        costs(cost),
    ]
