"""Reads the figures of `figures.py`: sums over a period, by step, origin or name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import orjson

from agent_runs.store.engine.database import Reader
from agent_runs.store.engine.dialect import Dialect
from agent_runs.store.engine.figure_rows import (
    ALL,
    AMOUNTS,
    ANY,
    ANY_REPO,
    BY_AGENT,
    BY_MODE,
    BY_REPO,
    EXACT,
    NO_REPO,
    SPANS,
    SPREADS,
)
from agent_runs.store.figures.figures import word
from agent_runs.store.figures.tallies import Amount

Origin = Literal["agent", "repo_id", "mode"]
OriginValue = str | int | None
"""Name of an agent or mode, id of a repository; None for none."""
Piece = tuple[int, int, int]
"""The step of the period that it belongs to, one of `SPANS`, and its first day."""

_ANY: dict[str, Any] = {"agent": ANY, "repo_id": ANY_REPO, "mode": ANY}
_NONE: dict[str, Any] = {"agent": "", "repo_id": NO_REPO, "mode": ""}
_SCOPE = {"agent": BY_AGENT, "repo_id": BY_REPO, "mode": BY_MODE}
_LISTED: dict[Dialect, str] = {
    "sqlite": "group_concat(nullif({column}, '{{}}'), ',')",
    "postgresql": "string_agg(nullif({column}, '{{}}'), ',')",
}
# The same text for every period: with a piece per day written out, preparing the statement would
# take as long as running it.
_DAILY = """
    with recursive piece(step, span, day) as (
        select 0, 1, cast(:first_day as int)
        union all select (day + 1 - cast(:first_day as int)) / cast(:step_days as int), 1, day + 1
        from piece where day < :last_day)
