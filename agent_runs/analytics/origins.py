"""Tables with a row per agent, repository or prompt template."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from agent_runs.analytics.histogram import EMPTY, Histogram
from agent_runs.analytics.periods import outcome_of, rate, seconds
from agent_runs.analytics.scope import Scope
from agent_runs.models import JSON
from agent_runs.store import analytics, figures, repos
from agent_runs.store.database import Reader

_KINDS = (figures.RUNS, figures.DURATION, figures.TOKENS, figures.COST)


@dataclass
class _Origin:
    outcomes: Counter[str] = field(default_factory=Counter[str])
    durations: Histogram = EMPTY
    tokens: dict[str, int] = field(default_factory=dict[str, int])
    reporting: int = 0
    cost: Counter[str] = field(default_factory=Counter[str])


async def agents(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Agents, those with most runs first."""
    return [
        [name, *values, scope.runs(agent=name) if name else ""]
        for name, values in await _read(reader, scope, "agent")
    ]


async def repositories(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Repositories, those with most runs first; null stands for none."""
    names = await repos.names(reader)
    return [
        [
            repo_id,
            names.get(int(repo_id), f"Repository {repo_id}") if repo_id else None,
            *values,
            scope.runs(repo_id=repo_id) if repo_id else "",
        ]
        for repo_id, values in await _read(reader, scope, "repo_id")
    ]


async def templates(reader: Reader, scope: Scope) -> list[list[JSON]]:
    """Prompt templates, those with most runs first; null stands for none."""
    return [
        [name, *values, scope.runs(mode=name) if name else ""]
        for name, values in await _read(reader, scope, "mode")
    ]


def costs(micros: Counter[str]) -> dict[str, float]:
    """Return sums by currency."""
    return {name: round(value / figures.SCALE_OF_COST, 6) for name, value in sorted(micros.items())}


async def _read(
    reader: Reader, scope: Scope, origin: analytics.Origin
) -> list[tuple[str | int | None, list[JSON]]]:
    found: defaultdict[str | int | None, _Origin] = defaultdict(_Origin)
    for each in await analytics.by_origin(reader, _KINDS, scope.figures, origin):
        of = found[each.origin]
        if each.kind == figures.RUNS:
            of.outcomes[outcome_of(each.name)] += each.amount.number
        elif each.kind == figures.DURATION:
            of.durations = Histogram(each.amount, each.buckets)
        elif each.kind == figures.TOKENS:
            of.tokens[each.name] = each.amount.total
            of.reporting = max(of.reporting, each.amount.number)
        else:
            of.cost[each.name] += each.amount.total
    rows = sorted(found.items(), key=lambda pair: (-pair[1].outcomes.total(), str(pair[0])))
    return [(name, _values(of)) for name, of in rows]


def _values(of: _Origin) -> list[JSON]:
    number = of.outcomes.total()
    ended = number - of.outcomes["working"]
    return [
        number,
        ended,
        of.outcomes["complete"],
        rate(of.outcomes["complete"], ended),
        seconds(of.durations.percentile(0.5)),
        of.reporting,
        *(of.tokens.get(name) for name in ("input", "output", "total")),
        costs(of.cost),
    ]
