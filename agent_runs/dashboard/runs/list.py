"""The results under the filters: cards or table, bulk actions, pages, and the empty states."""

import reflex as rx

from agent_runs.dashboard.actions import FEWEST_COMPARED, MOST_COMPARED, RunsActions
from agent_runs.dashboard.components.button import button, link_button
from agent_runs.dashboard.components.downloads import download_menu
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.components.menu import segments
from agent_runs.dashboard.components.problem import problem_callout
from agent_runs.dashboard.runs.card import card, table
from agent_runs.dashboard.runs.query import PAGE_SIZES
from agent_runs.dashboard.runs.state import RunsState


def results() -> rx.Component:
    """Return everything below the filters."""
    return rx.el.section(
        problem_callout(RunsState.problem, RunsState.reload, marginBottom="8px"),
        rx.cond(RunsActions.selected.length() > 0, _bulk_bar(), _summary_bar()),
        rx.cond(
            RunsState.loaded,
            rx.cond(
                RunsState.rows.length() > 0,
                rx.fragment(
                    rx.cond(
                        RunsState.view == "table",
                        table(RunsState.rows),
                        rx.el.div(rx.foreach(RunsState.rows, card), class_name="card"),
                    ),
                    _pager(),
                ),
                _nothing(),
            ),
            rx.cond(RunsState.problem == "", _skeleton()),
        ),
        aria_label="Runs",
        aria_busy=rx.cond(RunsState.loaded, "false", "true"),
    )


def view_choice(name: str) -> rx.Component:
    """Return the choice between cards and table."""
    return segments(
        name,
        (
            ("Cards", "rows-3", RunsState.view != "table", RunsState.set_view("cards")),
            ("Table", "table-2", RunsState.view == "table", RunsState.set_view("table")),
        ),
    )


def _summary_bar() -> rx.Component:
    return rx.el.div(
        rx.el.span(
            rx.cond(RunsState.loaded, rx.el.b(RunsState.total_text, class_name="num med")),
            aria_live="polite",
        ),
        rx.cond(
            RunsState.fresh > 0,
            rx.el.button(
                icon("arrow-up", 14),
                RunsState.fresh_text,
                type="button",
                on_click=RunsState.show_fresh,
                class_name="pill new",
            ),
            rx.el.span(),
        ),
        rx.el.div(
            rx.cond(
                RunsState.rows.length() > 0,
                download_menu("Export", RunsState.export, look="ghost"),
            ),
            link_button(icon("upload", 14), "Import", href="/import", look="ghost s1"),
            rx.el.div(view_choice("Layout of the list"), class_name="desk"),
            class_name="flexrow",
        ),
        class_name="results",
    )


def _bulk_bar() -> rx.Component:
    count = RunsActions.selected.length()
    return rx.el.div(
        rx.el.b(f"{count} selected", class_name="num med"),
        button(
            icon("square", 14),
            "Stop selected",
            on_click=RunsActions.stop_selected,
            look="s1 danger",
        ),
        button(
            icon("archive", 14),
            "Archive selected",
            on_click=RunsActions.archive_selected,
            look="s1",
        ),
        button(
            icon("git-compare", 14),
            "Compare",
            disabled=(count < FEWEST_COMPARED) | (count > MOST_COMPARED),
            title=f"Compare {FEWEST_COMPARED} to {MOST_COMPARED} runs",
            on_click=RunsActions.compare_selected,
            look="s1",
        ),
        download_menu("Export selected", RunsActions.export_selected),
        button(
            "Select this page", on_click=RunsActions.select(RunsState.shown_ids), look="ghost s1"
        ),
        button("Clear", on_click=RunsActions.clear_selection, look="ghost s1"),
        role="toolbar",
        aria_label="Selected runs",
        class_name="bulk wrap",
    )


def _pager() -> rx.Component:
    return rx.el.nav(
        rx.el.span(RunsState.range_text, class_name="num"),
        rx.el.div(
            rx.el.label(
                rx.el.select(
                    *[rx.el.option(f"{size} per page", value=str(size)) for size in PAGE_SIZES],
                    value=RunsState.limit.to_string(),
                    on_change=RunsState.set_limit,
                    aria_label="Runs per page",
                ),
            ),
            button(
                icon("chevron-left", 14),
                "Previous",
                disabled=RunsState.page <= 1,
                on_click=RunsState.open_page((RunsState.page - 1).to(int)),
                look="s1",
            ),
            rx.el.span(f"Page {RunsState.page} of {RunsState.pages}", class_name="num desk"),
            button(
                "Next",
                icon("chevron-right", 14),
                disabled=RunsState.page >= RunsState.pages,
                on_click=RunsState.open_page((RunsState.page + 1).to(int)),
                look="s1",
            ),
            class_name="flexrow end",
        ),
        aria_label="Pages",
        class_name="pager",
    )


def _nothing() -> rx.Component:
    return rx.el.div(
        rx.cond(
            RunsState.page > 1,
            _blank("This page is empty", "The list has fewer pages now.", "Go to the first page"),
            rx.cond(
                RunsState.is_archive & ~RunsState.is_narrowed,
                _blank(
                    "The archive is empty",
                    "Runs that you archive are kept here, out of the way, until you restore them.",
                    "Show the other runs",
                ),
                rx.cond(
                    RunsState.is_filtered,
                    _blank(
                        "No runs match these filters",
                        "Remove one of the filters, or clear them all.",
                        "Show all runs",
                    ),
                    _blank(
                        "All your runs are archived",
                        "Start a new run, or look in the archive.",
                        "",
                    ),
                ),
            ),
        ),
        class_name="card",
    )


def _blank(title: str, text: str, way_out: str) -> rx.Component:
    return rx.el.div(
        rx.el.h2(title),
        rx.el.p(text, class_name="mut"),
        button(way_out, on_click=RunsState.clear_filters)
        if way_out
        else button("Show archived runs", on_click=RunsState.toggle_archive),
        class_name="blank",
    )


def _skeleton() -> rx.Component:
    def bone(width: str, height: str = "12px") -> rx.Component:
        return rx.el.i(class_name="skel", style={"width": width, "height": height})

    def pair(kind: str, first: str, second: str) -> rx.Component:
        return rx.el.div(
            bone(first), bone(second, "10px"), class_name=f"col {kind}", style={"gap": "10px"}
        )

    return rx.el.div(
        *[
            rx.el.div(
                rx.el.span(),
                pair("", "84px", "52px"),
                pair("", f"{60 + at * 11 % 40}%", f"{38 + at * 7 % 30}%"),
                pair("desk", "150px", "96px"),
                pair("desk c-use", "60px", "72px"),
                pair("desk", "60px", "44px"),
                rx.el.span(),
                class_name="run",
            )
            for at in range(6)
        ],
        aria_hidden="true",
        class_name="card",
    )
