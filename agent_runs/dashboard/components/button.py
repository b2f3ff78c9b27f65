"""Buttons, and links that look like them."""

from typing import Any

import reflex as rx


def button(*children: Any, look: str = "", **more: Any) -> rx.Component:
    """Return a button; `look` has its classes beside `btn`."""
    return rx.el.button(*children, type="button", class_name=f"btn {look}".strip(), **more)


def link_button(*children: Any, href: Any, look: str = "", **more: Any) -> rx.Component:
    """Return a link to a page of the dashboard that looks like a button."""
    look = f"btn {look}".strip()
    return rx.link(*children, href=href, underline="none", class_name=look, **more)


def toggle(*children: Any, is_pressed: Any, **more: Any) -> rx.Component:
    """Return a button that is pressed or not."""
    pressed = rx.cond(is_pressed, "true", "false")
    return rx.el.button(*children, type="button", aria_pressed=pressed, **more)
