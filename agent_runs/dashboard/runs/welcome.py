"""What the list page shows before the first run, which then proves that everything works.

The built-in scripted agent needs no account, no key and no network, and does real work.
"""

from dataclasses import dataclass
from typing import Any

import anyio
import reflex as rx

from agent_runs.client.calls import runs as run_calls
from agent_runs.client.calls.runs import CreateOptions
from agent_runs.dashboard.browser.faces import Elapsed
from agent_runs.dashboard.components.button import button, link_button
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.components.status import status
from agent_runs.dashboard.frame.shell import UPDATE_SECONDS, Shell
from agent_runs.dashboard.runs.row import iso
from agent_runs.dashboard.serving.access import catalogs, send
from agent_runs.dashboard.serving.hub import hub
from agent_runs.dashboard.theme import Look, agent_title, look_of
from agent_runs.errors import AgentRunsError
from agent_runs.models import AgentRun, AgentRunLog
from agent_runs.reading.amounts import plural
from agent_runs.reading.entry import text_of
from agent_runs.reading.target import target
from agent_runs.reading.text import one_line

AGENT = "scripted"
PROMPT = "Say hello: write a file, run it, and show me the change."
_ICONS = {"USER_MESSAGE": "user", "FINAL_ANSWER": "message-square-text", "ERROR": "circle-x"}
_STEPS_SHOWN = 20


@dataclass(frozen=True)
class HelloStep:
    """One step of the first run."""

    seq: int
    kind: str
    tool: str
    text: str


class Welcome(rx.State):
    """The first run, and the agents on this machine."""

    run_id: rx.Field[int] = rx.field(0)
    look: rx.Field[Look] = rx.field(default_factory=Look)
    started: rx.Field[str] = rx.field("")
    finished: rx.Field[str] = rx.field("")
    summary: rx.Field[str] = rx.field("")
    steps: rx.Field[list[HelloStep]] = rx.field(default_factory=list[HelloStep])
    problem: rx.Field[str] = rx.field("")
    is_starting: rx.Field[bool] = rx.field(False)
    ready_agents: rx.Field[str] = rx.field("")

    @rx.event(background=True, supersedes=True)
    async def follow(self) -> None:
        """Watch the first run while this page is open. From `on_load` only."""
        async with hub.subscribe() as subscription:
            await self._find_agents()
            while True:
                news = await subscription.next()
                run_id = self.run_id
                has_changed = any(_is_about(event.data, run_id) for event in news.events)
                if run_id and (has_changed or news.must_reload):
                    await self._read()
                if news.must_reload:
                    await self._find_agents()
                await anyio.sleep(UPDATE_SECONDS)

    @rx.event(background=True)
    async def say_hello(self) -> None:
        """Start the first run."""
        async with self:
            if self.is_starting or (self.run_id and not self.finished):
                return
            self.is_starting, self.problem = True, ""
        try:
            options = CreateOptions(agent=AGENT, title="Say hello")
            run = await send(run_calls.create_agent_run(PROMPT, options))
        except AgentRunsError as exc:
            async with self:
                self.is_starting, self.problem = False, exc.message
            return
        async with self:
            self.run_id, self.is_starting = run.id, False
        await self._read()

    async def _read(self) -> None:
        try:
            call = run_calls.get_agent_run_logs(
                self.run_id, 0, _STEPS_SHOWN, {}, reverse=False, way=0
            )
            run = await send(call)
        except AgentRunsError:
            return  # the frame says that the API is unavailable; the next event tries again
        async with self:
            self._show(run, run.logs)

    def _show(self, run: AgentRun, logs: tuple[AgentRunLog, ...]) -> None:
        self.look = look_of(run.status)
        self.started = iso(run.started_at)
        self.finished = iso(run.finished_at) if run.has_ended else ""
        self.summary = f"run {run.id}, {plural(run.log_count, 'step')}"
        self.problem = run.error or ""
        self.steps = [_step(log) for log in logs]

    async def _find_agents(self) -> None:
        try:
            agents = (await catalogs.read()).agents
        except AgentRunsError:
            return
        names = [agent_title(agent) for agent in agents if agent.available and agent.name != AGENT]
        async with self:
            self.ready_agents = ", ".join(names)


def _is_about(value: object, run_id: int) -> bool:
    return isinstance(value, dict) and run_id in (value.get("agent_run_id"), value.get("id"))


def _step(log: AgentRunLog) -> HelloStep:
    words = log.thought or text_of(log.observation)
    text = target(log.tool_input) if log.tool_name else one_line(words)
    kind = "terminal" if log.tool_name else "brain"
    return HelloStep(log.seq, _ICONS.get(log.message_type, kind), log.tool_name or "", text)


