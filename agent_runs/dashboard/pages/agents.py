"""The agents of this machine: which are ready, how to get the others, and a test of each."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace

import anyio
import reflex as rx

from agent_runs.client.calls import answers
from agent_runs.client.calls import runs as run_calls
from agent_runs.client.calls.runs import CreateOptions
from agent_runs.dashboard.browser.faces import Elapsed
from agent_runs.dashboard.components.button import button
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.components.status import status
from agent_runs.dashboard.frame.layout import frame, head
from agent_runs.dashboard.frame.shell import UPDATE_SECONDS, Shell
from agent_runs.dashboard.runs.row import iso
from agent_runs.dashboard.serving.access import catalogs, send
from agent_runs.dashboard.serving.hub import News, hub
from agent_runs.dashboard.theme import Look, agent_title, initials, look_of
from agent_runs.errors import AgentRunsError
from agent_runs.models import AgentInfo, AgentRun

TEST_PROMPT = "This is a test of the connection. Answer with the one word: hello."


@dataclass(frozen=True)
class AgentCard:
    """One agent and its latest test on this page."""

    name: str
    title: str = ""
    initials: str = ""
    version: str = ""
    command: str = ""
    note: str = ""
    reason: str = ""
    login: str = ""
    login_hint: str = ""
    is_ready: bool = False
    run_id: int = 0
    look: Look = field(default_factory=Look)
    started: str = ""
    finished: str = ""
    result: str = ""


class Agents(rx.State):
    """The agents on this machine, and the tests started on this page."""

    cards: rx.Field[list[AgentCard]] = rx.field(default_factory=list[AgentCard])
    loaded: rx.Field[bool] = rx.field(False)
    is_looking: rx.Field[bool] = rx.field(False)

    @rx.event(background=True, supersedes=True)
    async def follow(self) -> None:
        """Read the agents and follow the tests until the tab closes. From `on_load` only."""
        async with hub.subscribe() as subscription:
            await self._read()
            while True:
                await self._take(await subscription.next())
                await anyio.sleep(UPDATE_SECONDS)

    @rx.event(background=True)
    async def look_again(self) -> AsyncGenerator[rx.event.EventSpec]:
        """Ask the server to look for agents again."""
        async with self:
            self.is_looking = True
        await self._read()
        async with self:
            self.is_looking = False
        yield rx.toast.success(self.ready_text)

    @rx.event(background=True)
    async def test(self, name: str) -> AsyncGenerator[rx.event.EventSpec]:
        """Start a short run with this agent."""
        try:
            options = CreateOptions(agent=name, title=f"Test of {name}", permission_policy="reject")
            run = await send(run_calls.create_agent_run(TEST_PROMPT, options))
        except AgentRunsError as exc:
            yield rx.toast.error("The test did not start.", description=exc.message)
            return
        async with self:
            self.cards = [
                _with_test(card, run) if card.name == name else card for card in self.cards
            ]

    @rx.var
    def ready_text(self) -> str:
        """How many agents are ready."""
        ready = sum(card.is_ready for card in self.cards)
        return "1 agent ready" if ready == 1 else f"{ready} agents ready"

    async def _read(self) -> None:
        try:
            agents = (await catalogs.read(fresh=True)).agents
        except AgentRunsError:
            return  # the frame says that the API is unavailable
        async with self:
            old = {card.name: card for card in self.cards}
            self.cards = [_card(agent, old.get(agent.name)) for agent in agents]
            self.loaded = True

    async def _take(self, news: News) -> None:
        if news.must_reload:
            await self._read()
            return
        runs = [answers.run(event.data) for event in news.events if event.kind.startswith("run.")]
        latest = {run.id: run for run in runs}
        if not any(card.run_id in latest for card in self.cards):
            return
        async with self:
            self.cards = [
                _with_test(card, latest[card.run_id]) if card.run_id in latest else card
                for card in self.cards
            ]


def _card(agent: AgentInfo, old: AgentCard | None) -> AgentCard:
    title = agent_title(agent)
    return replace(
        old or AgentCard(agent.name),
        title=title,
        initials=initials(title),
        version=agent.version or "",
        command=" ".join(agent.command),
        note="Built in, needs no key" if agent.name == "scripted" else "",
        reason=agent.reason or "",
        login={"logged in": "Logged in", "not logged in": "Not logged in"}.get(
            agent.login or "", ""
        ),
        login_hint="" if agent.login == "logged in" else agent.login_hint or "",
        is_ready=agent.available,
    )


def _with_test(card: AgentCard, run: AgentRun) -> AgentCard:
    return replace(
        card,
        run_id=run.id,
        look=look_of(run.status),
        started=iso(run.started_at),
        finished=iso(run.finished_at) if run.has_ended else "",
        result=run.error or run.summary or "",
    )


@rx.page(route="/agents", title="Agents · Agent runs", on_load=[Shell.follow, Agents.follow])
def page() -> rx.Component:
    """Return the page."""
    return frame(
        rx.cond(
            Agents.loaded,
            rx.el.div(rx.foreach(Agents.cards, _agent), class_name="agents"),
            rx.el.div(
                *[
                    rx.el.div(
                        rx.el.i(class_name="skel"), class_name="card", style={"padding": "32px"}
                    )
                    for _ in range(4)
                ],
                aria_hidden="true",
                class_name="agents",
            ),
        ),
        title="Agents",
        current="Agents",
        heading=head(
            "Agents",
            button(
                icon("refresh-cw"),
                "Look again",
                disabled=Agents.is_looking,
                on_click=Agents.look_again,
            ),
            note=rx.cond(Agents.loaded, rx.el.span(Agents.ready_text, class_name="mut desk")),
        ),
    )


def _agent(card: rx.vars.ObjectVar[AgentCard]) -> rx.Component:
    return rx.el.section(
        rx.el.header(
            rx.el.span(card.initials, class_name="logo", aria_hidden="true"),
            rx.el.div(
                rx.el.h2(card.title),
                rx.el.span(
                    rx.cond(card.note, card.note, rx.el.span(card.command, class_name="mono")),
                    " ",
                    card.version,
                    class_name="sm mut cut",
                ),
                class_name="col grow",
            ),
            rx.cond(
                card.is_ready,
                rx.el.span(icon("circle-check", 14), "Ready", class_name="badge green"),
                rx.el.span(icon("circle-x", 14), "Not ready", class_name="badge"),
            ),
        ),
        rx.el.div(
            rx.cond(card.is_ready, rx.fragment(), rx.el.p(card.reason, class_name="wraps")),
            rx.cond(card.login, rx.el.p(card.login, class_name="sm mut")),
            rx.cond(
                card.login_hint,
                rx.el.p("To log in: ", card.login_hint, class_name="sm mut wraps"),
            ),
            rx.cond(card.run_id.to(int) > 0, _test_result(card)),
            rx.el.div(
                button(
                    icon("play"),
                    "Test",
                    aria_label=f"Test {card.title}",
                    disabled=~card.is_ready | ((card.run_id.to(int) > 0) & (card.finished == "")),
                    on_click=Agents.test(card.name),
                ),
                class_name="flexrow",
            ),
            class_name="stack pad",
        ),
        aria_label=card.title,
        class_name="card",
    )


def _test_result(card: rx.vars.ObjectVar[AgentCard]) -> rx.Component:
    return rx.el.div(
        status(card.look),
        rx.el.span(
            Elapsed.create(start=card.started, end=card.finished, lead=""),
            " ",
            card.result,
            class_name="grow wraps sm",
        ),
        rx.link("Open the test", href=f"/runs/{card.run_id}", class_name="link sm"),
        class_name="callout",
    )