"""


@dataclass(frozen=True)
class FigureFilter:
    """Which figures to add up.

    Attributes:
        first_day: days since 1970, UTC.
        last_day: inclusive.
    """

    first_day: int
    last_day: int
    organization_id: int | None = None
    agent: str | None = None
    repo_id: int | None = None
    mode: str | None = None

    @property
    def days(self) -> int:
        """How many days the period has."""
        return self.last_day - self.first_day + 1

    @property
    def origins(self) -> dict[str, Any]:
        """The filter on origins, as they are in the table."""
        origins: dict[str, Any] = {}
        if self.agent is not None:
            origins["agent"] = word(self.agent)
        if self.repo_id is not None:
            origins["repo_id"] = self.repo_id
        if self.mode is not None:
            origins["mode"] = word(self.mode)
        return origins


class Totals(NamedTuple):
    """Sums of some cells.

    Attributes:
        amounts: by column.
        buckets: numbers by bucket, for each column with a histogram that is not empty.
    """

    amounts: Mapping[str, int]
    buckets: Mapping[str, Mapping[str, int]]


class NamedFigure(NamedTuple):
    """What is counted under a name.

    Attributes:
        step: of the period, from 0.
        origin: of the sum; None also if it is over all.
        last_day: last day of the newest span that it was counted in.
    """

    step: int
    origin: OriginValue
    name: str
    amount: Amount
    last_day: int


NOTHING = Totals(dict.fromkeys(AMOUNTS, 0), {})


async def by_step(
    reader: Reader, columns: Sequence[str], figure_filter: FigureFilter, step_days: int
) -> dict[int, Totals]:
    """Return the sums over each step of the period, from 0; steps without any are left out.

    Args:
        columns: of `run_figure`; a histogram includes its sum.
    """
    rows = await _totals(reader, columns, figure_filter, step_days)
    return {step: totals for step, _, totals in rows}


async def by_origin(
    reader: Reader, columns: Sequence[str], figure_filter: FigureFilter, origin: Origin
) -> dict[OriginValue, Totals]:
    """Return the sums over the period of each agent, repository or mode."""
    rows = await _totals(reader, columns, figure_filter, figure_filter.days, origin)
    return {_origin_value(origin, value): totals for _, value, totals in rows}


async def by_name(
    reader: Reader,
    kind: str,
    figure_filter: FigureFilter,
    *,
    step_days: int | None = None,
    origin: Origin | None = None,
    is_daily: bool = False,
    is_short: bool = False,
) -> list[NamedFigure]:
    """Return what is counted under each name of a kind.

    Args:
        step_days: sum up by steps of this length; None: over the whole period.
        origin: sum up by agent, repository or mode.
        is_daily: read days instead of longer spans, which makes the last day exact.
        is_short: there are at most a few hundred rows, which are read at once.
    """
    pieces, days = _pieces(figure_filter, step_days or figure_filter.days, is_daily=is_daily)
    where, params = _where(figure_filter, origin)
    rows = await (reader.read if is_short else reader.read_heavy)(
        f"{pieces} select step, {origin or 'null'}, name, cast(sum(number) as bigint),"
        " cast(sum(failed) as bigint), cast(sum(total) as bigint),"
        " max(piece.day + piece.span - 1) from piece cross join figure as found"
        f" where kind = :kind and {where} group by 1, 2, 3 having sum(number) > 0",
        params | days | {"kind": kind},
    )
    return [
        NamedFigure(step, _origin_value(origin, value), name, Amount(*amounts), last_day)
        for step, value, name, *amounts, last_day in rows
    ]


def pieces_of(figure_filter: FigureFilter, step_days: int) -> list[Piece]:
    """Return the longest spans that together cover the days of each step of the period."""
    pieces: list[Piece] = []
    for step, begin in enumerate(
        range(figure_filter.first_day, figure_filter.last_day + 1, step_days)
    ):
        day, end = begin, min(begin + step_days, figure_filter.last_day + 1)
        while day < end:
            span = max(span for span in SPANS if day % span == 0 and day + span <= end)
            pieces.append((step, span, day))
            day += span
    return pieces


async def _totals(
    reader: Reader,
    columns: Sequence[str],
    figure_filter: FigureFilter,
    step_days: int,
    origin: Origin | None = None,
) -> Iterator[tuple[int, Any, Totals]]:
    """Rows of step, origin and sums; the histograms of a row come as one text.

    The pieces come first and lead into the key of the table, with one look-up for each.
    """
    spreads = [name for name in columns if name in SPREADS]
    amounts = [f"{name}_total" if name in SPREADS else name for name in columns]
    pieces, days = _pieces(figure_filter, step_days)
    where, params = _where(figure_filter, origin)
    sums = [f"cast(sum({name}) as bigint)" for name in amounts]
    sums += [_LISTED[reader.dialect].format(column=name) for name in spreads]
    # Over all there is one row per piece; there can be many agents, repositories and templates.
    read = reader.read if params["scope"] == ALL else reader.read_heavy
    rows = await read(
        f"{pieces} select step, {origin or 'null'}, {', '.join(sums)}"
        f" from piece cross join run_figure as found where {where} group by 1, 2",
        params | days,
    )
    return (
        (
            step,
            value,
            Totals(
                dict(zip(amounts, values, strict=False)),
                {
                    name: _added(listed)
                    for name, listed in zip(spreads, values[len(amounts) :], strict=True)
                    if listed
                },
            ),
        )
        for step, value, *values in rows
    )


def _pieces(
    figure_filter: FigureFilter, step_days: int, *, is_daily: bool = False
) -> tuple[str, dict[str, int]]:
    """The beginning of a query, table `piece`, and its parameters."""
    if is_daily or step_days == 1:
        return _DAILY, {
            "first_day": figure_filter.first_day,
            "last_day": figure_filter.last_day,
            "step_days": step_days,
        }
    pieces = pieces_of(figure_filter, step_days)
    listed = ", ".join(f"({step}, {span}, {day})" for step, span, day in pieces)
    return f"with piece(step, span, day) as (values {listed})", {}


def _where(figure_filter: FigureFilter, origin: Origin | None) -> tuple[str, dict[str, Any]]:
    origins = figure_filter.origins
    if set(origins) <= {origin}:
        scope = _SCOPE[origin] if origin else ALL
        keys = {name: value for name, value in _ANY.items() if name != origin} | origins
    elif origin is None and len(origins) == 1:
        scope, keys = _SCOPE[next(iter(origins))], _ANY | origins
    else:
        scope, keys = EXACT, origins
    terms = ["scope = :scope", "found.span = piece.span", "found.day = piece.day"]
    terms += [f"{name} = :{name}" for name in keys]
    params = keys | {"scope": scope}
    if figure_filter.organization_id is not None:
        terms.append("organization_id = :organization_id")
        params["organization_id"] = figure_filter.organization_id
    return " and ".join(terms), params


def _added(listed: str) -> dict[str, int]:
    """Add up histograms that are joined with commas."""
    if "}" not in listed[:-1]:
        return orjson.loads(listed)
    first, *others = orjson.loads(f"[{listed}]")
    so_far = first.get
    for histogram in others:
        for bucket, number in histogram.items():
            first[bucket] = so_far(bucket, 0) + number
    return first


def _origin_value(origin: Origin | None, value: Any) -> OriginValue:
    if origin is None or value == _NONE[origin]:
        return None
    return value if origin == "repo_id" else str(value)[1:]
