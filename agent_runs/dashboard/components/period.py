"""The popover that sets a period: one of some usual lengths, or a first and a last day."""

from collections.abc import Callable, Iterable

import reflex as rx

from agent_runs.dashboard.components.button import toggle

Choice = tuple[str, rx.Var[bool], rx.event.EventType[()]]
"""Text, whether it is chosen, and what a press does."""
Day = tuple[str, rx.Var[str], Callable[[rx.Var[str]], rx.event.EventType[()]]]
"""Label, value, and what another value does."""


def period_popover(
    trigger: rx.Component, choices: Iterable[Choice], days: Iterable[Day], *, name: str
) -> rx.Component:
    """Return the popover that `trigger` opens; `name` is for screen readers."""
    return rx.popover.root(
        rx.popover.trigger(trigger),
        rx.popover.content(
            rx.el.div(
                *[
                    toggle(text, is_pressed=is_chosen, on_click=on_press, class_name="chip")
                    for text, is_chosen, on_press in choices
                ],
                class_name="flexrow wrap",
                style={"marginBottom": "12px", "gap": "6px"},
            ),
            rx.el.div(
                *[
                    rx.el.label(
                        rx.el.span(label, class_name="label"),
                        rx.el.span(
                            rx.el.input(type="date", value=value, on_change=on_change),
                            class_name="field",
                        ),
                    )
                    for label, value, on_change in days
                ],
                class_name="two",
                style={"gap": "8px"},
            ),
            width="340px",
            max_width="calc(100vw - 32px)",
            aria_label=name,
        ),
    )
