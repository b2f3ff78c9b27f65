"""A card of the settings page."""

import reflex as rx


def card(name: str, title: str, note: str, *children: rx.Component) -> rx.Component:
    """Return a section that `#name` leads to: a heading, a note under it, and its parts."""
    return rx.el.section(
        rx.el.header(
            rx.el.div(rx.el.h2(title), rx.el.p(note, class_name="sm mut"), class_name="col grow")
        ),
        rx.el.div(*children, class_name="stack pad", style={"gap": "16px"}),
        id=name,
        class_name="card",
    )
