"""The page that starts a run: the task, the agent, the place, and the agent's permissions."""

from typing import Any

import reflex as rx

from agent_runs.dashboard.browser.faces import Composer
from agent_runs.dashboard.components.button import toggle
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.components.menu import segments
from agent_runs.dashboard.frame.layout import frame
from agent_runs.dashboard.frame.shell import Shell
from agent_runs.dashboard.new_run.state import ANY, HERE, AgentChoice, NewRun, OptionField


@rx.page(route="/new", title="New run · Agent runs", on_load=[Shell.follow, NewRun.load])
def page() -> rx.Component:
    """Return the page."""
    return frame(
        rx.el.div(
            Composer.create(
                _place(),
                _template(),
                _repository(),
                rx.cond(NewRun.is_here, rx.fragment(_agent(), _freedom())),
                _more(),
                path="/agent_runs",
                extra=NewRun.fields,
                label="What should the agent do?",
                placeholder="Describe the task, and how you will know that it is done",
                send_label="Start run",
                draft_key="agent_runs_draft_new",
                disabled=(NewRun.metadata_problem != "") | (Shell.link == "down"),
                note=rx.cond(
                    Shell.link == "down", "The API is not running. Your draft is kept.", ""
                ),
                cancel_href="/",
                open_run=True,
            ),
            class_name="sheet",
        ),
        title="New run",
        current="New",
    )


def _place() -> rx.Component:
    """Where the run works; offered only if there is a hosted account."""
    return rx.cond(
        NewRun.places.length() > 0,
        rx.el.div(
            rx.el.span("Where", class_name="label"),
            rx.el.div(
                _place_choice(HERE, "This machine"),
                rx.foreach(NewRun.places, lambda pair: _place_choice(pair[0], pair[1])),
                role="group",
                aria_label="Where",
                class_name="seg",
            ),
            rx.cond(
                NewRun.is_here,
                rx.fragment(),
                rx.el.p(
                    "The run is stored here first, then sent. You can cancel it until it arrives.",
                    class_name="sm mut note",
                ),
            ),
        ),
    )


def _place_choice(place: rx.Var[str] | str, name: rx.Var[str] | str) -> rx.Component:
    return toggle(
        name, is_pressed=NewRun.chosen_place == place, on_click=NewRun.choose_place(place)
    )


def _template() -> rx.Component:
    return rx.cond(
        NewRun.templates.length() > 0,
        _labelled(
            "Template",
            _select(
                "template",
                NewRun.chosen_mode,
                NewRun.choose_mode,
                rx.el.option("None, send my prompt as it is", value=ANY),
                rx.foreach(
                    NewRun.templates,
                    lambda template: rx.el.option(template.title, value=template.name),
                ),
            ),
            rx.cond(NewRun.mode_note, rx.el.p(NewRun.mode_note, class_name="sm mut note")),
            field="template",
        ),
    )


def _repository() -> rx.Component:
    return _labelled(
        "Repository",
        _select(
            "repository",
            NewRun.chosen_repo,
            NewRun.choose_repo,
            rx.el.option(
                rx.cond(
                    NewRun.is_here, "None, start in an empty folder", "None, the account's default"
                ),
                value=ANY,
            ),
            rx.foreach(NewRun.repos, lambda pair: rx.el.option(pair[1], value=pair[0])),
        ),
        rx.cond(NewRun.is_here, _add_repository()),
        field="repository",
    )


def _add_repository() -> rx.Component:
    return rx.el.details(
        rx.el.summary("Add a repository", class_name="sm mut"),
        rx.el.form(
            rx.el.div(
                rx.el.input(
                    name="address",
                    placeholder="/path/on/this/machine or https://host/name.git",
                    aria_label="Path or address of the repository",
                    class_name="mono",
                ),
                class_name="field grow",
            ),
            rx.el.button("Add", type="submit", class_name="btn"),
            on_submit=NewRun.add_repo,
            reset_on_submit=False,
            class_name="flexrow",
            style={"marginTop": "8px"},
        ),
        rx.cond(
            NewRun.repo_problem,
            rx.el.p(
                icon("triangle-alert", 14),
                NewRun.repo_problem,
                role="alert",
                class_name="note red",
            ),
        ),
        style={"marginTop": "6px"},
    )


