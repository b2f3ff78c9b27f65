"""The attention strip and the filters of the list; each of them changes the address."""

import reflex as rx

from agent_runs.dashboard.browser.faces import Views
from agent_runs.dashboard.components.button import button, toggle
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.components.menu import chip_menu, choice, pair_menu
from agent_runs.dashboard.components.period import period_popover
from agent_runs.dashboard.frame.shell import Shell
from agent_runs.dashboard.runs.query import PERIODS
from agent_runs.dashboard.runs.state import RunsState
from agent_runs.dashboard.theme import LOOKS
from agent_runs.models import AgentRunStatus
from agent_runs.reading.source import SOURCES
from agent_runs.reading.status import GROUPS, StatusGroup


def strip() -> rx.Component:
    """Return the counts; each one filters by what it counts."""
    return rx.el.div(
        *[_cell(group) for group in GROUPS],
        role="group",
        aria_label="Filter by status",
        class_name="card strip",
    )


def bar() -> rx.Component:
    """Return the search field and the filter chips."""
    return rx.el.div(
        rx.el.label(
            icon("search"),
            rx.el.input(
                key=RunsState.search_key.to_string(),
                type="search",
                default_value=RunsState.q,
                on_change=RunsState.search.debounce(250),
                placeholder="Search in titles, prompts and results",
                aria_label="Search runs",
                max_length=200,
                custom_attrs={"data-hotkey": "/"},
            ),
            rx.el.span("/", class_name="kbd desk", aria_hidden="true"),
            class_name="field",
        ),
        rx.el.div(
            _status_menu(),
            _agent_menu(),
            _repo_menu(),
            _source_menu(),
            _time_menu(),
            toggle(
                icon("archive", 14),
                "Archived",
                rx.cond(
                    Shell.archived > 0, rx.el.span(Shell.archived.to_string(), class_name="num")
                ),
                is_pressed=RunsState.is_archive,
                on_click=RunsState.toggle_archive,
                class_name="chip",
            ),
            rx.foreach(RunsState.traits, _trait),
            Views.create(kind="runs"),
            rx.cond(
                RunsState.is_filtered,
                button("Clear filters", on_click=RunsState.clear_filters, look="ghost s1 end"),
            ),
            class_name="chips",
        ),
        class_name="col",
        style={"gap": "8px"},
    )


def _trait(pair: rx.vars.ArrayVar[tuple[str, str]]) -> rx.Component:
    return rx.el.button(
        rx.el.span(pair[1], class_name="cut"),
        icon("x", 14),
        type="button",
        title="Remove this filter",
        on_click=RunsState.drop_trait(pair[0]),
        class_name="chip on trait",
    )


def _cell(group: StatusGroup) -> rx.Component:
    count = Shell.groups.get(group.name, 0).to(int)
    statuses = ",".join(group.statuses)
    is_set = RunsState.status.join(",") == statuses
    some = "hot" if AgentRunStatus.PAUSED in group.statuses else ""
    return toggle(
        rx.el.span(class_name=f"dot {group.dot}", aria_hidden="true"),
        rx.el.span(group.name, class_name="cut"),
        rx.el.b(count.to_string()),
        is_pressed=is_set,
        on_click=RunsState.filter_group(statuses),
        class_name=rx.cond(count > 0, some, "zero"),
        custom_attrs={"data-group": group.name},
    )


def _status_menu() -> rx.Component:
    count = RunsState.status.length()
    return chip_menu(
        rx.cond(count > 0, f"Status: {count}", "Status"),
        count > 0,
        *[
            choice(
                look.word,
                RunsState.status.contains(status),
                RunsState.filter_status(status),
            )
            for status, look in LOOKS.items()
        ],
        name="Status",
    )


def _agent_menu() -> rx.Component:
    state = RunsState
    return pair_menu(
        "Agent",
        state.agent,
        state.agent,
        state.agent_names,
        lambda name: state.filter_by("agent", name),
    )


def _repo_menu() -> rx.Component:
    state = RunsState
    menu = pair_menu(
        "Repository",
        state.repo,
        state.repo_label,
        state.repo_names,
        lambda repo: state.filter_by("repo", repo),
    )
    return rx.cond((state.repo_names.length() > 0) | (state.repo != ""), menu)


def _source_menu() -> rx.Component:
    return chip_menu(
        rx.cond(RunsState.source, f"Started by: {RunsState.source_label}", "Started by"),
        RunsState.source != "",
        *[
            choice(text, RunsState.source == code, RunsState.filter_by("source", code))
            for code, text in SOURCES.items()
        ],
        name="Started by",
    )


def _time_menu() -> rx.Component:
    is_set = (RunsState.since != "") | (RunsState.until != "")
    return period_popover(
        rx.el.button(
            rx.cond(is_set, f"Started: {RunsState.time_label}", "Started"),
            icon("chevron-down", 14),
            type="button",
            class_name=rx.cond(is_set, "chip on", "chip"),
        ),
        [
            (text, RunsState.since == code, RunsState.filter_by("since", code))
            for code, (text, _) in PERIODS.items()
        ],
        [
            ("From", RunsState.since_day, lambda day: RunsState.set_day("since", day)),
            ("To", RunsState.until, lambda day: RunsState.set_day("until", day)),
        ],
        name="Filter by time",
    )
