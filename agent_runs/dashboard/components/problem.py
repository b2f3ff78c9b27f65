"""What a page says when it could not read what it shows."""

import reflex as rx

from agent_runs.dashboard.components.button import button
from agent_runs.dashboard.components.icon import icon


def problem_callout(
    problem: rx.Var[str], on_retry: rx.event.EventType[()], **style: str
) -> rx.Component:
    """Return a callout with the problem and a button to try again; nothing without a problem."""
    return rx.cond(
        problem,
        rx.el.div(
            icon("circle-x"),
            rx.el.span(problem, class_name="grow"),
            button("Try again", on_click=on_retry, look="s1"),
            role="alert",
            class_name="callout red",
            style=style,
        ),
    )
