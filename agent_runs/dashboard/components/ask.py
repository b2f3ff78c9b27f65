"""The question of a paused run, with the buttons that answer it, or the form to fill in."""

from typing import Any, Literal

import reflex as rx

from agent_runs.dashboard.actions import RunsActions
from agent_runs.dashboard.components.button import button, link_button
from agent_runs.dashboard.components.icon import icon

_ANYWHERE = {"overflowWrap": "anywhere"}


def ask_bar(run_id: rx.Var[int], ask: Any, *, role: Literal["alert"] | None = None) -> rx.Component:
    """Return the bar; `ask` is a var of `runs.row.Ask`, whose fields a union type would hide.

    Args:
        role: `alert` on the run's page, which shows the form; elsewhere a link leads there.
    """
    form = _form(run_id, ask) if role else _link(run_id)
    return rx.el.div(
        icon("shield-question"),
        rx.cond(ask.is_form, _question(ask, form), _permission(run_id, ask)),
        role=role,
        class_name="ask",
    )


def _permission(run_id: rx.Var[int], ask: Any) -> rx.Component:
    return rx.fragment(
        rx.el.span(
            "Asks permission for: ",
            ask.text,
            " ",
            rx.cond(ask.target & (ask.target != ask.text), rx.el.code(ask.target)),
            class_name="grow",
            style=_ANYWHERE,
        ),
        rx.el.div(
            _answer(run_id, ask, "Reject", ask.reject, "s1"),
            _answer(run_id, ask, "Approve once", ask.allow, "solid s1"),
            class_name="acts",
        ),
    )


def _question(ask: Any, form: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.span("Asks: ", ask.text, style={**_ANYWHERE, "whiteSpace": "pre-wrap"}),
        form,
        class_name="grow",
    )


def _link(run_id: rx.Var[int]) -> rx.Component:
    return rx.el.div(link_button("Answer", href=f"/runs/{run_id}", look="s1"), class_name="acts")


def _form(run_id: rx.Var[int], ask: Any) -> rx.Component:
    # A page of an agent's choice must not learn where it was opened.
    page = rx.link(ask.url, href=ask.url, is_external=True, rel="noopener noreferrer")
    return rx.el.form(
        rx.cond(ask.url, page),
        rx.foreach(ask.fields, _field),
        rx.el.input(type="hidden", name="run", value=run_id.to_string()),
        rx.el.input(type="hidden", name="question", value=ask.id.to_string()),
        rx.el.input(type="hidden", name="option", value=ask.allow),
        rx.el.div(
            _answer(run_id, ask, "Decline", ask.reject, "s1"),
            rx.el.button("Submit", type="submit", class_name="btn solid s1"),
            class_name="acts",
        ),
        on_submit=RunsActions.fill_in,
        reset_on_submit=False,
        class_name="ask-form",
    )


def _answer(
    run_id: rx.Var[int], ask: Any, text: str, option: rx.Var[str], look: str
) -> rx.Component:
    on_click = RunsActions.answer(run_id, ask.id, option)
    return rx.cond(option, button(text, on_click=on_click, look=look))


def _field(field: Any) -> rx.Component:
    name = f"field:{field.name}"
    text = rx.el.div(
        rx.el.input(
            name=name,
            default_value=field.proposed,
            required=field.required,
            aria_label=field.label,
        ),
        class_name="field",
    )
    return rx.el.div(
        rx.el.span(field.label, rx.cond(field.required, " *", ""), class_name="label"),
        rx.cond(field.about, rx.el.small(field.about, style=_ANYWHERE)),
        rx.match(
            field.kind,
            ("choice", _select(name, field, rx.foreach(field.choices, _option))),
            ("yes_no", _select(name, field, rx.fragment(*map(_yes_or_no, ("yes", "no"))))),
            ("choices", rx.foreach(field.choices, lambda pair: _box(field, pair))),
            text,
        ),
        role="group",
        aria_label=field.label,
    )


def _select(name: str, field: Any, options: rx.Component) -> rx.Component:
    return rx.el.select(
        rx.el.option("", value=""),
        options,
        name=name,
        required=field.required,
        aria_label=field.label,
        class_name="field",
    )


def _option(pair: Any) -> rx.Component:
    return rx.el.option(pair[1], value=pair[0])


def _yes_or_no(word: str) -> rx.Component:
    return rx.el.option(word.capitalize(), value=word)


def _box(field: Any, pair: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name=f"pick:{field.name}={pair[0]}"), " ", pair[1]
    )
