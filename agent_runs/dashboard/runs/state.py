"""State of the list page: the filters from the address, one page of rows, what is new."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import anyio
import reflex as rx

from agent_runs.client.calls import answers
from agent_runs.client.calls import runs as run_calls
from agent_runs.client.sse import ServerEvent
from agent_runs.dashboard.downloads import FORMATS, url_of_listed
from agent_runs.dashboard.frame.shell import UPDATE_SECONDS
from agent_runs.dashboard.runs.query import PERIODS, TRAITS, ListQuery
from agent_runs.dashboard.runs.row import Ask, RunRow, ask_of, row_of
from agent_runs.dashboard.serving.access import Catalog, catalogs, send
from agent_runs.dashboard.serving.hub import News, hub
from agent_runs.errors import AgentRunsError, ServerUnreachable
from agent_runs.events import EventKind
from agent_runs.models import AgentRun, AgentRunStatus
from agent_runs.reading.amounts import plural
from agent_runs.reading.source import SOURCES

_RUN_KINDS = frozenset({EventKind.RUN_CREATED, EventKind.RUN_UPDATED, EventKind.RUN_FINISHED})


class RunsState(rx.State):
    """One page of runs. The address holds the filters, so a reload shows the same page."""

    rows: rx.Field[list[RunRow]] = rx.field(default_factory=list[RunRow])
    total: rx.Field[int] = rx.field(0)
    loaded: rx.Field[bool] = rx.field(False)
    problem: rx.Field[str] = rx.field("")
    is_first: rx.Field[bool] = rx.field(False)
    """Whether nothing has ever run here: the page then shows the welcome, not the list."""
    fresh: rx.Field[int] = rx.field(0)
    """How many runs were created since the list was read; a button shows them."""

    q: rx.Field[str] = rx.field("")
    status: rx.Field[list[str]] = rx.field(default_factory=list[str])
    agent: rx.Field[str] = rx.field("")
    source: rx.Field[str] = rx.field("")
    repo: rx.Field[str] = rx.field("")
    since: rx.Field[str] = rx.field("")
    until: rx.Field[str] = rx.field("")
    is_archive: rx.Field[bool] = rx.field(False)
    traits: rx.Field[list[tuple[str, str]]] = rx.field(default_factory=list[tuple[str, str]])
    """Filters set by links from analytics: name and words."""
    page: rx.Field[int] = rx.field(1)
    limit: rx.Field[int] = rx.field(25)
    is_filtered: rx.Field[bool] = rx.field(False)
    search_key: rx.Field[int] = rx.field(0)
    """Changes when we set the text, which makes the field show it."""

    agent_names: rx.Field[list[tuple[str, str]]] = rx.field(default_factory=list[tuple[str, str]])
    repo_names: rx.Field[list[tuple[str, str]]] = rx.field(default_factory=list[tuple[str, str]])

    view: rx.Field[str] = rx.field(rx.LocalStorage("cards", name="agent_runs_list"))

    _query: ListQuery = ListQuery()
    _runs: dict[int, AgentRun] = rx.field(default_factory=dict[int, AgentRun], is_var=False)
    _asks: dict[int, Ask] = rx.field(default_factory=dict[int, Ask], is_var=False)
    _fresh_ids: set[int] = rx.field(default_factory=set[int], is_var=False)
    _removed_ids: set[int] = rx.field(default_factory=set[int], is_var=False)
    """Runs that left the list while it was shown: if one comes back, we read the list again."""
    _must_read: bool = False
    _catalog: Catalog = Catalog()

    @rx.event(background=True, supersedes=True)
    async def follow(self) -> None:
        """Read the list and keep it up to date until the tab closes. From `on_load` only."""
        async with self:
            self._take_query()
        async with hub.subscribe() as subscription:
            await self._read()
            while True:
                await self._take(await subscription.next())
                await anyio.sleep(UPDATE_SECONDS)

    @rx.event(background=True)
    async def reload(self) -> None:
        """Read the list again, for new runs or after a problem."""
        await self._read()

    @rx.event
    def show_fresh(self) -> rx.event.EventType[()]:
        """Show the new runs, which are on the first page."""
        return RunsState.reload if self.page == 1 else self._go(page=1)

    @rx.event
    def set_view(self, view: str) -> None:
        """Show cards or the table, on this device from now on."""
        self.view = view

    @rx.event
    def search(self, text: str) -> rx.event.EventSpec:
        """Filter by words while they are typed."""
        return self._go(q=text.strip())

    @rx.event
    def filter_status(self, status: str) -> rx.event.EventSpec:
        """Add a status to the filter, or remove it."""
        statuses = set(self._query.status) ^ {status}
        return self._go(status=tuple(code for code in AgentRunStatus if code in statuses))

    @rx.event
    def filter_group(self, statuses: str) -> rx.event.EventSpec:
        """Show only these statuses, or all if these are shown already."""
        group = tuple(statuses.split(","))
        return self._go(status=() if self._query.status == group else group, archived=False)

    @rx.event
    def filter_by(self, name: str, value: str) -> rx.event.EventSpec | None:
        """Set one of agent, source, repo, since, until; the present value clears it."""
        if name not in {"agent", "source", "repo", "since", "until"}:
            return None
        is_set = getattr(self._query, name) == value
        return self._go(**{name: "" if is_set else value})

    @rx.event
    def drop_trait(self, name: str) -> rx.event.EventSpec | None:
        """Remove a filter set by a link from analytics."""
        if name == "with_archived":
            return self._go(with_archived=False)
        return self._go(**{name: ""}) if name in TRAITS else None

    @rx.event
    def set_day(self, name: str, day: str) -> rx.event.EventSpec | None:
        """Set the first or the last day; an empty day clears it."""
        return self._go(**{name: day}) if name in {"since", "until"} else None

    @rx.event
    def toggle_archive(self) -> rx.event.EventSpec:
        """Show the archived runs instead of the others, or the others again."""
        return self._go(archived=not self._query.archived, with_archived=False)

    @rx.event
    def clear_filters(self) -> rx.event.EventSpec:
        """Show all runs."""
        self.search_key += 1
        return rx.redirect("/", replace=True)

    @rx.event
    def open_page(self, page: int) -> rx.event.EventSpec:
        """Show another page."""
        return self._go(page=max(1, page))

    @rx.event
    def set_limit(self, limit: str) -> rx.event.EventSpec | None:
        """Show this many runs on a page."""
        return self._go(limit=int(limit)) if limit.isdigit() else None

    @rx.event
    def export(self, form: str) -> rx.event.EventSpec | None:
        """Download the runs of the list, including those on other pages."""
        if form not in FORMATS:
            return None
        address = url_of_listed(form, self._query.for_api(datetime.now(UTC)))
        return rx.download(address, filename="")

    @rx.var
    def pages(self) -> int:
        """Number of pages, at least one."""
        return max(1, -(-self.total // self.limit))

    @rx.var
    def range_text(self) -> str:
        """Which runs of how many are shown."""
        if not self.rows:
            return "0 runs"
        first = (self.page - 1) * self.limit + 1
        return f"{first:,} to {first + len(self.rows) - 1:,} of {self.total:,}"

    @rx.var
    def shown_ids(self) -> list[int]:
        """Ids of the rows on this page."""
        return [row.id for row in self.rows]

    @rx.var
    def total_text(self) -> str:
        """How many runs match."""
        return plural(self.total, "archived run" if self.is_archive else "run")

    @rx.var
    def fresh_text(self) -> str:
        """Text of the button that shows new runs."""
        return plural(self.fresh, "new run")

    @rx.var
    def is_narrowed(self) -> bool:
        """Tell whether any filter but the archive is set."""
        return bool(
            self.q
            or self.status
            or self.agent
            or self.source
            or self.repo
            or self.since
            or self.traits
        )

    @rx.var
    def repo_label(self) -> str:
        """Name of the chosen repository."""
        return dict(self.repo_names).get(self.repo, self.repo)

    @rx.var
    def source_label(self) -> str:
        """Name of the chosen source."""
        return SOURCES.get(self.source, self.source)

    @rx.var
    def since_day(self) -> str:
        """The first day; empty if a period is set."""
        return "" if self.since in PERIODS else self.since

    @rx.var
    def time_label(self) -> str:
        """The chosen period in words."""
        if self.since in PERIODS:
            return PERIODS[self.since][0].lower()
        if self.since and self.until:
            return f"{self.since} to {self.until}"
        return f"from {self.since}" if self.since else f"until {self.until}"

    def _go(self, **changes: object) -> rx.event.EventSpec:
        return rx.redirect(self._query.changed(**changes).url, replace=True)

    def _take_query(self) -> None:
        query = ListQuery.from_params(dict(parse_qsl(self.router.url.query)))
        if query.q != self._query.q:
            self.search_key += 1
        self._query = query
        self.q, self.status = query.q, list(query.status)
        self.agent, self.source, self.repo = query.agent, query.source, query.repo
        self.since, self.until = query.since, query.until
        self.traits = query.traits
        self.is_archive, self.is_filtered = query.archived, query.is_filtered
        self.page, self.limit = query.page, query.limit

    async def _read(self) -> None:
        """Read the page that the address names; on failure keep what is shown and say why."""
        query = self._query
        try:
            catalog = await catalogs.latest()
            page = await send(
                run_calls.list_agent_runs(query.skip, query.limit, query.for_api(datetime.now(UTC)))
            )
            asks = await _read_asks(page.items)
        except AgentRunsError as exc:
            async with self:
                # The frame says that the API is unavailable; the list adds only other problems.
                self.problem = "" if isinstance(exc, ServerUnreachable) else exc.message
            return
        async with self:
            self._catalog, self._asks = catalog, asks
            self._runs = {run.id: run for run in page.items}
            self._fresh_ids, self._removed_ids, self.fresh = set(), set(), 0
            self.total, self.loaded, self.problem = page.total, True, ""
            standing = hub.standing
            self.is_first = not (
                page.total or query.is_filtered or standing.total or standing.archived
            )
            self.agent_names = [*catalog.agent_titles.items()]
            self.repo_names = [(str(key), name) for key, name in catalog.repo_names.items()]
            self._show()

    async def _take(self, news: News) -> None:
        if news.must_reload:
            await self._read()
            return
        async with self:
            changes = [self._apply(event) for event in news.events]  # `any` alone would skip some
            if any(changes):
                self._show()
            must_read, self._must_read = self._must_read, False
            if self.fresh != len(self._fresh_ids):
                self.fresh = len(self._fresh_ids)
            run_ids_to_ask = [
                run.id
                for run in self._runs.values()
                if run.status == AgentRunStatus.PAUSED
                and (run.id not in self._asks or self._asks[run.id].id != run.permission_id)
            ]
        if must_read:
            await self._read()
        for run_id in run_ids_to_ask:
            ask = await _read_ask(run_id)
            async with self:
                if ask:
                    self._asks[run_id] = ask
                    self._show()

    def _apply(self, event: ServerEvent) -> bool:
        """Apply an event; tell whether a row changed."""
        if event.kind == EventKind.LOGS_APPENDED:
            run = self._runs.get(event.data["agent_run_id"])
            if run is not None:
                changes = {"log_count": event.data["log_count"]}
                self._runs[run.id] = run.model_copy(update=changes)
            return run is not None
        if event.kind not in _RUN_KINDS:
            return False
        run = answers.run(event.data)
        belongs = (run.archived_at is not None) == self._query.archived
        if run.id in self._runs:
            if belongs:
                self._runs[run.id] = run
            else:
                del self._runs[run.id]
                self._removed_ids.add(run.id)
                self.total = max(0, self.total - 1)
            return True
        # An empty list has no rows that a new one would push away. The first visit keeps showing
        # its own run, but gives way to the runs of a hosted account.
        opens = not self._runs and (run.place == "upstream" or not self.is_first)
        if belongs and (run.id in self._removed_ids or opens):
            self._must_read = True
        if event.kind == EventKind.RUN_CREATED and not self._query.archived:
            self._fresh_ids.add(run.id)
        return False

    def _show(self) -> None:
        titles, names = self._catalog.agent_titles, self._catalog.repo_names
        self.rows = [
            row_of(run, agents=titles, repos=names, ask=self._asks.get(run.id))
            for run in self._runs.values()
        ]


async def _read_asks(runs: Sequence[AgentRun]) -> dict[int, Ask]:
    paused = [run.id for run in runs if run.status == AgentRunStatus.PAUSED]
    asks = {run_id: await _read_ask(run_id) for run_id in paused}
    return {run_id: ask for run_id, ask in asks.items() if ask}


async def _read_ask(run_id: int) -> Ask | None:
    try:
        return ask_of(await send(run_calls.list_permissions(run_id)))
    except AgentRunsError:
        return None  # the row then shows only the status; the run's page has the question
