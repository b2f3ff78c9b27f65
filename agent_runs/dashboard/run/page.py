"""One run: what it did step by step, what it changed, and what it needs from you."""

import reflex as rx

from agent_runs.dashboard.actions import RunsActions
from agent_runs.dashboard.browser.faces import (
    Ago,
    Changes,
    Elapsed,
    FollowUp,
    Insight,
    Timeline,
    Transcript,
)
from agent_runs.dashboard.components.ask import ask_bar
from agent_runs.dashboard.components.button import button, link_button
from agent_runs.dashboard.components.downloads import download_items
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.components.problem import problem_callout
from agent_runs.dashboard.components.pull_request import pull_request
from agent_runs.dashboard.components.status import status
from agent_runs.dashboard.downloads import OF_ONE_RUN
from agent_runs.dashboard.frame.layout import back_link, connection_pill, frame
from agent_runs.dashboard.frame.shell import Shell
from agent_runs.dashboard.run.side import side
from agent_runs.dashboard.run.state import RunState


@rx.page(route="/runs/[run_id]", title="Run · Agent runs", on_load=[Shell.follow, RunState.follow])
def page() -> rx.Component:
    """Return the page."""
    return frame(
        rx.cond(
            RunState.is_missing,
            _missing(),
            rx.match(
                RunState.tab,
                ("timeline", _timeline()),
                ("changes", _changes()),
                ("insight", _insight()),
                ("raw", _log(raw=True)),
                _log(raw=False),
            ),
        ),
        title="Run",
        current="Runs",
        tab_title=rx.cond(
            RunState.title, f"Run {RunState.number}: {RunState.title}", f"Run {RunState.number}"
        ),
        heading=_head(),
        class_name="main runpage",
    )


def _head() -> rx.Component:
    return rx.el.header(
        rx.el.div(
            back_link(),
            rx.el.h1(f"Run {RunState.number}", style={"flex": "none"}),
            rx.el.span(RunState.title, class_name="runtitle cut", title=RunState.title),
            rx.el.div(connection_pill(), _more(), _main_action(), class_name="flexrow end"),
            class_name="head",
        ),
        rx.cond(RunState.loaded, _meta(), rx.el.div(class_name="meta")),
        rx.el.nav(
            _tab("Transcript", "transcript"),
            _tab("Timeline", "timeline"),
            _tab("Changes", "changes"),
            _tab("Insight", "insight"),
            _tab("Raw", "raw"),
            aria_label="Views of this run",
            class_name="tabs",
        ),
        problem_callout(RunState.problem, RunState.reload, marginTop="8px"),
        class_name="runhead",
    )


def _meta() -> rx.Component:
    return rx.el.div(
        rx.el.span(
            status(RunState.look),
            rx.cond(RunState.reason, rx.el.span("· ", RunState.reason)),
            rx.cond(RunState.activity, rx.el.span("· ", RunState.activity, class_name="cut")),
        ),
        rx.el.span(
            icon("timer", 14),
            rx.el.b(Elapsed.create(start=RunState.started, end=RunState.finished, lead="")),
        ),
        rx.el.span(icon("footprints", 14), rx.el.b(RunState.total.to_string()), "steps"),
        rx.cond(RunState.is_imported, rx.el.span("Imported", class_name="badge")),
        rx.cond(RunState.tokens, rx.el.span(icon("coins", 14), RunState.tokens)),
        rx.cond(RunState.context, rx.el.span(icon("gauge", 14), RunState.context)),
        rx.cond(
            RunState.branch,
            rx.el.span(icon("git-branch", 14), rx.el.span(RunState.branch, class_name="mono")),
        ),
        rx.foreach(RunState.pull_requests, lambda link: pull_request(link, "")),
        rx.el.span(
            rx.el.span(RunState.agent, class_name="badge"), rx.el.span(RunState.repo), class_name=""
        ),
        role="group",
        aria_label="Facts",
        tab_index=0,  # it scrolls on a phone, also with the keyboard
        class_name="meta",
    )


def _main_action() -> rx.Component:
    number = RunState.number
    return rx.cond(
        RunState.loaded,
        rx.cond(
            ~RunState.is_terminal,
            _action("Stop", "square", RunsActions.stop(number), look="danger"),
            rx.cond(
                RunState.is_archived,
                _action("Restore", "archive-restore", RunsActions.restore(number)),
                rx.cond(
                    RunState.is_failed,
                    _action("Retry", "rotate-cw", RunsActions.retry(number), look="solid"),
                    _action("Archive", "archive", RunsActions.archive(number)),
                ),
            ),
        ),
    )


def _action(
    text: str, symbol: str, on_press: rx.event.EventType[()], *, look: str = ""
) -> rx.Component:
    return button(icon(symbol), text, on_click=on_press, look=look)


