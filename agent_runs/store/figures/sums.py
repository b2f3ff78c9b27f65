"""Reads the figures that `figures.py` keeps: sums over a period, by step, origin or name."""

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
"""Name of an agent or mode, id of a repository; None stands for none."""
Piece = tuple[int, int, int]
"""The step of the period that it belongs to, a span of days that figures are kept by, its first."""

_ANY: dict[str, Any] = {"agent": ANY, "repo_id": ANY_REPO, "mode": ANY}
_NONE: dict[str, Any] = {"agent": "", "repo_id": NO_REPO, "mode": ""}
_SCOPE = {"agent": BY_AGENT, "repo_id": BY_REPO, "mode": BY_MODE}
_LISTED: dict[Dialect, str] = {
    "sqlite": "group_concat(nullif({column}, '{{}}'), ',')",
    "postgresql": "string_agg(nullif({column}, '{{}}'), ',')",
}
# The same text whatever the period: with a piece for each day written out, to prepare a statement
# would take as long as to run it.
_DAILY = """
    with recursive piece(step, span, day) as (
        select 0, 1, cast(:first_day as int)
        union all select (day + 1 - cast(:first_day as int)) / cast(:step_days as int), 1, day + 1
        from piece where day < :last_day)
"""


@dataclass(frozen=True)
class FigureFilter:
    """Which figures to sum up.

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
        """What is asked for, as it stands in the table."""
        asked: dict[str, Any] = {}
        if self.agent is not None:
            asked["agent"] = word(self.agent)
        if self.repo_id is not None:
            asked["repo_id"] = self.repo_id
        if self.mode is not None:
            asked["mode"] = word(self.mode)
        return asked


class Totals(NamedTuple):
    """Sums of some places.

    Attributes:
        amounts: by column.
        buckets: numbers by bucket, by column of a histogram that is not empty.
    """

    amounts: Mapping[str, int]
    buckets: Mapping[str, Mapping[str, int]]


class NamedFigure(NamedTuple):
    """What is counted under a name.

    Attributes:
        step: of the period, from 0.
        origin: of the sum; None also when it is over all.
        last_day: last of the newest span that it was counted in.
    """

    step: int
    origin: OriginValue
    name: str
    amount: Amount
    last_day: int


NOTHING = Totals(dict.fromkeys(AMOUNTS, 0), {})


async def by_step(
    reader: Reader, columns: Sequence[str], wanted: FigureFilter, step_days: int
) -> dict[int, Totals]:
    """Return the sums over each step of the period, from 0; a step without any is left out.

    Args:
        columns: of `run_figure`; a histogram brings its sum along.
    """
    rows = await _totals(reader, columns, wanted, step_days)
    return {step: totals for step, _, totals in rows}


async def by_origin(
    reader: Reader, columns: Sequence[str], wanted: FigureFilter, origin: Origin
) -> dict[OriginValue, Totals]:
    """Return the sums over the period of each agent, repository or mode."""
    rows = await _totals(reader, columns, wanted, wanted.days, origin)
    return {_told(origin, value): totals for _, value, totals in rows}


async def by_name(
    reader: Reader,
    kind: str,
    wanted: FigureFilter,
    *,
    step_days: int | None = None,
    origin: Origin | None = None,
    is_daily: bool = False,
    is_short: bool = False,
) -> list[NamedFigure]:
    """Return what is counted under each name of a kind.

    Args:
        step_days: sums are those of such steps; of the whole period unless given.
        origin: sums are those of each agent, repository or mode.
        is_daily: days are read instead of longer spans, so that the last day is exact.
        is_short: there are a few hundred rows at most; so many are read at once.
    """
    pieces, days = _pieces(wanted, step_days or wanted.days, is_daily=is_daily)
    where, params = _where(wanted, origin)
    rows = await (reader.read if is_short else reader.read_heavy)(
        f"{pieces} select step, {origin or 'null'}, name, cast(sum(number) as bigint),"
        " cast(sum(failed) as bigint), cast(sum(total) as bigint),"
        " max(piece.day + piece.span - 1) from piece cross join figure as found"
        f" where kind = :kind and {where} group by 1, 2, 3 having sum(number) > 0",
        params | days | {"kind": kind},
    )
    return [
        NamedFigure(step, _told(origin, value), name, Amount(*amounts), last_day)
        for step, value, name, *amounts, last_day in rows
    ]


def pieces_of(wanted: FigureFilter, step_days: int) -> list[Piece]:
    """Return the longest spans that together are the days of each step of the period."""
    pieces: list[Piece] = []
    for step, begin in enumerate(range(wanted.first_day, wanted.last_day + 1, step_days)):
        day, end = begin, min(begin + step_days, wanted.last_day + 1)
        while day < end:
            span = max(each for each in SPANS if day % each == 0 and day + each <= end)
            pieces.append((step, span, day))
            day += span
    return pieces


async def _totals(
    reader: Reader,
    columns: Sequence[str],
    wanted: FigureFilter,
    step_days: int,
    origin: Origin | None = None,
) -> Iterator[tuple[int, Any, Totals]]:
    """Rows of step, origin and sums. The histograms of a row come as one text, to be added up here.

    The pieces come first and lead into the key of the table, one look-up for each.
    """
    spreads = [name for name in columns if name in SPREADS]
    amounts = [f"{name}_total" if name in SPREADS else name for name in columns]
    pieces, days = _pieces(wanted, step_days)
    where, params = _where(wanted, origin)
    sums = [f"cast(sum({name}) as bigint)" for name in amounts]
    sums += [_LISTED[reader.dialect].format(column=name) for name in spreads]
    # Over all there is a row a piece; agents, repositories and templates can be many.
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
                dict(zip(amounts, found, strict=False)),
                {
                    name: _added(listed)
                    for name, listed in zip(spreads, found[len(amounts) :], strict=True)
                    if listed
                },
            ),
        )
        for step, value, *found in rows
    )


def _pieces(
    wanted: FigureFilter, step_days: int, *, is_daily: bool = False
) -> tuple[str, dict[str, int]]:
    """What a query begins with, table `piece`, and its parameters."""
    if is_daily or step_days == 1:
        return _DAILY, {
            "first_day": wanted.first_day,
            "last_day": wanted.last_day,
            "step_days": step_days,
        }
    pieces = pieces_of(wanted, step_days)
    listed = ", ".join(f"({step}, {span}, {day})" for step, span, day in pieces)
    return f"with piece(step, span, day) as (values {listed})", {}


def _where(wanted: FigureFilter, origin: Origin | None) -> tuple[str, dict[str, Any]]:
    asked = wanted.origins
    if set(asked) <= {origin}:
        scope = _SCOPE[origin] if origin else ALL
        places = {name: value for name, value in _ANY.items() if name != origin} | asked
    elif origin is None and len(asked) == 1:
        scope, places = _SCOPE[next(iter(asked))], _ANY | asked
    else:
        scope, places = EXACT, asked
    terms = ["scope = :scope", "found.span = piece.span", "found.day = piece.day"]
    terms += [f"{name} = :{name}" for name in places]
    params = places | {"scope": scope}
    if wanted.organization_id is not None:
        terms.append("organization_id = :organization_id")
        params["organization_id"] = wanted.organization_id
    return " and ".join(terms), params


def _added(listed: str) -> dict[str, int]:
    """Add up histograms that are written one after the other."""
    if "}" not in listed[:-1]:
        return orjson.loads(listed)
    first, *others = orjson.loads(f"[{listed}]")
    so_far = first.get
    for histogram in others:
        for bucket, number in histogram.items():
            first[bucket] = so_far(bucket, 0) + number
    return first


def _told(origin: Origin | None, value: Any) -> OriginValue:
    if origin is None or value == _NONE[origin]:
        return None
    return value if origin == "repo_id" else str(value)[1:]
