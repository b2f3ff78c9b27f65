"""What a transaction writes last of all, right before its commit: events and run totals.

Written last, the lock that keeps event ids in commit order is held for one round trip only, and
no transaction ever waits for a row while it holds that lock, so two can never wait for each other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

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
_FIGURE = {
    "scope": "int",
    "kind": "text",
    "agent": "text",
    "repo_id": "bigint",
    "mode": "text",
    "day": "int",
    "name": "text",
    "organization_id": "bigint",
    "number": "bigint",
    "failed": "bigint",
    "total": "bigint",
}
"""Columns of a figure with their types; the last three are added up."""
_ADD_FIGURE = f"""
    insert into figure ({", ".join(_FIGURE)}) {{rows}}
    on conflict (scope, kind, agent, repo_id, mode, day, name, organization_id)
    do update set number = figure.number + excluded.number,
    failed = figure.failed + excluded.failed, total = figure.total + excluded.total
"""
_ADD_EVENT = """
    insert into event (kind, run_id, created_at, body)
    values (:kind, :run_id, :created_at, :body)
"""


FigureKey = tuple[int, int, str, int, str, str, str]
"""organization_id, day, agent, repo_id, mode, kind, name."""


class _Amount(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def total(self) -> int: ...


class Outbox:
    """Events and changes of totals and figures that one transaction has gathered."""

    def __init__(self) -> None:
        self._events: list[tuple[str, int, str]] = []
        self._totals: Counter[tuple[int, str, bool]] = Counter()
        self._figures: dict[FigureKey, tuple[int, int, int]] = {}

    def add_event(self, kind: str, run_id: int, text: str) -> None:
        """Let the transaction end with this event; order is kept."""
        self._events.append((kind, run_id, text))

    def add_total(self, organization_id: int, status: str, *, archived: bool, change: int) -> None:
        """Let the number of such runs rise by `change`."""
        self._totals[organization_id, status, archived] += change

    def add_figure(self, key: FigureKey, amount: _Amount, sign: int) -> None:
        """Let a figure rise by an amount, or fall when `sign` is -1."""
        number, failed, total = self._figures.get(key, (0, 0, 0))
        self._figures[key] = (
            number + sign * amount.number,
            failed + sign * amount.failed,
            total + sign * amount.total,
        )

    def take_figures(self, dialect: Dialect) -> list[Statement]:
        """Return what writes the figures gathered so far, and forget them."""
        rows = self._figure_rows()
        self._figures.clear()
        if not rows:
            return []
        if dialect == "postgresql":
            # One statement with a column a parameter: thousands of single ones would take seconds.
            listed = ", ".join(f":{name}::{kind}[]" for name, kind in _FIGURE.items())
            columns = {name: [row[name] for row in rows] for name in _FIGURE}
            return [(_ADD_FIGURE.format(rows=f"select * from unnest({listed})"), [columns])]
        values = ", ".join(f":{name}" for name in _FIGURE)
        return [(_ADD_FIGURE.format(rows=f"values ({values})"), rows)]

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
        """Each changed figure in each of its scopes."""
        rows: dict[tuple[Any, ...], list[int]] = {}
        for key, amounts in self._figures.items():
            if not any(amounts):
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
                row = rows.setdefault((scope, kind, *place, day, name, organization_id), [0, 0, 0])
                for at, amount in enumerate(amounts):
                    row[at] += amount
        return [
            dict(zip(_FIGURE, (*key, *amounts), strict=True))
            for key, amounts in sorted(rows.items())
            if any(amounts)
        ]
