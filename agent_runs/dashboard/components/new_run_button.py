"""The button that leads to a new run."""

import reflex as rx

from agent_runs.dashboard.components.button import button
from agent_runs.dashboard.components.icon import icon


def new_run_button() -> rx.Component:
    """Return the solid button; its key is C."""
    return button(
        icon("plus"),
        "New run",
        rx.el.span("C", class_name="kbd desk", aria_hidden="true"),
        on_click=rx.redirect("/new"),
        look="solid",
    )
