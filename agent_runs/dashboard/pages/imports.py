"""Brings runs in from files; the browser sends them to the API by itself, past Reflex state."""

import reflex as rx

from agent_runs.dashboard.browser.faces import ImportPage
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.frame.layout import frame, head
from agent_runs.dashboard.frame.shell import Shell

_COMMAND = "agent-runs import ~/.claude/projects"


@rx.page(route="/import", title="Import runs · Agent runs", on_load=[Shell.follow])
def page() -> rx.Component:
    """Return the page."""
    return frame(
        rx.el.div(ImportPage.create(), _about(), class_name="sheet"),
        title="Import runs",
        current="Runs",
        heading=head("Import runs", before=_back()),
    )


def _back() -> rx.Component:
    return rx.link(
        icon("arrow-left"),
        href="/",
        underline="none",
        aria_label="Back to the runs",
        class_name="btn ghost ic",
    )


def _about() -> rx.Component:
    return rx.el.section(
        rx.el.h2("What can be imported"),
        rx.el.dl(
            rx.el.dt("Exports"),
            rx.el.dd(
                "of this server or another one: Export over a list of runs, then ",
                rx.el.b("JSON Lines, complete", class_name="med"),
                ".",
            ),
            rx.el.dt("Claude Code"),
            rx.el.dd(
                "sessions, kept below ",
                rx.el.code("~/.claude/projects"),
                ". The folder is hidden: press Ctrl H in the dialog, or ⌘ ⇧ . on a Mac.",
            ),
            rx.el.dt("In a terminal"),
            rx.el.dd(_command()),
            class_name="kv",
        ),
        rx.el.h2("What becomes of it"),
        rx.el.ul(
            rx.el.li("A file is checked first and comes whole or not at all."),
            rx.el.li(
                "Runs that are here already stay as they are; a later export or session updates "
                "what an earlier one brought."
            ),
            rx.el.li(
                "Imported runs can be read, searched, compared and exported. They cannot go on "
                "here, as their agent and files are elsewhere."
            ),
            class_name="import-notes",
        ),
        class_name="card import-about",
    )


def _command() -> rx.Component:
    return rx.el.span(
        rx.el.code(_COMMAND, tab_index=0),
        rx.el.button(
            "Copy",
            type="button",
            aria_label="Copy the command",
            on_click=[rx.set_clipboard(_COMMAND), rx.toast.success("Copied")],
            class_name="btn ghost s1",
        ),
        class_name="cmd",
    )
