"""A run in the list, as a card of two lines and as a row of the compact table."""

from collections.abc import Sequence

import reflex as rx

from agent_runs.dashboard.actions import RunsActions
from agent_runs.dashboard.browser.faces import Ago, Elapsed
from agent_runs.dashboard.components.ask import ask_bar
from agent_runs.dashboard.components.button import button
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.components.pull_request import pull_request
from agent_runs.dashboard.components.status import status
from agent_runs.dashboard.runs.row import RunRow


def card(row: rx.vars.ObjectVar[RunRow]) -> rx.Component:
    """Return the two-line row."""
    return rx.el.article(
        select_box(row),
        rx.el.div(
            status(row.look),
            rx.el.span(_elapsed(row), class_name="l2"),
            class_name="col c-st",
        ),
        rx.el.div(_title(row), _second_line(row), class_name="col c-t"),
        rx.el.div(
            rx.el.span(
                rx.cond(row.agent, rx.el.span(row.agent, class_name="badge")),
                rx.el.span(row.repo, class_name="cut", title=row.repo),
                class_name="flexrow sm",
                style={"minHeight": "20px"},
            ),
            rx.el.span(
                rx.cond(
                    row.branch,
                    rx.fragment(
                        icon("git-branch", 14),
                        rx.el.span(row.branch, class_name="cut mono", title=row.branch),
                    ),
                ),
                class_name="l2 flexrow",
                style={"gap": "6px"},
            ),
            class_name="col c-repo",
        ),
        rx.el.div(
            rx.el.span(
                rx.cond(row.steps, row.steps, rx.el.span("No steps yet", class_name="mut")),
                class_name="num sm",
                style={"lineHeight": "20px"},
            ),
            rx.el.span(row.tokens, class_name="l2 num"),
            class_name="col c-use",
        ),
        rx.el.div(
            rx.el.span(Ago.create(at=row.created), class_name="sm", style={"lineHeight": "20px"}),
            rx.el.span(row.source, class_name="l2 cut", title=row.source),
            class_name="col c-age",
        ),
        rx.el.div(_menu(row), class_name="c-k"),
        rx.cond(row.ask, ask_bar(row.id, row.ask)),
        class_name=rx.cond(RunsActions.selected.contains(row.id), "run sel", "run"),
        custom_attrs={"data-row": row.id.to_string()},
    )


def table(rows: rx.Var[Sequence[RunRow]]) -> rx.Component:
    """Return the compact table."""
    return rx.el.div(
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(rx.el.span("Select", class_name="vh"), style={"width": "16px"}),
                    *[
                        rx.el.th(name, class_name=kind)
                        for name, kind in (
                            ("Status", ""),
                            ("Run", ""),
                            ("Agent", ""),
                            ("Repository", ""),
                            ("Time", "r"),
                            ("Steps", "r"),
                            ("Started", "r"),
                        )
                    ],
                    rx.el.th(rx.el.span("Actions", class_name="vh")),
                )
            ),
            rx.el.tbody(rx.foreach(rows, _table_row)),
            class_name="tbl",
        ),
        class_name="card",
        style={"overflowX": "auto"},
    )


def select_box(row: rx.vars.ObjectVar[RunRow]) -> rx.Component:
    """Return the box that selects a run for a bulk action."""
    return rx.el.input(
        type="checkbox",
        checked=RunsActions.selected.contains(row.id),
        on_change=RunsActions.toggle(row.id),
        aria_label=f"Select run {row.id}",
        class_name="check",
    )


def _table_row(row: rx.vars.ObjectVar[RunRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(select_box(row)),
        rx.el.td(status(row.look)),
        rx.el.td(_title(row), style={"maxWidth": "0", "width": "60%"}),
        rx.el.td(row.agent, class_name="mut"),
        rx.el.td(row.repo, class_name="mut"),
        rx.el.td(Elapsed.create(start=row.started, end=row.finished, lead=""), class_name="r"),
        rx.el.td(row.step_count, class_name="r"),
        rx.el.td(Ago.create(at=row.created), class_name="r mut"),
        rx.el.td(_menu(row), style={"width": "24px"}),
        custom_attrs={"data-row": row.id.to_string()},
    )


def _elapsed(row: rx.vars.ObjectVar[RunRow]) -> rx.Component:
    return Elapsed.create(start=row.started, end=row.finished, lead=row.look.lead)


def _title(row: rx.vars.ObjectVar[RunRow]) -> rx.Component:
    return rx.link(
        row.title,
        href=f"/runs/{row.id}",
        underline="none",
        title=row.title,
        class_name="title cut",
        style={"display": "block"},
        custom_attrs={"data-row-link": ""},
    )


def _second_line(row: rx.vars.ObjectVar[RunRow]) -> rx.Component:
    return rx.el.span(
        rx.cond(
            row.activity,
            rx.el.span(
                icon("activity", 14), rx.el.span(row.activity, class_name="cut"), class_name="act"
            ),
            rx.el.span(row.line, class_name="cut", title=row.line),
        ),
        rx.foreach(row.pull_requests, lambda link: pull_request(link, "pr")),
        class_name=f"l2 flexrow {row.line_tone}",
    )


def _menu(row: rx.vars.ObjectVar[RunRow]) -> rx.Component:
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            button(
                icon("ellipsis-vertical"),
                aria_label=f"Actions for run {row.id}",
                look="ghost s1 ic",
            )
        ),
        rx.dropdown_menu.content(
            _entry("View log", "scroll-text", rx.redirect(f"/runs/{row.id}")),
            rx.cond(
                row.is_terminal,
                rx.cond(
                    row.can_go_on,
                    _entry("Resume", "play", rx.redirect(f"/runs/{row.id}?resume=1")),
                ),
                _entry("Stop", "square", RunsActions.stop(row.id)),
            ),
            rx.cond(
                row.is_archived,
                _entry("Restore", "archive-restore", RunsActions.restore(row.id)),
                rx.cond(row.is_terminal, _entry("Archive", "archive", RunsActions.archive(row.id))),
            ),
            rx.cond(
                row.hosted_url,
                _entry(
                    "Open in Codegen",
                    "external-link",
                    rx.redirect(row.hosted_url, is_external=True),
                ),
            ),
            size="1",
            variant="soft",
        ),
    )


def _entry(text: str, symbol: str, on_choose: rx.event.EventType[()]) -> rx.Component:
    return rx.dropdown_menu.item(icon(symbol, 14), text, on_select=on_choose)
