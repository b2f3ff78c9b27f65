"""The status of a run: always a dot and a word."""

import reflex as rx


def status(
    code: rx.Var[str] | str,
    word: rx.Var[str] | str,
    tone: rx.Var[str] | str,
    dot: rx.Var[str] | str,
) -> rx.Component:
    """Return a dot and a word; `code` is the official status, for programs in `data-status`."""
    return rx.el.span(
        rx.el.span(class_name=f"dot {dot}", aria_hidden="true"),
        rx.el.span(word, custom_attrs={"data-status": code}),
        class_name=f"st {tone}",
    )
