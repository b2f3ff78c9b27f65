"""What a transaction writes last of all, right before its commit: events and run totals.

Written last, the lock that keeps event ids in commit order is held for one round trip only, and
no transaction ever waits for a row while it holds that lock, so two can never wait for each other.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Literal, Protocol

import orjson

from agent_runs.events import CHANNEL
from agent_runs.store.payloads import milliseconds, now

Dialect = Literal["sqlite", "postgresql"]
Statement = tuple[str, Sequence[Mapping[str, Any]]]
"""SQL text and the parameter sets to run it with, one after the other."""

EVENT_LOCK = 1785688692
"""PostgreSQL lock that whoever writes events or figures holds until the commit."""
_ADD_TOTAL = """
    insert into run_total (organization_id, status, archived, total)
    values (:organization_id, :status, :archived, :change)
    on conflict (organization_id, status, archived)
    do update set total = run_total.total + excluded.total
"""
SPANS = (1, 5, 30)
"""Days that figures are kept by; each begins with a day that it divides."""
_FIGURE = {
    "scope": "int",
    "kind": "text",
    "span": "int",
    "day": "int",
    "agent": "text",
    "repo_id": "bigint",
    "mode": "text",
    "name": "text",
    "organization_id": "bigint",
    "number": "bigint",
    "failed": "bigint",
    "total": "bigint",
    "buckets": "text",
}
"""Columns of a figure with their types; the last four are added up."""
_JOIN_BUCKETS: dict[Dialect, str] = {
    "sqlite": """
        select json_group_object(key, number) from (
            select key, sum(value) as number from (
                select key, value from json_each(figure.buckets)
                union all select key, value from json_each(excluded.buckets)) as one
            group by key having sum(value) <> 0) as summed
    """,
    "postgresql": """
        select coalesce(json_object_agg(key, number), '{}')::text from (
            select key, sum(value::bigint) as number from (
                select key, value from json_each_text(figure.buckets::json)
                union all select key, value from json_each_text(excluded.buckets::json)) as one
            group by key having sum(value::bigint) <> 0) as summed
    """,
}
"""Adds up two histograms, JSON objects of numbers by bucket."""
_ADD_FIGURE = f"""
    insert into figure ({", ".join(_FIGURE)}) {{rows}}
    on conflict (scope, kind, span, day, agent, repo_id, mode, name, organization_id)
    do update set number = figure.number + excluded.number,
    failed = figure.failed + excluded.failed, total = figure.total + excluded.total,
    buckets = case when excluded.buckets = '' then figure.buckets else ({{joined}}) end
"""
_ADD_EVENT = """
    insert into event (kind, run_id, created_at, body)
    values (:kind, :run_id, :created_at, :body)
