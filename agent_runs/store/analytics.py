"""Reads the figures that `store/figures.py` keeps: sums over a period, by name, day or origin."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from agent_runs.store import figures
from agent_runs.store.database import Reader
from agent_runs.store.tallies import Amount
from agent_runs.store.terms import any_of

Origin = Literal["agent", "repo_id", "mode"]

_SUMS = "sum(number), sum(failed), sum(total)"
_ANY: dict[str, Any] = {
    "agent": figures.ANY,
    "repo_id": figures.ANY_REPO,
    "mode": figures.ANY,
}
_NONE: dict[str, Any] = {"agent": "", "repo_id": figures.NO_REPO, "mode": ""}
_SCOPE = {"agent": figures.BY_AGENT, "repo_id": figures.BY_REPO, "mode": figures.BY_MODE}


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
    def origins(self) -> dict[str, Any]:
        """What is asked for, as it stands in the table."""
        asked: dict[str, Any] = {}
        if self.agent is not None:
            asked["agent"] = figures.word(self.agent)
        if self.repo_id is not None:
            asked["repo_id"] = self.repo_id
        if self.mode is not None:
            asked["mode"] = figures.word(self.mode)
        return asked


class DayFigure(NamedTuple):
    """What is counted under a name in one step of the period.

    Attributes:
        step: from 0 at the first day.
    """

    kind: str
    step: int
    name: str
    amount: Amount


class OriginFigure(NamedTuple):
    """What is counted under a name of one agent, repository or mode; None stands for none."""

    origin: str | int | None
    kind: str
    name: str
    amount: Amount


class NameFigure(NamedTuple):
    """What is counted under a name in the whole period; `last_day` is when it was last there."""

    kind: str
    name: str
    amount: Amount
    last_day: int


async def by_name(reader: Reader, kinds: tuple[str, ...], wanted: FigureFilter) -> list[NameFigure]:
    """Return the sums over the period."""
    where, params = _where(kinds, wanted)
    rows = await reader.read_heavy(
        f"select kind, name, {_SUMS}, max(day) from figure where {where}"
        " group by kind, name having sum(number) > 0",
        params,
    )
    return [
        NameFigure(kind, name, _amount(*amounts), last_day)
        for kind, name, *amounts, last_day in rows
    ]


async def by_day(
    reader: Reader, kinds: tuple[str, ...], wanted: FigureFilter, step_days: int
) -> list[DayFigure]:
    """Return what is counted in each step of the period.

    A name may come several times in a step. Rows are read as they stand in the key: to sort them
    into groups would take the database longer than the caller takes to add them up.
    """
    where, params = _where(kinds, wanted)
    rows = await reader.read_heavy(
        f"select kind, day, name, number, failed, total from figure where {where} and number > 0",
        params,
    )
    first = wanted.first_day
    return [
        DayFigure(kind, (day - first) // step_days, name, Amount(number, failed, total))
        for kind, day, name, number, failed, total in rows
    ]


async def by_origin(
    reader: Reader, kinds: tuple[str, ...], wanted: FigureFilter, origin: Origin
) -> list[OriginFigure]:
    """Return the sums of each agent, repository or mode."""
    if set(wanted.origins) <= {origin}:
        rows = await _by_one_origin(reader, kinds, wanted, origin)
    else:
        where, params = _where(kinds, wanted, exact=True)
        rows = await reader.read_heavy(
            f"select {origin}, kind, name, {_SUMS} from figure where {where}"
            f" group by {origin}, kind, name having sum(number) > 0",
            params,
        )
    return [
        OriginFigure(_told(origin, value), kind, name, _amount(*amounts))
        for value, kind, name, *amounts in rows
    ]


async def _by_one_origin(
    reader: Reader, kinds: tuple[str, ...], wanted: FigureFilter, origin: Origin
) -> list[tuple[Any, ...]]:
    """Origins are looked up one after the other in the key, then the period of each is read."""
    params: dict[str, Any] = {"scope": _SCOPE[origin], "none": _NONE[origin]}
    others = [name for name in _ANY if name != origin]
    fixed = " and ".join(f"{name} = :{name}" for name in others)
    params |= {name: _ANY[name] for name in others}
    # The key begins with scope, kind and the origins: `min` is one step down the tree. Every run
    # counts under kind `runs`, so that kind knows all origins.
    first = (
        "select min({origin}) from figure where scope = :scope and kind = 'runs' and {fixed}"
        " and {origin} {more}"
    )
    only = ""
    if origin in wanted.origins:
        only = " where origin = :only"
        params["only"] = wanted.origins[origin]
    period, period_params = _period(wanted)
    listed = any_of("kind", kinds, period_params)
    rows = await reader.read_heavy(
        "with recursive known(origin) as ("
        f" {first.format(origin=origin, fixed=fixed, more='>= :none')}"
        f" union all select ({first.format(origin=origin, fixed=fixed, more='> known.origin')})"
        "  from known where known.origin is not null)"
        f", chosen as (select origin from known{only})"
        f" select origin, kind, name, {_SUMS} from chosen join figure on scope = :scope"
        f" and {listed} and {fixed} and {origin} = chosen.origin and {period}"
        " group by origin, kind, name having sum(number) > 0",
        params | period_params,
    )
    return rows


def _where(
    kinds: tuple[str, ...], wanted: FigureFilter, *, exact: bool = False
) -> tuple[str, dict[str, Any]]:
    asked = wanted.origins
    params: dict[str, Any] = {}
    terms: list[str] = []
    if exact or len(asked) > 1:
        scope, places = figures.EXACT, asked
    else:
        scope = _SCOPE[next(iter(asked))] if asked else figures.ALL
        places = _ANY | asked
    params["scope"] = scope
    terms += ["scope = :scope", any_of("kind", kinds, params)]
    terms += [f"{name} = :{name}" for name in places]
    params |= places
    period, more = _period(wanted)
    return " and ".join([*terms, period]), params | more


def _period(wanted: FigureFilter) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = {"first_day": wanted.first_day, "last_day": wanted.last_day}
    term = "day >= :first_day and day <= :last_day"
    if wanted.organization_id is not None:
        term += " and organization_id = :organization_id"
        params["organization_id"] = wanted.organization_id
    return term, params


def _amount(number: Any, failed: Any, total: Any) -> Amount:
    # Sums are decimals on PostgreSQL.
    return Amount(int(number), int(failed), int(total))


def _told(origin: Origin, value: Any) -> str | int | None:
    if value == _NONE[origin]:
        return None
    return value if origin == "repo_id" else str(value)[1:]
