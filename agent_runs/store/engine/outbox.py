"""What a transaction writes last, right before its commit: events and run totals.

Because they come last, the lock that keeps event ids in commit order is held for only one round
trip. No transaction waits for a row while it holds that lock, so there is no deadlock.
"""

from collections import Counter

from agent_runs.events import CHANNEL
from agent_runs.store.engine.dialect import Dialect, Statement
from agent_runs.store.engine.figure_rows import FigureRows
from agent_runs.store.engine.payloads import milliseconds, now

EVENT_LOCK = 1785688692
"""PostgreSQL lock that each writer of events or figures holds until its commit."""
_ADD_TOTAL = """
    insert into run_total (organization_id, status, archived, total)
    values (:organization_id, :status, :archived, :change)
    on conflict (organization_id, status, archived)
    do update set total = run_total.total + excluded.total
"""
_ADD_EVENT = """
    insert into event (kind, run_id, created_at, body)
    values (:kind, :run_id, :created_at, :body)
"""


class Outbox:
    """Events and changes of totals and figures that one transaction has gathered.

    Attributes:
        figures: changes of figures.
    """

    def __init__(self) -> None:
        self._events: list[tuple[str, int, str]] = []
        self._totals: Counter[tuple[int, str, bool]] = Counter()
        self.figures = FigureRows()

    def add_event(self, kind: str, run_id: int, text: str) -> None:
        """Let the transaction end with this event; events keep their order."""
        self._events.append((kind, run_id, text))

    def add_total(self, organization_id: int, status: str, *, archived: bool, change: int) -> None:
        """Add `change` to the number of such runs."""
        self._totals[organization_id, status, archived] += change

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
        figures = self.figures.take(dialect)
        written_at = milliseconds(now())
        events = [
            {"kind": kind, "run_id": run_id, "created_at": written_at, "body": text}
            for kind, run_id, text in self._events
        ]
        statements: list[Statement] = []
        if dialect == "postgresql" and (totals or figures or events):
            # Ids are given in the order of inserts, but become visible in the order of commits.
            # Without the lock, the later of two ids can appear first, and a reader that continues
            # from it never gets the earlier one.
            statements.append((f"select pg_advisory_xact_lock({EVENT_LOCK})", [{}]))
        if totals:
            statements.append((_ADD_TOTAL, totals))
        statements += figures
        if events:
            statements.append((_ADD_EVENT, events))
        if dialect == "postgresql" and events:
            statements.append((f"select pg_notify('{CHANNEL}', '')", [{}]))
        return statements