"""


FigureKey = tuple[int, int, str, int, str, str, str]
"""organization_id, day, agent, repo_id, mode, kind, name; histograms have no name."""


class _Amount(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def total(self) -> int: ...


@dataclass
class _Figure:
    """What is added to a figure: amounts, and numbers by bucket if it is a histogram."""

    number: int = 0
    failed: int = 0
    total: int = 0
    buckets: Counter[str] = field(default_factory=Counter[str])

    @property
    def is_changed(self) -> bool:
        return bool(self.number or self.failed or self.total or any(self.buckets.values()))

    def add(self, other: "_Figure") -> None:
        self.number += other.number
        self.failed += other.failed
        self.total += other.total
        for bucket, number in other.buckets.items():
            self.buckets[bucket] += number

    def values(self) -> tuple[int, int, int, str]:
        """As they are written; no histogram is empty text."""
        changed = {bucket: number for bucket, number in self.buckets.items() if number}
        told = orjson.dumps(changed).decode() if self.buckets else ""
        return self.number, self.failed, self.total, told


class Outbox:
    """Events and changes of totals and figures that one transaction has gathered."""

    def __init__(self) -> None:
        self._events: list[tuple[str, int, str]] = []
        self._totals: Counter[tuple[int, str, bool]] = Counter()
        self._figures: dict[FigureKey, _Figure] = {}

    def add_event(self, kind: str, run_id: int, text: str) -> None:
        """Let the transaction end with this event; order is kept."""
        self._events.append((kind, run_id, text))

    def add_total(self, organization_id: int, status: str, *, archived: bool, change: int) -> None:
        """Let the number of such runs rise by `change`."""
        self._totals[organization_id, status, archived] += change

    def add_figure(
        self, key: FigureKey, amount: _Amount, sign: int, *, bucket: str | None = None
    ) -> None:
        """Let a figure rise by an amount, or fall when `sign` is -1.

        Args:
            bucket: of the histogram that the figure is; None when it is none.
        """
        figure = self._figures.setdefault(key, _Figure())
        figure.number += sign * amount.number
        figure.failed += sign * amount.failed
        figure.total += sign * amount.total
        if bucket is not None:
            figure.buckets[bucket] += sign * amount.number

    def take_figures(self, dialect: Dialect) -> list[Statement]:
        """Return what writes the figures gathered so far, and forget them."""
        rows = self._figure_rows()
        self._figures.clear()
        if not rows:
            return []
        joined = _JOIN_BUCKETS[dialect]
        if dialect == "postgresql":
            # One statement with a column a parameter: thousands of single ones would take seconds.
            listed = ", ".join(f":{name}::{kind}[]" for name, kind in _FIGURE.items())
            columns = {name: [row[name] for row in rows] for name in _FIGURE}
            rows_sql = f"select * from unnest({listed})"
            return [(_ADD_FIGURE.format(rows=rows_sql, joined=joined), [columns])]
        values = ", ".join(f":{name}" for name in _FIGURE)
        return [(_ADD_FIGURE.format(rows=f"values ({values})", joined=joined), rows)]

    @property
    def has_events(self) -> bool:
        """Tell whether subscribers have to be woken after the commit."""
        return bool(self._events)

    def statements(self, dialect: Dialect) -> list[Statement]:
        """Return what to run before the commit, in this order."""
        totals = [
            {"organization_id": key[0], "status": key[1], "archived": int(key[2]), "change": change}
            for key, change in sorted(self._totals.items())
            if change
        ]
        figures = self.take_figures(dialect)
        written_at = milliseconds(now())
        events = [
            {"kind": kind, "run_id": run_id, "created_at": written_at, "body": text}
            for kind, run_id, text in self._events
        ]
        statements: list[Statement] = []
        if dialect == "postgresql" and (totals or figures or events):
            # Ids are given in the order of inserts, but seen in the order of commits: without the
            # lock a reader that goes on from its last id would skip events (store.md section 4).
            statements.append((f"select pg_advisory_xact_lock({EVENT_LOCK})", [{}]))
        if totals:
            statements.append((_ADD_TOTAL, totals))
        statements += figures
        if events:
            statements.append((_ADD_EVENT, events))
        if dialect == "postgresql" and events:
            statements.append((f"select pg_notify('{CHANNEL}', '')", [{}]))
        return statements

    def _figure_rows(self) -> list[dict[str, Any]]:
        """Each changed figure in each of its scopes and spans."""
        rows: defaultdict[tuple[Any, ...], _Figure] = defaultdict(_Figure)
        for key, figure in self._figures.items():
            if not figure.is_changed:
                continue
            organization_id, day, agent, repo_id, mode, kind, name = key
            for scope, place in enumerate(
                (
                    ("*", -1, "*"),
                    (agent, -1, "*"),
                    ("*", repo_id, "*"),
                    ("*", -1, mode),
                    (agent, repo_id, mode),
                )
            ):
                for span in SPANS:
                    first = day - day % span
                    rows[scope, kind, span, first, *place, name, organization_id].add(figure)
        return [
            dict(zip(_FIGURE, (*key, *figure.values()), strict=True))
            for key, figure in sorted(rows.items(), key=itemgetter(0))
            if figure.is_changed
        ]
