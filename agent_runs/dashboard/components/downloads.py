"""Menus for downloading runs as files."""

from collections.abc import Callable, Iterable

import reflex as rx

from agent_runs.dashboard.components.button import button
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.downloads import FORMATS, OF_MANY_RUNS, label_of


def download_items(
    forms: Iterable[str], on_choose: Callable[[str], rx.event.EventType[()]], *, verb: str = ""
) -> list[rx.Component]:
    """Return one menu entry per format.

    Args:
        on_choose: returns the event for the name of a format.
        verb: put before each format in a menu that has other entries too.
    """
    return [
        rx.dropdown_menu.item(
            icon("download", 14) if verb else rx.fragment(),
            f"{verb}{FORMATS[form]}" if verb else label_of(form),
            on_select=on_choose(form),
        )
        for form in forms
    ]


def download_menu(
    text: str, on_choose: Callable[[str], rx.event.EventType[()]], *, look: str = ""
) -> rx.Component:
    """Return a button that opens a menu of the formats for many runs."""
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(button(icon("download", 14), text, look=f"s1 {look}")),
        rx.dropdown_menu.content(
            *download_items(OF_MANY_RUNS, on_choose), size="1", variant="soft"
        ),
    )
