"""State of the analytics page: the filters from the address, and the tables as they are shown."""

import asyncio
from typing import Any, get_args
from urllib.parse import parse_qsl

import anyio
import reflex as rx

from agent_runs.client.calls import measures as measure_calls
from agent_runs.client.calls import runs as run_calls
from agent_runs.dashboard.analytics import rows as show
from agent_runs.dashboard.analytics.query import DEFAULT_DAYS, PERIODS, PageQuery
from agent_runs.dashboard.serving.access import Catalog, catalogs, send
from agent_runs.dashboard.serving.hub import News, hub
from agent_runs.errors import AgentRunsError, ServerUnreachable
from agent_runs.events import EventKind
from agent_runs.filters import TableName
from agent_runs.schemas.analytics import AnalyticsTable

TABLES: tuple[str, ...] = get_args(TableName)
_CALM_SECONDS = 2.0


class AnalyticsState(rx.State):
    """The tables of one period."""

    loaded: rx.Field[bool] = rx.field(False)
    problem: rx.Field[str] = rx.field("")
    is_empty: rx.Field[bool] = rx.field(False)
    has_runs: rx.Field[bool] = rx.field(False)

    days: rx.Field[int] = rx.field(DEFAULT_DAYS)
    first_day: rx.Field[str] = rx.field("")
    last_day: rx.Field[str] = rx.field("")
    agent: rx.Field[str] = rx.field("")
    repo: rx.Field[str] = rx.field("")
    mode: rx.Field[str] = rx.field("")
    is_filtered: rx.Field[bool] = rx.field(False)
    agent_options: rx.Field[list[tuple[str, str]]] = rx.field(default_factory=list[tuple[str, str]])
    repo_options: rx.Field[list[tuple[str, str]]] = rx.field(default_factory=list[tuple[str, str]])
    mode_options: rx.Field[list[tuple[str, str]]] = rx.field(default_factory=list[tuple[str, str]])
    csv: rx.Field[dict[str, str]] = rx.field(default_factory=dict[str, str])

    key_figures: rx.Field[list[show.KeyFigure]] = rx.field(default_factory=list[show.KeyFigure])
    points: rx.Field[dict[str, list[dict[str, Any]]]] = rx.field(
        default_factory=dict[str, list[dict[str, Any]]]
    )
    units: rx.Field[dict[str, str]] = rx.field(default_factory=dict[str, str])
    sheets: rx.Field[dict[str, show.Sheet]] = rx.field(default_factory=dict[str, show.Sheet])
    slices: rx.Field[list[show.Slice]] = rx.field(default_factory=list[show.Slice])
    whole_time: rx.Field[str] = rx.field("")
    as_tables: rx.Field[list[str]] = rx.field(default_factory=list[str])
    """Charts that are shown as tables now."""

    _query: PageQuery = PageQuery()

    @rx.event(background=True, supersedes=True)
    async def follow(self) -> None:
        """Read the tables and keep them up to date until the tab closes. From `on_load` only."""
        async with self:
            self._take_query()
        async with hub.subscribe() as subscription:
            await self._read()
            while True:
                if _is_about_figures(await subscription.next()):
                    await self._read()
                await anyio.sleep(_CALM_SECONDS)

    @rx.event(background=True)
    async def reload(self) -> None:
        """Try again after a problem."""
        await self._read()

    @rx.event
    def set_period(self, days: int) -> rx.event.EventSpec | None:
        """Show this many days up to today."""
        return self._go(days=days, first_day="", last_day="") if days in PERIODS else None

    @rx.event
    def set_day(self, name: str, day: str) -> rx.event.EventSpec | None:
        """Set the first or the last day; an empty day clears it."""
        return self._go(**{name: day}) if name in {"first_day", "last_day"} else None

    @rx.event
    def filter_by(self, name: str, value: str) -> rx.event.EventSpec | None:
        """Set one of agent, repo, mode; the present value clears it."""
        if name not in {"agent", "repo", "mode"}:
            return None
        return self._go(**{name: "" if getattr(self._query, name) == value else value})

    @rx.event
    def clear_filters(self) -> rx.event.EventSpec:
        """Show all runs of the period."""
        return self._go(agent="", repo="", mode="")

    @rx.event
    def show_as(self, name: str, form: str) -> None:
        """Show a chart as `table` or as `chart`."""
        others = [chart for chart in self.as_tables if chart != name]
        self.as_tables = [*others, name] if form == "table" else others

    @rx.event
    def open_point(self, name: str, at: int) -> rx.event.EventSpec | None:
        """Open the list of the runs behind a point of a chart."""
        points = self.points.get(name, [])
        return rx.redirect(points[at]["href"]) if 0 <= at < len(points) else None

    @rx.var
    def period_label(self) -> str:
        """The period in words."""
        if self.first_day:
            return f"{self.first_day} to {self.last_day or 'today'}"
        words = PERIODS[self.days]
        return f"{words} to {self.last_day}" if self.last_day else words

    @rx.var
    def repo_label(self) -> str:
        """Name of the chosen repository."""
        return dict(self.repo_options).get(self.repo, self.repo)

    def _go(self, **changes: Any) -> rx.event.EventSpec:
        return rx.redirect(self._query.changed(**changes).url, replace=True)

    def _take_query(self) -> None:
        query = PageQuery.from_params(dict(parse_qsl(self.router.url.query)))
        self._query = query
        self.days, self.first_day, self.last_day = query.days, query.first_day, query.last_day
        self.agent, self.repo, self.mode = query.agent, query.repo, query.mode
        self.is_filtered = query.is_filtered
        self.csv = {name: query.csv_url(name) for name in TABLES}

    async def _read(self) -> None:
        """Read all tables for the filters; on failure keep what is shown and say why."""
        query = self._query
        filters = query.for_api()
        try:
            catalog = await catalogs.latest()
            templates = await send(run_calls.list_templates())
            answers = await asyncio.gather(
                *(send(measure_calls.get_analytics(name, filters)) for name in TABLES)
            )
        except AgentRunsError as exc:
            async with self:
                # The frame says that the API is unavailable; the page adds only other problems.
                self.problem = "" if isinstance(exc, ServerUnreachable) else exc.message
            return
        tables: dict[str, AnalyticsTable] = dict(zip(TABLES, answers, strict=True))
        async with self:
            if query != self._query:
                return
            self._show(tables, catalog)
            modes = {template.name: template.title or template.name for template in templates}
            for row in tables["templates"].items:
                if row["mode"]:
                    modes.setdefault(row["mode"], row["mode"])
            self.mode_options = [*modes.items()]
            self.loaded, self.problem = True, ""

    def _show(self, tables: dict[str, AnalyticsTable], catalog: Catalog) -> None:
        titles = catalog.agent_titles
        names = [row["agent"] for row in tables["agents"].items if row["agent"]]
        agents = titles | {name: name for name in names if name not in titles}
        self.agent_options = [*agents.items()]
        self.repo_options = [(str(key), text) for key, text in catalog.repo_names.items()]
        self.key_figures = show.key_figures(tables["summary"])
        self.is_empty = not tables["summary"].items[0]["value"]
        self.has_runs = bool(hub.standing.total or hub.standing.archived)
        self._show_charts(tables)
        self.slices, self.whole_time = show.time_slices(tables["time"])
        self.sheets = {
            "days": show.outcome_sheet(tables["days"]),
            "durations": show.spread_sheet(tables["durations"]),
            "first_steps": show.spread_sheet(tables["first_steps"]),
            "waiting": show.spread_sheet(tables["waiting"]),
            "steps": show.spread_sheet(tables["steps"], show.count_words),
            "tools": show.tool_sheet(tables["tools"]),
            "errors": show.error_sheet(tables["errors"]),
            "agents": show.origin_sheet(tables["agents"], "Agent", titles, "No agent"),
            "repositories": show.origin_sheet(
                tables["repositories"], "Repository", {}, "No repository"
            ),
            "templates": show.origin_sheet(tables["templates"], "Template", {}, "No template"),
        }

    def _show_charts(self, tables: dict[str, AnalyticsTable]) -> None:
        points = {"days": show.outcome_points(tables["days"])}
        units: dict[str, str] = {"steps": "steps"}
        for name in ("durations", "first_steps", "waiting"):
            units[name], scale = show.unit_of(tables[name])
            points[name] = show.spread_points(tables[name], scale)
        points["steps"] = show.spread_points(tables["steps"])
        self.points, self.units = points, units


def _is_about_figures(news: News) -> bool:
    """Tell whether figures may have changed, which mere activity of a run does not do."""
    return news.must_reload or any(
        event.kind in {EventKind.RUN_CREATED, EventKind.RUN_FINISHED}
        or (event.kind == EventKind.RUN_UPDATED and event.data.get("activity") is None)
        for event in news.events
    )
