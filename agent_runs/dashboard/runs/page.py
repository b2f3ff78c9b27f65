"""The list of runs: what needs attention, what is working, what happened."""

import reflex as rx

from agent_runs.dashboard.components.new_run_button import new_run_button
from agent_runs.dashboard.frame.layout import frame, head
from agent_runs.dashboard.frame.shell import Shell
from agent_runs.dashboard.runs import filters
from agent_runs.dashboard.runs import list as run_list
from agent_runs.dashboard.runs.state import RunsState
from agent_runs.dashboard.runs.welcome import Welcome, welcome


@rx.page(
    route="/", title="Runs · Agent runs", on_load=[Shell.follow, RunsState.follow, Welcome.follow]
)
def page() -> rx.Component:
    """Return the page."""
    return frame(
        rx.cond(
            RunsState.is_first,
            welcome(),
            rx.fragment(filters.strip(), filters.bar(), run_list.results()),
        ),
        title="Runs",
        current="Runs",
        heading=head("Runs", new_run_button()),
    )
