"""Decorative icons."""

import reflex as rx


def icon(name: str, size: int = 16, class_name: str = "") -> rx.Component:
    """Return a decorative icon, hidden from assistive technology."""
    return rx.icon(name, size=size, stroke_width=1.75, aria_hidden=True, class_name=class_name)
