"""Period and filters of the analytics page."""

from collections.abc import Sequence

import reflex as rx

from agent_runs.dashboard.analytics.query import PERIODS
from agent_runs.dashboard.analytics.state import AnalyticsState
from agent_runs.dashboard.components.button import button
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.components.menu import pair_menu
from agent_runs.dashboard.components.period import period_popover


def filters() -> rx.Component:
    """Return the period and the filters; each of them changes the address."""
    state = AnalyticsState
    return rx.el.div(
        _period(),
        _menu("Agent", "agent", state.agent, state.agent, state.agent_options),
        _menu("Repository", "repo", state.repo, state.repo_label, state.repo_options),
        _menu("Template", "mode", state.mode, state.mode, state.mode_options),
        rx.cond(
            state.is_filtered,
            button("Clear filters", on_click=state.clear_filters, look="ghost s1 end"),
        ),
        role="group",
        aria_label="Filters",
        class_name="chips",
    )


def _menu(
    text: str,
    name: str,
    chosen: rx.Var[str],
    label: rx.Var[str],
    options: rx.vars.ArrayVar[Sequence[tuple[str, str]]],
) -> rx.Component:
    menu = pair_menu(
        text, chosen, label, options, lambda value: AnalyticsState.filter_by(name, value)
    )
    return rx.cond((options.length() > 0) | (chosen != ""), menu)


def _period() -> rx.Component:
    state = AnalyticsState
    return period_popover(
        rx.el.button(
            icon("calendar", 14),
            state.period_label,
            icon("chevron-down", 14),
            type="button",
            aria_label=f"Period: {state.period_label}",
            class_name="chip on",
        ),
        [
            (text, (state.days == days) & (state.first_day == ""), state.set_period(days))
            for days, text in PERIODS.items()
        ],
        [
            ("First day", state.first_day, lambda day: state.set_day("first_day", day)),
            ("Last day", state.last_day, lambda day: state.set_day("last_day", day)),
        ],
        name="Choose the period",
    )
