"""What a table is about: the period and the runs in it, and the way back to these runs."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from agent_runs.models import JSON
from agent_runs.store.analytics import FigureFilter

LONGEST_PERIOD = 1100
"""Days; three years."""
_MOST_POINTS = 92
_WEEK = 7
_FIRST = date(1970, 1, 1)


@dataclass(frozen=True)
class Scope:
    """A period and the runs in it.

    Attributes:
        first_day: of the period; days are those of UTC.
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
        """How many days the period has."""
        return (self.last_day - self.first_day).days + 1

    @property
    def step_days(self) -> int:
        """How many days one point of a chart stands for."""
        return 1 if self.days <= _MOST_POINTS else _WEEK

    @property
    def steps(self) -> int:
        """How many points a chart has."""
        return -(-self.days // self.step_days)

    @property
    def figures(self) -> FigureFilter:
        """The same as the store takes it."""
        return FigureFilter(
            first_day=(self.first_day - _FIRST).days,
            last_day=(self.last_day - _FIRST).days,
            organization_id=self.organization_id,
            agent=self.agent,
            repo_id=self.repo_id,
            mode=self.mode,
        )

    def before(self) -> "Scope":
        """Return the period of the same length right before this one."""
        length = timedelta(days=self.days)
        return Scope(
            self.first_day - length,
            self.last_day - length,
            self.organization_id,
            self.agent,
            self.repo_id,
            self.mode,
        )

    def step(self, at: int) -> tuple[date, date]:
        """Return first and last day of a point."""
        first = self.first_day + timedelta(days=at * self.step_days)
        return first, min(first + timedelta(days=self.step_days - 1), self.last_day)

    def runs(self, at: int | None = None, /, **more: JSON) -> str:
        """Return the path of `GET /agent_runs` that lists the runs behind a figure.

        Args:
            at: only those of this point.
            more: further filters; a list is given repeatedly.
        """
        first, last = (self.first_day, self.last_day) if at is None else self.step(at)
        query: dict[str, JSON] = {
            "agent": self.agent,
            "repo_id": self.repo_id,
            "mode": self.mode,
        } | more
        given = {name: value for name, value in query.items() if value is not None}
        # Written out: a table has a path per row, and quoting would take longer than reading it.
        period = (
            f"since={first.isoformat()}T00%3A00%3A00Z"
            f"&until={(last + timedelta(days=1)).isoformat()}T00%3A00%3A00Z&archived=any"
        )
        rest = f"&{urlencode(given, doseq=True)}" if given else ""
        return f"/agent_runs?{period}{rest}"
