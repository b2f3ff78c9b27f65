"""State of one run's page: everything but its entries, which the browser reads itself."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Any

import anyio
import reflex as rx

from agent_runs.client.calls import answers
from agent_runs.client.calls import official as official_calls
from agent_runs.client.calls import runs as run_calls
from agent_runs.client.sse import ServerEvent
from agent_runs.dashboard.frame.shell import UPDATE_SECONDS
from agent_runs.dashboard.runs.row import (
    Ask,
    PullRequestLink,
    agent_of,
    ask_of,
    hosted_url,
    iso,
    origin_of,
    pull_requests_of,
    tokens_of,
)
from agent_runs.dashboard.serving.access import catalogs, fetch, send
from agent_runs.dashboard.serving.hub import News, hub
from agent_runs.dashboard.theme import Look, look_of
from agent_runs.errors import AgentRunsError, RunNotFound, ServerUnreachable
from agent_runs.events import EventKind
from agent_runs.models import AgentRun, Spent, Turn
from agent_runs.reading.amounts import money
from agent_runs.reading.hosted import lines_of
from agent_runs.reading.status import reason_in_words
from agent_runs.reading.text import one_line

TABS = ("transcript", "timeline", "changes", "insight", "raw")
LONGEST_NUMBER = 15
WATCH_SECONDS = 20.0


@dataclass(frozen=True)
class TurnLine:
    """One prompt of the run, in the side panel."""

    turn: int
    look: Look
    prompt: str
    created: str
    started: str
    finished: str


class RunState(rx.State):
    """One run."""

    number: rx.Field[int] = rx.field(0)
    loaded: rx.Field[bool] = rx.field(False)
    is_missing: rx.Field[bool] = rx.field(False)
    problem: rx.Field[str] = rx.field("")
    tab: rx.Field[str] = rx.field("transcript")
    step: rx.Field[int] = rx.field(-1)
    from_turn: rx.Field[int] = rx.field(0)
    focuses: rx.Field[bool] = rx.field(False)

    title: rx.Field[str] = rx.field("")
    look: rx.Field[Look] = rx.field(default_factory=Look)
    reason: rx.Field[str] = rx.field("")
    error: rx.Field[str] = rx.field("")
    activity: rx.Field[str] = rx.field("")
    started: rx.Field[str] = rx.field("")
    finished: rx.Field[str] = rx.field("")
    created: rx.Field[str] = rx.field("")
    total: rx.Field[int] = rx.field(0)
    turn: rx.Field[int] = rx.field(1)
    tokens: rx.Field[str] = rx.field("")
    context: rx.Field[str] = rx.field("")
    cost: rx.Field[str] = rx.field("")
    branch: rx.Field[str] = rx.field("")
    agent: rx.Field[str] = rx.field("")
    model: rx.Field[str] = rx.field("")
    repo: rx.Field[str] = rx.field("")
    sandbox: rx.Field[str] = rx.field("")
    policy: rx.Field[str] = rx.field("")
    source: rx.Field[str] = rx.field("")
    hosted: rx.Field[str] = rx.field("")
    metadata: rx.Field[list[tuple[str, str]]] = rx.field(default_factory=list[tuple[str, str]])
    pull_requests: rx.Field[list[PullRequestLink]] = rx.field(default_factory=list[PullRequestLink])
    is_terminal: rx.Field[bool] = rx.field(False)
    is_failed: rx.Field[bool] = rx.field(False)
    watched: rx.Field[str] = rx.field("")
    """Command that continues a session which is only watched here; empty for other runs."""
    is_imported: rx.Field[bool] = rx.field(False)
    imported: rx.Field[str] = rx.field("")
    origin: rx.Field[str] = rx.field("")
    """Where an imported run came from, in words."""
    is_hosted: rx.Field[bool] = rx.field(False)
    can_queue: rx.Field[bool] = rx.field(True)
    place: rx.Field[str] = rx.field("")
    is_archived: rx.Field[bool] = rx.field(False)
    counts: rx.Field[dict[str, Any]] = rx.field(default_factory=dict[str, Any])
    turns: rx.Field[list[TurnLine]] = rx.field(default_factory=list[TurnLine])
    ask: rx.Field[Ask | None] = rx.field(None)
    draft: rx.Field[str] = rx.field("")
    changes_version: rx.Field[int] = rx.field(0)
    read_count: rx.Field[int] = rx.field(0)
    queued: rx.Field[int] = rx.field(0)
    queue_version: rx.Field[int] = rx.field(0)

    _watched_at: float = float("-inf")

    @rx.event(background=True, supersedes=True)
    async def follow(self) -> None:
        """Read the run and keep it up to date until the tab closes. From `on_load` only."""
        async with self:
            self._take_address()
        async with hub.subscribe() as subscription:
            await self._read()
            await self._watch()
            while True:
                news = None
                with anyio.move_on_after(WATCH_SECONDS):
                    news = await subscription.next()
                if news is not None:
                    await self._take(news)
                await self._watch()
                await anyio.sleep(UPDATE_SECONDS)

    @rx.event(background=True)
    async def reload(self) -> None:
        """Try again."""
        await self._read()

    @rx.event
    def resumed(self, run_id: int) -> rx.event.EventSpec | None:
        """Say that the prompt was accepted; events bring the rest."""
        return rx.toast.success(f"Resumed run {run_id}") if run_id else None

    def _take_address(self) -> None:
        name = self.router.url.path.rstrip("/").rpartition("/")[2]
        params = self.router.url.query_parameters
        number = _number(name, 0)
        if number != self.number:
            self.number, self.loaded, self.is_missing = number, False, number == 0
            self.title, self.problem, self.draft, self.total, self.counts = "", "", "", 0, {}
            self.turns, self.ask = [], None
        self.step = _number(params.get("step", ""), -1)
        self.from_turn = _number(params.get("turn", ""), 0)
        self.focuses = params.get("resume") == "1"
        tab = params.get("tab", TABS[0])
        self.tab = tab if tab in TABS else TABS[0]

    async def _read(self) -> None:
        number = self.number
        if not number:
            return
        try:
            catalog = await catalogs.latest()
            run, turns, counts, permissions = await asyncio.gather(
                send(run_calls.get_agent_run(number)),
                send(run_calls.list_turns(number)),
                fetch(f"/agent_runs/{number}/logs/counts"),
                send(run_calls.list_permissions(number)),
            )
            place = await _place(run)
        except RunNotFound:
            async with self:
                self.is_missing = True
            return
        except AgentRunsError as exc:
            async with self:
                self.problem = "" if isinstance(exc, ServerUnreachable) else exc.message
            return
        async with self:
            if number != self.number:
                return
            self._show(run)
            self.agent = agent_of(run, catalog.agent_titles) or "Agent"
            self.repo = catalog.repo_names.get(run.repo_id or 0, "")
            self.turns = [turn_line(turn, run) for turn in turns]
            self.counts, self.ask, self.place = counts, ask_of(permissions), place
            self.loaded, self.problem, self.is_missing = True, "", False
            self.read_count += 1

    async def _take(self, news: News) -> None:
        if news.must_reload:
            await self._read()
            return
        events = [event for event in news.events if _run_id_of(event) == self.number]
        if not events:
            return
        kinds = {event.kind for event in events}
        async with self:
            before = (self.look.code, self.turn)
            for event in events:
                self._apply(event)
            needs_reading = (self.look.code, self.turn) != before
        if EventKind.LOGS_APPENDED in kinds and not needs_reading:
            await self._read_counts()
        if needs_reading or kinds & {EventKind.PERMISSION_REQUESTED, EventKind.PERMISSION_ANSWERED}:
            await self._read()

    async def _watch(self) -> None:
        """Have a hosted run's entries read first while somebody is looking at it."""
        now = time.monotonic()
        if not self.is_hosted or now - self._watched_at < WATCH_SECONDS:
            return
        async with self:
            self._watched_at = now
        with contextlib.suppress(AgentRunsError):
            await send(official_calls.watch_agent_run(self.number))

    async def _read_counts(self) -> None:
        try:
            counts = await fetch(f"/agent_runs/{self.number}/logs/counts")
        except AgentRunsError:
            return  # only the filter chips show them; the next entry brings them
        async with self:
            self.counts = counts

    def _apply(self, event: ServerEvent) -> None:
        if event.kind == EventKind.DRAFT:
            self.draft = str(event.data.get("text") or "")[-2000:]
        elif event.kind == EventKind.LOGS_APPENDED:
            self.total, self.draft = max(self.total, event.data["log_count"]), ""
        elif event.kind in {EventKind.RUN_UPDATED, EventKind.RUN_FINISHED}:
            self._show(answers.run(event.data))

    def _show(self, run: AgentRun) -> None:
        self.title, self.look = run.name, look_of(run.status)
        self.is_terminal = run.has_ended
        self.is_imported, self.imported = run.imported_at is not None, iso(run.imported_at)
        self.origin = origin_of(run)
        self.is_hosted, self.can_queue = run.place == "upstream", "queue" in run.can
        self.watched = f"claude --resume {run.upstream_id}" if run.place == "watched" else ""
        self.is_failed = run.has_failed and "resume" in run.can
        self.reason = reason_in_words(run.status_reason)
        self.error = run.error or ""
        self.activity = "" if self.is_terminal else one_line(run.activity, 160)
        self.created, self.started = iso(run.created_at), iso(run.started_at)
        self.finished = iso(run.finished_at) if self.is_terminal else ""
        if self.is_terminal:
            self.draft = ""
        if (self.queued, self.turn) != (run.queued, run.turn):
            self.queue_version += 1
        self.total, self.turn, self.queued = max(self.total, run.log_count), run.turn, run.queued
        self._show_spent(run.spent)
        self.branch, self.model = run.branch or "", run.model or ""
        self.sandbox = run.sandbox or ""
        # What a hosted agent may do is decided there.
        self.policy = "" if self.is_hosted else run.permission_policy
        self.source, self.hosted = run.started_by, hosted_url(run)
        self.metadata = [(key, one_line(str(value), 200)) for key, value in run.metadata.items()]
        self.pull_requests = list(pull_requests_of(run))
        self.is_archived = run.archived_at is not None
        self.changes_version = run.log_count if self.is_terminal else run.log_count // 10

    def _show_spent(self, spent: Spent) -> None:
        self.tokens = tokens_of(spent.total_tokens)
        self.context = tokens_of(spent.context_tokens, "context")
        self.cost = money(spent.cost, spent.currency) if spent.cost else ""


def turn_line(turn: Turn, run: AgentRun) -> TurnLine:
    """Return a turn as it is shown; the latest one has the status of its run."""
    return TurnLine(
        turn=turn.turn,
        look=look_of(run.status if turn.turn == run.turn else turn.status),
        prompt=one_line(turn.prompt, 140),
        created=iso(turn.created_at),
        started=iso(turn.started_at),
        finished=iso(turn.finished_at),
    )


async def _place(run: AgentRun) -> str:
    """Return where a hosted run works, for people; empty for runs of this machine."""
    if run.place != "upstream":
        return ""
    hosted = lines_of(await fetch("/hosted"))
    names = {line.organization_id: line.name for line in hosted}
    name = names.get(run.organization_id, f"Organization {run.organization_id}")
    return f"{name}, run {run.upstream_id}" if run.upstream_id else name


def _number(text: str, otherwise: int) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if is_number else otherwise


def _run_id_of(event: ServerEvent) -> int:
    if not isinstance(event.data, dict):
        return 0
    name = "id" if event.kind.startswith("run.") else "agent_run_id"
    value: object = event.data.get(name)
    return value if isinstance(value, int) else 0
