"""Imports runs from files; the browser sends them straight to the API, not to Reflex state."""

import reflex as rx

from agent_runs.dashboard.browser.faces import ImportPage
from agent_runs.dashboard.components.button import button
from agent_runs.dashboard.frame.layout import back_link, frame, head
from agent_runs.dashboard.frame.shell import Shell

_COMMAND = "agent-runs import ~/.claude/projects"


@rx.page(route="/import", title="Import runs · Agent runs", on_load=[Shell.follow])
def page() -> rx.Component:
    """Return the page."""
    return frame(
        rx.el.div(ImportPage.create(), _about(), class_name="sheet"),
        title="Import runs",
        current="Runs",
        heading=head("Import runs", before=back_link()),
    )


def _about() -> rx.Component:
    return rx.el.section(
        rx.el.h2("What can be imported"),
        rx.el.dl(
            rx.el.dt("Exports"),
            rx.el.dd(
                "From this server or another one. Choose Export above a list of runs, then ",
                rx.el.b("JSON Lines, complete", class_name="med"),
                ".",
            ),
            rx.el.dt("Claude Code"),
            rx.el.dd(
                "Sessions in ",
                rx.el.code("~/.claude/projects"),
                ". The folder is hidden: press Ctrl H in the file dialog, or ⌘ ⇧ . on a Mac.",
            ),
            rx.el.dt("In a terminal"),
            rx.el.dd(_command()),
            class_name="kv",
        ),
        rx.el.h2("What an import does"),
        rx.el.ul(
            rx.el.li("Each file is checked first, then imported whole or not at all."),
            rx.el.li(
                "Runs that are already here stay as they are. A later export or session updates "
                "what an earlier one imported."
            ),
            rx.el.li(
                "You can read, search, compare and export imported runs. You cannot resume them, "
                "because their agent and files are elsewhere."
            ),
            class_name="import-notes",
        ),
        class_name="card import-about",
    )


def _command() -> rx.Component:
    return rx.el.span(
        rx.el.code(_COMMAND, tab_index=0),
        button(
            "Copy",
            aria_label="Copy the command",
            on_click=[rx.set_clipboard(_COMMAND), rx.toast.success("Copied")],
            look="ghost s1",
        ),
        class_name="cmd",
    )