def welcome() -> rx.Component:
    """Return the welcome."""
    is_done = Welcome.finished != ""
    return rx.el.div(
        rx.el.div(
            rx.el.h2(
                rx.cond(
                    Welcome.look.code == "COMPLETE",
                    "It works. Your first run is finished.",
                    "Nothing has run here yet. Try it with one click.",
                ),
                style={"fontSize": "20px", "lineHeight": "28px"},
            ),
            rx.el.p(
                "The built-in agent writes a file, runs it and shows the change, on this machine. "
                "It needs no account, no key and no network.",
                class_name="mut",
                style={"marginTop": "4px", "maxWidth": "620px"},
            ),
        ),
        rx.el.ol(
            _check("Choose an agent", "Scripted, built in", "ok"),
            _check("Check its login", "None needed", "ok"),
            _check(
                "Check the server",
                rx.match(
                    Shell.link,
                    ("live", "API and database respond"),
                    ("down", "The API does not answer"),
                    "Connecting",
                ),
                rx.match(Shell.link, ("live", "ok"), ("down", "bad"), "todo"),
            ),
            _check(
                "Say hello",
                rx.cond(
                    Welcome.look.word,
                    rx.fragment(Welcome.look.word, " ", _elapsed()),
                    "Press the button below",
                ),
                rx.cond(Welcome.look.code == "COMPLETE", "ok", rx.cond(is_done, "bad", "todo")),
            ),
            class_name="card steps4",
        ),
        rx.cond(Welcome.run_id > 0, _first_run(), _say_hello()),
        rx.cond(
            Welcome.problem,
            rx.el.div(
                icon("circle-x"),
                rx.el.span(Welcome.problem),
                role="alert",
                class_name="callout red",
            ),
        ),
        _next(),
        class_name="welcome",
    )


def _check(
    title: str, text: rx.Var[Any] | rx.Component | str, mark: rx.Var[Any] | rx.Component | str
) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.match(
                mark,
                ("ok", rx.icon("check", size=12, stroke_width=3, aria_hidden=True)),
                ("bad", rx.icon("x", size=12, stroke_width=3, aria_hidden=True)),
                rx.fragment(),
            ),
            class_name=f"tick {mark}",
        ),
        rx.el.span(
            rx.el.span(title, class_name="med"),
            rx.el.span(text, class_name="sm mut", style={"marginTop": "2px"}),
            class_name="col",
        ),
    )


def _elapsed() -> rx.Component:
    return Elapsed.create(start=Welcome.started, end=Welcome.finished, lead="")


def _say_hello() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.span(icon("play"), class_name="logo"),
            rx.el.span(
                rx.el.span("Say hello", class_name="med"),
                rx.el.span(PROMPT, class_name="sm mut"),
                class_name="col grow",
            ),
            button(
                "Start the demo run",
                disabled=Welcome.is_starting | (Shell.link != "live"),
                on_click=Welcome.say_hello,
            ),
            class_name="nextrow",
        ),
        class_name="card",
    )


def _first_run() -> rx.Component:
    return rx.el.section(
        rx.el.header(
            status(Welcome.look),
            rx.el.span("Say hello", class_name="med cut"),
            rx.el.span(Welcome.summary, " ", _elapsed(), class_name="sm mut num desk"),
            link_button("Open run", href=f"/runs/{Welcome.run_id}", look="end"),
            style={"borderBottom": "1px solid var(--line)"},
        ),
        rx.el.ol(
            rx.foreach(Welcome.steps, _step_line),
            role="log",
            aria_label="Steps of the first run",
            style={"padding": "8px 16px"},
        ),
        class_name="card",
    )


def _step_line(step: rx.vars.ObjectVar[HelloStep]) -> rx.Component:
    return rx.el.li(
        rx.el.span(step.seq.to_string(), class_name="mono mut", style={"width": "20px"}),
        rx.match(
            step.kind,
            *[(name, icon(name)) for name in ("user", "message-square-text", "circle-x", "brain")],
            icon("terminal"),
        ),
        rx.cond(step.tool, rx.el.code(step.tool, class_name="med")),
        rx.el.span(step.text, class_name=rx.cond(step.tool, "cut mono mut", "cut")),
        class_name="flexrow",
        style={"minHeight": "32px"},
        custom_attrs={"data-seq": step.seq.to_string()},
    )


def _next() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Next steps", style={"marginBottom": "8px"}),
        rx.el.div(
            _next_row(
                "bot",
                "Use a real agent",
                rx.cond(
                    Welcome.ready_agents,
                    f"Found on this machine: {Welcome.ready_agents}.",
                    "None was found on this machine yet. The Agents page shows how to add one.",
                ),
                link_button("Agents", href="/agents"),
            ),
            _next_row(
                "upload",
                "Import runs",
                "Exports from another server, or past Claude Code sessions.",
                link_button("Import", href="/import"),
            ),
            _next_row(
                "terminal",
                "Start a run from a terminal",
                rx.el.code('agent-runs run "Fix the flaky test"'),
                button(
                    "Copy",
                    on_click=[
                        rx.set_clipboard('agent-runs run "Fix the flaky test"'),
                        rx.toast.success("Copied"),
                    ],
                ),
            ),
            class_name="card",
        ),
    )


def _next_row(
    symbol: str, title: str, text: rx.Var[str] | rx.Component | str, end: rx.Component
) -> rx.Component:
    return rx.el.div(
        rx.el.span(icon(symbol), class_name="logo"),
        rx.el.span(
            rx.el.span(title, class_name="med"),
            rx.el.span(text, class_name="mut sm", style={"overflowWrap": "anywhere"}),
            class_name="col grow",
        ),
        end,
        class_name="nextrow",
    )
