"""The question of a paused run, with the buttons that answer it."""

from typing import Any, Literal

import reflex as rx

from agent_runs.dashboard.actions import RunsActions
from agent_runs.dashboard.components.button import button
from agent_runs.dashboard.components.icon import icon


def ask_bar(run_id: rx.Var[int], ask: Any, *, role: Literal["alert"] | None = None) -> rx.Component:
    """Return the bar; `ask` is a var of `runs.row.Ask`, whose fields a union type would hide."""

    def answer(text: str, option: rx.Var[str], look: str) -> rx.Component:
        on_click = RunsActions.answer(run_id, ask.id, option)
        return rx.cond(option, button(text, on_click=on_click, look=look))

    return rx.el.div(
        icon("shield-question"),
        rx.el.span(
            "Asks permission for: ",
            ask.text,
            " ",
            rx.cond(ask.target & (ask.target != ask.text), rx.el.code(ask.target)),
            class_name="grow",
            style={"overflowWrap": "anywhere"},
        ),
        rx.el.div(
            answer("Reject", ask.reject, "s1"),
            answer("Approve once", ask.allow, "solid s1"),
            class_name="acts",
        ),
        role=role,
        class_name="ask",
    )
