"""The question of a paused run, with the buttons that answer it."""

from typing import Any, Literal

import reflex as rx

from agent_runs.dashboard.actions import RunsActions
from agent_runs.dashboard.components.icon import icon


def ask_bar(run_id: rx.Var[int], ask: Any, *, role: Literal["alert"] | None = None) -> rx.Component:
    """Return the bar; `ask` is a var of `runs.row.Ask`, whose fields a union type would hide."""

    def button(text: str, option: rx.Var[str], look: str) -> rx.Component:
        answer = RunsActions.answer(run_id, ask.id, option)
        return rx.cond(
            option, rx.el.button(text, type="button", on_click=answer, class_name=f"btn {look} s1")
        )

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
            button("Reject", ask.reject, ""),
            button("Approve once", ask.allow, "solid"),
            class_name="acts",
        ),
        role=role,
        class_name="ask",
    )