def _agent() -> rx.Component:
    return rx.el.div(
        rx.el.span("Agent", class_name="label", id="agent-label"),
        rx.cond(
            NewRun.loaded,
            rx.el.div(
                rx.foreach(NewRun.agents, _agent_choice),
                role="radiogroup",
                aria_labelledby="agent-label",
                class_name="pick",
            ),
            rx.el.div(
                *[rx.el.i(class_name="skel", style={"height": "48px"}) for _ in range(3)],
                class_name="pick",
            ),
        ),
    )


def _agent_choice(agent: rx.vars.ObjectVar[AgentChoice]) -> rx.Component:
    return rx.el.button(
        rx.el.span(agent.initials, class_name="logo", aria_hidden="true"),
        rx.el.span(
            rx.el.span(agent.title, class_name="med cut"),
            rx.el.span(agent.note, class_name="sm mut cut"),
            class_name="col",
        ),
        type="button",
        role="radio",
        aria_checked=rx.cond(NewRun.chosen_agent == agent.name, "true", "false"),
        disabled=~agent.is_ready,
        title=agent.reason,
        on_click=NewRun.choose_agent(agent.name),
    )


_POLICIES = (
    ("ask", "Ask me", "The run pauses and appears under Needs you."),
    ("allow", "Allow", "Each request is granted once, without asking you."),
    ("reject", "Reject", "Each request is refused; the agent continues without it."),
)


def _freedom() -> rx.Component:
    return rx.el.div(
        rx.el.span("When the agent asks for permission", class_name="label"),
        segments(
            "When the agent asks for permission",
            [
                (word, "", NewRun.policy == code, NewRun.choose_policy(code))
                for code, word, _ in _POLICIES
            ],
        ),
        rx.el.p(
            rx.match(NewRun.policy, *[(code, note) for code, _, note in _POLICIES], ""),
            class_name="sm mut note",
        ),
    )


def _more() -> rx.Component:
    return rx.el.details(
        rx.el.summary("More options", class_name="med"),
        rx.el.div(
            _labelled(
                "Model",
                rx.el.div(
                    rx.el.input(
                        id="model",
                        default_value=NewRun.model,
                        key=rx.cond(NewRun.loaded, "model", "model-unread"),
                        on_change=NewRun.set_model.debounce(200),
                        placeholder="The agent's default",
                        class_name="mono",
                    ),
                    class_name="field",
                ),
                field="model",
            ),
            _labelled(
                "Metadata (JSON)",
                rx.el.div(
                    rx.el.textarea(
                        id="metadata",
                        default_value=NewRun.metadata,
                        key=rx.cond(NewRun.loaded, "metadata", "metadata-unread"),
                        on_change=NewRun.set_metadata.debounce(200),
                        rows="2",
                        placeholder='{"ticket": "ABC-12"}',
                        spell_check=False,
                        class_name="mono",
                        style={"padding": "6px 0", "resize": "vertical"},
                    ),
                    class_name=rx.cond(NewRun.metadata_problem, "field bad", "field"),
                ),
                rx.cond(
                    NewRun.metadata_problem,
                    rx.el.p(
                        icon("triangle-alert", 14),
                        NewRun.metadata_problem,
                        role="alert",
                        class_name="note red",
                    ),
                ),
                field="metadata",
            ),
            rx.foreach(NewRun.option_fields, _option),
            class_name="two",
            style={"marginTop": "12px"},
        ),
    )


def _option(option: rx.vars.ObjectVar[OptionField]) -> rx.Component:
    field = f"option-{option.id}"
    return rx.el.div(
        rx.el.label(option.name, html_for=field, class_name="label"),
        rx.el.select(
            rx.el.option("The agent's default", value=ANY),
            rx.foreach(option.choices, lambda pair: rx.el.option(pair[1], value=pair[0])),
            id=field,
            value=option.value,
            on_change=lambda value: NewRun.choose_option(option.id, value),
            class_name="field",
        ),
    )


def _labelled(text: str, *children: rx.Component, field: str) -> rx.Component:
    return rx.el.div(rx.el.label(text, html_for=field, class_name="label"), *children)


def _select(name: str, value: rx.Var[str], on_change: Any, *options: rx.Component) -> rx.Component:
    return rx.el.select(
        *options, id=name, name=name, value=value, on_change=on_change, class_name="field"
    )
