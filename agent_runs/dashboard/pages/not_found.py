"""What an address shows that names no page."""

import reflex as rx

from agent_runs.dashboard.frame.layout import frame
from agent_runs.dashboard.frame.shell import Shell


@rx.page(route="404", title="Not found · Agent runs", on_load=Shell.follow)
def page() -> rx.Component:
    """Return the page."""
    return frame(
        rx.el.div(
            rx.el.h2("There is no such page"),
            rx.el.p("The address is mistyped, or the page has moved.", class_name="mut"),
            rx.link("Show all runs", href="/", underline="none", class_name="btn"),
            class_name="card blank",
        ),
        title="Not found",
        current="",
    )
