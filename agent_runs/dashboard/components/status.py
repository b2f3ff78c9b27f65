"""The status of a run: always a dot and a word."""

from typing import Any

import reflex as rx


def status(look: Any) -> rx.Component:
    """Return dot and word of a var of `Look`; `data-status` has the official word for programs."""
    return rx.el.span(
        rx.el.span(class_name=f"dot {look.dot}", aria_hidden="true"),
        rx.el.span(look.word, custom_attrs={"data-status": look.code}),
        class_name=f"st {look.tone}",
    )
