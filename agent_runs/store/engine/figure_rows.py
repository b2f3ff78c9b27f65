"""Where figures of runs are stored, and the statements that update them with each transaction.

Table `run_figure` has a row per cell (day, agent, repository, mode) with columns for the number of
runs, sums and histograms. Table `figure` has a row per cell and name, because agents name tools,
errors and currencies.

There are five scopes: over all, by agent, by repository, by mode, and by the three together; each
by day and by longer spans of days. So any view of any period reads few rows (decision 0016).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from agent_runs.store.engine.dialect import Dialect, Statement

ALL, BY_AGENT, BY_REPO, BY_MODE, EXACT = range(5)
"""Scopes of figures."""
ANY = "*"
ANY_REPO = -1
NO_REPO = 0
SPANS = (1, 2, 6, 12, 36)
"""Days that figures are kept by; each begins with a day that it divides. With these, any 90 days
take at most ten pieces, see `pieces_of`; `bench/analytics.py` measures the tables."""

DURATION, FIRST_STEP, WAITED, STEPS = "duration", "first_step", "waited", "steps"
SPREADS = (DURATION, FIRST_STEP, WAITED, STEPS)
"""Columns with histograms: JSON objects of numbers by bucket. A bucket has three digits, so buckets
sort as texts. The sum is in `{name}_total`."""
OUTCOMES = ("working", "complete", "failed", "cancelled")
TOKENS = ("input", "output", "total")
TIMES = ("model", "tools", "waiting", "queued")
AMOUNTS = (
    *OUTCOMES,
    "calls",
    "failed_calls",
    *(f"{name}_runs" for name in TOKENS),
    *(f"{name}_tokens" for name in TOKENS),
    *(f"{name}_ms" for name in TIMES),
    *(f"{name}_total" for name in SPREADS),
)
"""Columns with plain sums."""

_PLACE = {
    "scope": "int",
    "span": "int",
    "day": "int",
    "agent": "text",
    "repo_id": "bigint",
    "mode": "text",
    "organization_id": "bigint",
}
"""Key of `run_figure`, with types; the key of `figure` has two more columns."""
_BY_NAME = {"scope": "int", "kind": "text", **_PLACE, "name": "text"}
_NAMED: tuple[str, ...] = ("number", "failed", "total")
_NONE = "{}"
_JOINED: dict[Dialect, str] = {
    "sqlite": """
        select json_group_object(key, number) from (
            select key, sum(value) as number from (
                select key, value from json_each(run_figure.{column})
                union all select key, value from json_each(excluded.{column})) as one
            group by key having sum(value) <> 0 order by key) as summed
    """,
    "postgresql": """
        select coalesce(json_object_agg(key, number), '{{}}')::text from (
            select key, sum(value::bigint) as number from (
                select key, value from json_each_text(run_figure.{column}::json)
                union all select key, value from json_each_text(excluded.{column}::json)) as one
            group by key having sum(value::bigint) <> 0 order by key) as summed
    """,
}
"""Adds up two histograms."""


class Cell(NamedTuple):
    """Where a run counts. Agent and mode are as `figures.word` writes them."""

    organization_id: int
    day: int
    agent: str
    repo_id: int
    mode: str

    def rows(self) -> Iterator[tuple[int, int, int, str, int, str, int]]:
        """Yield the keys of all rows that it counts in: each scope by each span."""
        for scope, (agent, repo_id, mode) in enumerate(
            (
                (ANY, ANY_REPO, ANY),
                (self.agent, ANY_REPO, ANY),
                (ANY, self.repo_id, ANY),
                (ANY, ANY_REPO, self.mode),
                (self.agent, self.repo_id, self.mode),
            )
        ):
            for span in SPANS:
                first = self.day - self.day % span
                yield scope, span, first, agent, repo_id, mode, self.organization_id


class FigureRows:
    """Changes of figures that one transaction has gathered."""

    def __init__(self) -> None:
        self._amounts: defaultdict[Cell, Counter[str]] = defaultdict(Counter)
        self._buckets: defaultdict[Cell, Counter[tuple[str, int]]] = defaultdict(Counter)
        self._by_name: defaultdict[tuple[Cell, str, str], Counter[str]] = defaultdict(Counter)

    def add(
        self, cell: Cell, amounts: Mapping[str, int], buckets: Mapping[str, int], sign: int
    ) -> None:
        """Add to the figures of a cell, or subtract if `sign` is -1.

        Args:
            amounts: by column, of `AMOUNTS`.
            buckets: the bucket of one value by column, of `SPREADS`.
        """
        for name, amount in amounts.items():
            self._amounts[cell][name] += sign * amount
        for spread in buckets.items():
            self._buckets[cell][spread] += sign

    def add_named(
        self, cell: Cell, kind: str, name: str, amount: tuple[int, int, int], sign: int
    ) -> None:
        """Add to what is counted under a name: its number, failed and total."""
        counted = self._by_name[cell, kind, name]
        for column, value in zip(_NAMED, amount, strict=True):
            counted[column] += sign * value

    def take(self, dialect: Dialect) -> list[Statement]:
        """Return the statements that write the changes gathered so far, and forget these."""
        statements: list[Statement] = []
        if rows := self._run_rows():
            columns = dict.fromkeys(AMOUNTS, "bigint") | dict.fromkeys(SPREADS, "text")
            statements.append(_adding("run_figure", _PLACE, columns, rows, dialect))
        if rows := self._named_rows():
            columns = dict.fromkeys(_NAMED, "bigint")
            statements.append(_adding("figure", _BY_NAME, columns, rows, dialect))
        for gathered in (self._amounts, self._buckets, self._by_name):
            gathered.clear()
        return statements

    def _run_rows(self) -> list[dict[str, Any]]:
        amounts: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
        buckets: defaultdict[tuple[Any, ...], Counter[tuple[str, int]]] = defaultdict(Counter)
        for cell in self._amounts.keys() | self._buckets.keys():
            changes = {name: change for name, change in self._amounts[cell].items() if change}
            values = {bucket: change for bucket, change in self._buckets[cell].items() if change}
            for key in cell.rows() if changes or values else ():
                _add_to(amounts[key], changes)
                _add_to(buckets[key], values)
        return [
            dict(zip(_PLACE, key, strict=True))
            | {name: changes[name] for name in AMOUNTS}
            | _histograms(buckets[key])
            for key, changes in sorted(amounts.items(), key=itemgetter(0))
            if any(changes.values()) or any(buckets[key].values())
        ]

    def _named_rows(self) -> list[dict[str, Any]]:
        sums: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
        for (cell, kind, name), amount in self._by_name.items():
            if any(amount.values()):
                for scope, *rest in cell.rows():
                    _add_to(sums[scope, kind, *rest, name], amount)
        return [
            dict(zip(_BY_NAME, key, strict=True)) | {name: amount[name] for name in _NAMED}
            for key, amount in sorted(sums.items(), key=itemgetter(0))
            if any(amount.values())
        ]


def _add_to(sums: Counter[Any], changes: Mapping[Any, int]) -> None:
    # `Counter.update` would first inspect its argument.
    for name, change in changes.items():
        sums[name] += change


def _histograms(buckets: Mapping[tuple[str, int], int]) -> dict[str, str]:
    histograms: dict[str, dict[str, int]] = {}
    for (spread, bucket), number in sorted(buckets.items()):
        if number:
            histograms.setdefault(spread, {})[f"{bucket:03}"] = number
    return dict.fromkeys(SPREADS, _NONE) | {
        spread: orjson.dumps(numbers).decode() for spread, numbers in histograms.items()
    }


def _added(table: str, column: str, kind: str, dialect: Dialect) -> str:
    if kind != "text":
        return f"{column} = {table}.{column} + excluded.{column}"
    joined = _JOINED[dialect].format(column=column)
    return (
        f"{column} = case when excluded.{column} = '{_NONE}' then {table}.{column}"
        f" else ({joined}) end"
    )


def _adding(
    table: str,
    key: Mapping[str, str],
    columns: Mapping[str, str],
    rows: list[dict[str, Any]],
    dialect: Dialect,
) -> Statement:
    """The statement that adds the rows to those with the same key."""
    changes = ", ".join(_added(table, name, kind, dialect) for name, kind in columns.items())
    types = dict(key) | dict(columns)
    if dialect == "postgresql":
        # One statement with a parameter per column: thousands of statements would take seconds.
        listed = ", ".join(f":{name}::{kind}[]" for name, kind in types.items())
        source = f"select * from unnest({listed})"
        params: list[dict[str, Any]] = [{name: [row[name] for row in rows] for name in types}]
    else:
        source = f"values ({', '.join(f':{name}' for name in types)})"
        params = rows
    return (
        f"insert into {table} ({', '.join(types)}) {source}"
        f" on conflict ({', '.join(key)}) do update set {changes}",
        params,
    )
