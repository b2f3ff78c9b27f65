"""The button that leads to a new run."""

import reflex as rx

from agent_runs.dashboard.components.icon import icon


def new_run_button() -> rx.Component:
    """Return the solid button; its key is C."""
    return rx.el.button(
        icon("plus"),
        "New run",
        rx.el.span("C", class_name="kbd desk", aria_hidden="true"),
        type="button",
        on_click=rx.redirect("/new"),
        class_name="btn solid",
    )
