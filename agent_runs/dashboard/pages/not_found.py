"""What is shown at an address that has no page."""

import reflex as rx

from agent_runs.dashboard.components.button import link_button
from agent_runs.dashboard.frame.layout import frame
from agent_runs.dashboard.frame.shell import Shell


@rx.page(route="404", title="Not found · Agent runs", on_load=Shell.follow)
def page() -> rx.Component:
    """Return the page."""
    return frame(
        rx.el.div(
            rx.el.h2("There is no such page"),
            rx.el.p("Check the address: it may be mistyped, or the page moved.", class_name="mut"),
            link_button("Show all runs", href="/"),
            class_name="card blank",
        ),
        title="Not found",
        current="",
    )
