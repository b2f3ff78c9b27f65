"""What a table is about: the period and the runs in it, and the paths that list these runs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import quote_plus, urlencode

from agent_runs.models import JSON
from agent_runs.store.figures.sums import FigureFilter

FIRST_DAY = date(1970, 1, 1)
"""Figures count days from this one."""
LONGEST_PERIOD = 1100
"""Days; three years."""
_MOST_POINTS = 92
_WEEK = 7


@dataclass(frozen=True)
class Scope:
    """A period and the runs in it.

    Attributes:
        first_day: of the period; days are UTC days.
        last_day: inclusive.
        agent, repo_id, mode: only runs of these; None means all.
    """

    first_day: date
    last_day: date
    organization_id: int | None = None
    agent: str | None = None
    repo_id: int | None = None
    mode: str | None = None

    @property
    def days(self) -> int:
        """Number of days in the period."""
        return (self.last_day - self.first_day).days + 1

    @property
    def step_days(self) -> int:
        """Number of days that one point of a chart covers."""
        return 1 if self.days <= _MOST_POINTS else _WEEK

    @property
    def figures(self) -> FigureFilter:
        """The same, in the store's form."""
        return FigureFilter(
            first_day=(self.first_day - FIRST_DAY).days,
            last_day=(self.last_day - FIRST_DAY).days,
            organization_id=self.organization_id,
            agent=self.agent,
            repo_id=self.repo_id,
            mode=self.mode,
        )

    def with_before(self) -> "Scope":
        """Return a period twice as long that ends with this one."""
        return replace(self, first_day=self.first_day - timedelta(days=self.days))

    def points(self, **more: JSON) -> list[tuple[str, str]]:
        """Return the first day of each point of a chart, and the path that lists its runs.

        Args:
            more: further filters of the path.
        """
        days = range(0, self.days, self.step_days)
        first_days = [(self.first_day + timedelta(days=at)).isoformat() for at in days]
        ends = [*first_days[1:], (self.last_day + timedelta(days=1)).isoformat()]
        rest = self._rest(more)
        return [
            (first, _path(first, end, rest)) for first, end in zip(first_days, ends, strict=True)
        ]

    def runs(self, **more: JSON) -> str:
        """Return the path of `GET /agent_runs` that lists the runs behind a figure.

        Args:
            more: further filters; a list repeats the parameter.
        """
        end = self.last_day + timedelta(days=1)
        return _path(self.first_day.isoformat(), end.isoformat(), self._rest(more))

    def runs_by(self, name: str) -> Callable[[str | int], str]:
        """Return a function that makes such a path for a value of this filter, for many rows."""
        others = replace(self, **{name: None}) if hasattr(self, name) else self
        path = others.runs()
        return lambda value: f"{path}&{name}={quote_plus(str(value))}"

    def _rest(self, more: dict[str, JSON]) -> str:
        query: dict[str, JSON] = {
            "agent": self.agent,
            "repo_id": self.repo_id,
            "mode": self.mode,
        } | more
        query = {name: value for name, value in query.items() if value is not None}
        return f"&{urlencode(query, doseq=True)}" if query else ""


def _path(first_day: str, end: str, rest: str) -> str:
    # Written out: a table has a path per row, and quoting takes longer than reading the row.
    return (
        f"/agent_runs?since={first_day}T00%3A00%3A00Z&until={end}T00%3A00%3A00Z&archived=any{rest}"
    )
