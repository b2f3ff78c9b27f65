"""Chips that open a menu, each for one filter."""

from collections.abc import Callable, Sequence
from typing import Any

import reflex as rx

from agent_runs.dashboard.components.button import toggle
from agent_runs.dashboard.components.icon import icon


def chip_menu(
    label: rx.Var[str] | str, is_set: rx.Var[bool], *items: rx.Component, name: str
) -> rx.Component:
    """Return a chip that opens a menu.

    Args:
        label: text of the chip, with the filter's value if one is set.
        name: name of the filter, for screen readers.
    """
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.el.button(
                label,
                icon("chevron-down", 14),
                type="button",
                aria_label=f"{name} filter: {label}",
                class_name=rx.cond(is_set, "chip on", "chip"),
            )
        ),
        rx.dropdown_menu.content(*items, size="1", variant="soft"),
    )


def pair_menu(
    text: str,
    chosen: rx.Var[str],
    label: rx.Var[str],
    pairs: rx.vars.ArrayVar[Sequence[tuple[str, str]]],
    on_choose: Callable[[Any], Any],
) -> rx.Component:
    """Return a chip with a menu of `(value, words)` pairs; `label` is what the chosen one says."""
    return chip_menu(
        rx.cond(chosen, f"{text}: {label}", text),
        chosen != "",
        rx.foreach(pairs, lambda pair: choice(pair[1], chosen == pair[0], on_choose(pair[0]))),
        name=text,
    )


def choice(
    text: rx.Var[str] | str, is_chosen: rx.Var[bool], on_choose: rx.event.EventType[()]
) -> rx.Component:
    """Return an entry, with a tick if it is chosen."""
    return rx.dropdown_menu.item(
        rx.el.span(
            rx.cond(is_chosen, icon("check", 14)),
            style={"width": "14px", "display": "inline-flex"},
        ),
        text,
        on_select=on_choose,
    )


def segments(
    name: str, options: Sequence[tuple[str, str, rx.Var[bool], rx.event.EventType[()]]]
) -> rx.Component:
    """Return a row of buttons, one of them pressed: `(text, icon, is pressed, on press)` each."""
    return rx.el.div(
        *[
            toggle(
                icon(symbol) if symbol else rx.fragment(),
                text,
                is_pressed=is_pressed,
                on_click=on_press,
            )
            for text, symbol, is_pressed, on_press in options
        ],
        role="group",
        aria_label=name,
        class_name="seg",
    )
