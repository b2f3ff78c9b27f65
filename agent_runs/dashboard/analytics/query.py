"""The filters of the analytics page, which its address holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from agent_runs.client.calls.measures import AnalyticsQuery
from agent_runs.dashboard.runs.query import ListQuery, number_of

PERIODS: dict[int, str] = {
    1: "Today",
    7: "Last 7 days",
    14: "Last 14 days",
    30: "Last 30 days",
    90: "Last 90 days",
    365: "Last year",
}
DEFAULT_DAYS = 14


@dataclass(frozen=True)
class PageQuery:
    """The filters of the analytics page.

    Attributes:
        days: a key of `PERIODS`; ignored when there is a first day.
        first_day: ISO date; empty for a period that ends today.
        last_day: ISO date, inclusive; empty for today.
    """

    days: int = DEFAULT_DAYS
    first_day: str = ""
    last_day: str = ""
    agent: str = ""
    repo: str = ""
    mode: str = ""

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> Self:
        """Read the query parameters of the page; ignore those that make no sense."""
        days = params.get("days", "")
        first_day, last_day = _day(params.get("from", "")), _day(params.get("to", ""))
        if first_day and last_day and first_day > last_day:
            first_day, last_day = last_day, first_day
        return cls(
            days=next((number for number in PERIODS if str(number) == days), DEFAULT_DAYS),
            first_day=first_day,
            last_day=last_day,
            agent=params.get("agent", ""),
            repo=number_of(params.get("repo", "")),
            mode=params.get("mode", ""),
        )

    @property
    def url(self) -> str:
        """Path and query of the page with exactly these filters."""
        pairs = {
            "days": "" if self.first_day or self.days == DEFAULT_DAYS else str(self.days),
            "from": self.first_day,
            "to": self.last_day,
            "agent": self.agent,
            "repo": self.repo,
            "mode": self.mode,
        }
        text = urlencode({name: value for name, value in pairs.items() if value})
        return f"/analytics?{text}" if text else "/analytics"

    @property
    def is_filtered(self) -> bool:
        """Tell whether anything but the period is set."""
        return bool(self.agent or self.repo or self.mode)

    def changed(self, **changes: Any) -> "PageQuery":
        """Return a copy with other filters."""
        return replace(self, **changes)

    def for_api(self) -> AnalyticsQuery:
        """Return these filters as the API takes them."""
        query = AnalyticsQuery(days=self.days)
        if self.first_day:
            query["first_day"] = date.fromisoformat(self.first_day)
        if self.last_day:
            query["last_day"] = date.fromisoformat(self.last_day)
        if self.agent:
            query["agent"] = self.agent
        if self.repo:
            query["repo_id"] = int(self.repo)
        if self.mode:
            query["mode"] = self.mode
        return query

    def csv_url(self, table: str) -> str:
        """Return the address of a table as CSV."""
        query = {name: str(value) for name, value in self.for_api().items()}
        return f"/api/analytics/{table}?{urlencode(query | {'format': 'csv'})}"


def page_of_runs(path: str, **more: str) -> str:
    """Return the list page with the runs that a path of the API lists; empty for no path.

    Args:
        path: `/agent_runs?…`, as analytics returns it.
        more: further filters of the page.
    """
    if not path:
        return ""
    params = parse_qs(urlsplit(path).query)

    def one(name: str) -> str:
        return params.get(name, [""])[0]

    # The list page takes whole days, the last one inclusive.
    last = date.fromordinal(date.fromisoformat(one("until")[:10]).toordinal() - 1)
    query = ListQuery(
        status=tuple(params.get("status", ())),
        agent=one("agent"),
        repo=one("repo_id"),
        since=one("since")[:10],
        until=last.isoformat(),
        mode=one("mode"),
        tool=one("tool"),
        failed_tool=one("failed_tool"),
        error=one("error"),
        measured=one("measured"),
        with_archived=one("archived") == "any",
    )
    if "status" in more:
        query = replace(query, status=tuple(more["status"].split(",")))
    return query.url


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
