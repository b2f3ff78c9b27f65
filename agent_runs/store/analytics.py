"""Reads the figures that `store/figures.py` keeps: sums over a period, by name, day or origin."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

import orjson

from agent_runs.store import figures
from agent_runs.store.database import Reader
from agent_runs.store.outbox import SPANS
from agent_runs.store.tallies import Amount
from agent_runs.store.terms import any_of

Origin = Literal["agent", "repo_id", "mode"]
Piece = tuple[int, int]
"""A span of days that figures are kept by, and its first day."""

_Key = TypeVar("_Key")
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
        buckets: numbers by bucket; empty for what is no histogram.
    """

    kind: str
    step: int
    name: str
    amount: Amount
    buckets: Mapping[str, int]


class OriginFigure(NamedTuple):
    """What is counted under a name of one agent, repository or mode; None stands for none."""

    origin: str | int | None
    kind: str
    name: str
    amount: Amount
    buckets: Mapping[str, int]


class NameFigure(NamedTuple):
    """What is counted under a name in the whole period."""

    kind: str
    name: str
    amount: Amount
    buckets: Mapping[str, int]


async def by_name(reader: Reader, kinds: tuple[str, ...], wanted: FigureFilter) -> list[NameFigure]:
    """Return the sums over the period."""
    pieces = pieces_of(wanted.first_day, wanted.last_day)
    rows = await _read(reader, kinds, wanted, pieces)
    sums = _sums(((kind, name), amounts) for kind, name, _, _, *amounts in rows)
    return [NameFigure(*key, *each) for key, each in sums]


async def by_day(
    reader: Reader, kinds: tuple[str, ...], wanted: FigureFilter, step_days: int
) -> list[DayFigure]:
    """Return the sums over each step of the period."""
    first, last = wanted.first_day, wanted.last_day
    pieces = [
        piece
        for begin in range(first, last + 1, step_days)
        for piece in pieces_of(begin, min(begin + step_days - 1, last))
    ]
    rows = await _read(reader, kinds, wanted, pieces)
    sums = _sums(
        ((kind, (day - first) // step_days, name), amounts) for kind, name, day, _, *amounts in rows
    )
    return [DayFigure(*key, *each) for key, each in sums]


async def by_origin(
    reader: Reader, kinds: tuple[str, ...], wanted: FigureFilter, origin: Origin
) -> list[OriginFigure]:
    """Return the sums over the period of each agent, repository or mode."""
    pieces = pieces_of(wanted.first_day, wanted.last_day)
    rows = await _read(reader, kinds, wanted, pieces, origin)
    sums = _sums(((value, kind, name), amounts) for kind, name, _, value, *amounts in rows)
    return [OriginFigure(_told(origin, key[0]), *key[1:], *each) for key, each in sums]


def pieces_of(first_day: int, last_day: int) -> list[Piece]:
    """Return the longest spans that together are the days from the first to the last."""
    pieces: list[Piece] = []
    day = first_day
    while day <= last_day:
        span = max(span for span in SPANS if day % span == 0 and day + span - 1 <= last_day)
        pieces.append((span, day))
        day += span
    return pieces


async def _read(
    reader: Reader,
    kinds: tuple[str, ...],
    wanted: FigureFilter,
    pieces: list[Piece],
    origin: Origin | None = None,
) -> list[tuple[Any, ...]]:
    """Rows of kind, name, day, origin, number, failed, total and buckets.

    The pieces come first and lead into the key of the table, one look-up for each and each kind.
    Rows are read as they stand there: to sort them into groups would take the database longer
    than it takes to add them up here.
    """
    asked = wanted.origins
    params: dict[str, Any] = {}
    terms = [any_of("kind", kinds, params)]
    if set(asked) <= {origin}:
        scope = _SCOPE[origin] if origin else figures.ALL
        places = {name: value for name, value in _ANY.items() if name != origin} | asked
    elif origin is None and len(asked) == 1:
        scope, places = _SCOPE[next(iter(asked))], _ANY | asked
    else:
        scope, places = figures.EXACT, asked
    params |= places | {"scope": scope}
    terms += [f"{name} = :{name}" for name in places]
    if wanted.organization_id is not None:
        terms.append("organization_id = :organization_id")
        params["organization_id"] = wanted.organization_id
    listed = ", ".join(f"({span}, {day})" for span, day in pieces)
    return await reader.read_heavy(
        f"with piece(span, day) as (values {listed})"
        f" select kind, name, figure.day, {origin or 'null'}, number, failed, total, buckets"
        " from piece cross join figure where scope = :scope and figure.span = piece.span"
        f" and figure.day = piece.day and number > 0 and {' and '.join(terms)}",
        params,
    )


def _sums(
    rows: Iterable[tuple[_Key, list[Any]]],
) -> Iterator[tuple[_Key, tuple[Amount, Mapping[str, int]]]]:
    """Add up what stands under the same key."""
    sums: dict[_Key, tuple[int, int, int]] = {}
    histograms: dict[_Key, dict[str, int]] = {}
    for key, (number, failed, total, buckets) in rows:
        sums[key] = (
            (number, failed, total)
            if (so_far := sums.get(key)) is None
            else (so_far[0] + number, so_far[1] + failed, so_far[2] + total)
        )
        if not buckets:
            continue
        added: dict[str, int] = orjson.loads(buckets)
        if (histogram := histograms.get(key)) is None:
            histograms[key] = added
        else:
            for bucket, more in added.items():
                histogram[bucket] = histogram.get(bucket, 0) + more
    for key, amounts in sums.items():
        yield key, (Amount(*amounts), histograms.get(key, {}))


def _told(origin: Origin, value: Any) -> str | int | None:
    if value == _NONE[origin]:
        return None
    return value if origin == "repo_id" else str(value)[1:]