def _more() -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(button(icon("ellipsis"), aria_label="More", look="ghost ic")),
        rx.dropdown_menu.content(
            rx.dropdown_menu.item(
                icon("link", 14),
                "Copy link",
                on_select=rx.call_script("navigator.clipboard.writeText(location.href)"),
            ),
            *download_items(OF_ONE_RUN, _download, verb="Download "),
            rx.cond(
                RunState.is_failed & ~RunState.is_archived,
                rx.dropdown_menu.item(
                    icon("archive", 14),
                    "Archive",
                    on_select=RunsActions.archive(RunState.number),
                ),
            ),
            rx.cond(
                RunState.hosted,
                rx.dropdown_menu.item(
                    icon("external-link", 14),
                    "Open in Codegen",
                    on_select=rx.redirect(RunState.hosted, is_external=True),
                ),
            ),
            size="1",
            variant="soft",
        ),
    )


def _download(form: str) -> rx.event.EventSpec:
    address = f"/api/agent_runs/{RunState.number}/export?format={form}"
    return rx.download(address, filename="")


def _tab(text: str, name: str) -> rx.Component:
    return rx.link(
        text,
        href=rx.cond(
            name == "transcript",
            f"/runs/{RunState.number}",
            f"/runs/{RunState.number}?tab={name}",
        ),
        underline="none",
        aria_current=rx.cond(RunState.tab == name, "page", "false"),
    )


def _log(*, raw: bool) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.div(
                rx.cond(
                    RunState.loaded,
                    Transcript.create(
                        run_id=RunState.number,
                        total=RunState.total,
                        counts=RunState.counts,
                        active=~RunState.is_terminal,
                        agent=RunState.agent,
                        user="You",
                        step=RunState.step,
                        from_turn=RunState.from_turn,
                        turns=RunState.turns,
                        error=RunState.error,
                        draft=RunState.draft,
                        raw=raw,
                    ),
                    _bones(),
                ),
                rx.fragment() if raw else _dock(),
                class_name="logcol",
            ),
            rx.fragment() if raw else side(),
            class_name="runcols" if not raw else "runcols wide",
        ),
    )


def _bones() -> rx.Component:
    return rx.el.div(
        *[rx.el.i(class_name="skel", style={"width": f"{50 + at * 13 % 45}%"}) for at in range(8)],
        class_name="stack logview",
        style={"gap": "20px", "padding": "16px"},
        aria_hidden="true",
    )


def _dock() -> rx.Component:
    return rx.el.div(
        rx.cond(RunState.ask, ask_bar(RunState.number, RunState.ask, role="alert")),
        rx.cond(
            RunState.is_imported,
            rx.el.p(
                "This run was imported ",
                Ago.create(at=RunState.imported),
                rx.cond(RunState.origin, rx.fragment(" from ", rx.el.bdi(RunState.origin))),
                ". You can read, search, compare and export it, but not resume it: its agent and "
                "its files are not on this server.",
                class_name="mut wraps",
            ),
            _composer(),
        ),
        class_name="dock",
    )


def _composer() -> rx.Component:
    return rx.cond(
        RunState.watched,
        rx.el.p(
            "This session runs in a terminal and is only watched here. To continue it, run ",
            rx.el.code(RunState.watched),
            class_name="mut wraps",
        ),
        FollowUp.create(
            run_id=RunState.number,
            turn=RunState.turn,
            active=~RunState.is_terminal,
            down=Shell.link == "down",
            focus=RunState.focuses,
            queue_version=RunState.queue_version,
            queueless=~RunState.can_queue,
            on_sent=RunState.resumed,
        ),
    )


def _timeline() -> rx.Component:
    return rx.cond(
        RunState.loaded,
        Timeline.create(
            run_id=RunState.number,
            total=RunState.total,
            turns=RunState.turns,
            active=~RunState.is_terminal,
            version=RunState.read_count,
        ),
        _bones(),
    )


def _changes() -> rx.Component:
    return rx.cond(
        RunState.loaded,
        Changes.create(
            run_id=RunState.number,
            version=RunState.changes_version,
            active=~RunState.is_terminal,
        ),
        _bones(),
    )


def _insight() -> rx.Component:
    return rx.cond(
        RunState.loaded,
        Insight.create(
            run_id=RunState.number, version=RunState.total, active=~RunState.is_terminal
        ),
        _bones(),
    )


def _missing() -> rx.Component:
    return rx.el.div(
        rx.el.h2("There is no such run"),
        rx.el.p(
            "Check the number: it may be mistyped, or belong to another server.", class_name="mut"
        ),
        link_button("Show all runs", href="/"),
        class_name="card blank",
    )
