"""The filters of the list of runs, which its address holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self, cast, get_args
from urllib.parse import urlencode

from agent_runs.client.calls.runs import RunQuery
from agent_runs.filters import Measured

PAGE_SIZES = (10, 25, 50, 100)
DEFAULT_SIZE = 25
_LONGEST_NUMBER = 9
_LONGEST_ID = 15
_LONGEST = 500
TRAITS: dict[str, str] = {
    "mode": "Template",
    "tool": "Used tool",
    "failed_tool": "Failed tool",
    "error": "Error",
    "measured": "Ended, with a value for",
}
"""Filters that only links from analytics set, in words."""
PERIODS: dict[str, tuple[str, timedelta]] = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(hours=24)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
}


@dataclass(frozen=True)
class ListQuery:
    """The filters of the list page, as people set them.

    Attributes:
        status: official words.
        since: a key of `PERIODS` or an ISO date, inclusive; empty for no limit.
        until: an ISO date, inclusive; empty for no limit.
        with_archived: show archived runs among the others.
        mode, tool, failed_tool, error, measured: set by links from analytics.
        page: from 1.
    """

    status: tuple[str, ...] = ()
    agent: str = ""
    source: str = ""
    repo: str = ""
    q: str = ""
    since: str = ""
    until: str = ""
    archived: bool = False
    with_archived: bool = False
    mode: str = ""
    tool: str = ""
    failed_tool: str = ""
    error: str = ""
    measured: str = ""
    page: int = 1
    limit: int = DEFAULT_SIZE

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> Self:
        """Read the query parameters of the page; ignore those that make no sense."""
        limit = _number(params.get("limit"), DEFAULT_SIZE)
        traits = {name: params.get(name, "").strip()[:_LONGEST] for name in TRAITS}
        traits["measured"] = traits["measured"] if traits["measured"] in get_args(Measured) else ""
        return cls(
            status=tuple(word.upper() for word in params.get("status", "").split(",") if word),
            agent=params.get("agent", ""),
            source=params.get("source", "").upper(),
            repo=number_of(params.get("repo", "")),
            q=params.get("q", "").strip(),
            since=_day_or_period(params.get("since", "")),
            until=_day_or_period(params.get("until", "")),
            archived=params.get("archived") == "1",
            with_archived=params.get("archived") == "any",
            **traits,
            page=max(1, _number(params.get("page"), 1)),
            limit=limit if limit in PAGE_SIZES else DEFAULT_SIZE,
        )

    @property
    def url(self) -> str:
        """Path and query of the page with exactly these filters."""
        pairs = {
            "status": ",".join(self.status),
            "agent": self.agent,
            "source": self.source,
            "repo": self.repo,
            "q": self.q,
            "since": self.since,
            "until": self.until,
            "archived": "1" if self.archived else "any" if self.with_archived else "",
            **{name: getattr(self, name) for name in TRAITS},
            "page": str(self.page) if self.page > 1 else "",
            "limit": str(self.limit) if self.limit != DEFAULT_SIZE else "",
        }
        text = urlencode({name: value for name, value in pairs.items() if value}, safe=",")
        return f"/?{text}" if text else "/"

    @property
    def skip(self) -> int:
        """How many runs come before the first one on the page."""
        return (self.page - 1) * self.limit

    @property
    def is_filtered(self) -> bool:
        """Tell whether anything but the page is set."""
        return replace(self, page=1, limit=DEFAULT_SIZE) != ListQuery()

    @property
    def traits(self) -> list[tuple[str, str]]:
        """The filters set by links from analytics: name and words."""
        values = {name: getattr(self, name) for name in TRAITS}
        values["measured"] = self.measured.replace("_", " ")
        traits = [(name, f"{TRAITS[name]}: {value}") for name, value in values.items() if value]
        return [*traits, ("with_archived", "With archived runs")] if self.with_archived else traits

    def changed(self, **changes: Any) -> "ListQuery":
        """Return a copy with other filters, back on the first page unless `page` is given."""
        return replace(self, **({"page": 1} | changes))

    def for_api(self, now: datetime) -> RunQuery:
        """Return these filters as the API takes them."""
        query = RunQuery(archived="any" if self.with_archived else self.archived)
        traits = {name: value for name in TRAITS if (value := getattr(self, name))}
        query.update(cast("RunQuery", traits))
        if self.status:
            query["status"] = self.status
        if self.agent:
            query["agent"] = self.agent
        if self.source:
            query["source_type"] = self.source
        if self.repo:
            query["repo_id"] = int(self.repo)
        if self.q:
            query["q"] = self.q
        if self.since in PERIODS:
            query["since"] = now - PERIODS[self.since][1]
        elif self.since:
            query["since"] = _midnight(self.since)
        if self.until and self.until not in PERIODS:
            query["until"] = _midnight(self.until) + timedelta(days=1)
        return query


def number_of(text: str) -> str:
    """Return `text` if it is an id, otherwise an empty text."""
    return text if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID else ""


def _number(text: str | None, otherwise: int) -> int:
    is_number = text and text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
    return int(text) if text and is_number else otherwise


def _day_or_period(text: str) -> str:
    if text in PERIODS:
        return text
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
