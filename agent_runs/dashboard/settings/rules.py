"""The card of the standing rules on the settings page."""

import reflex as rx

from agent_runs.dashboard.settings.rules_state import RulesState


def rules_card() -> rx.Component:
    """Return two fields of Markdown and their button, once the saved rules are loaded."""
    return rx.cond(RulesState.loaded, _form())


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.section(
            rx.el.header(
                rx.el.div(
                    rx.el.h2("Rules"),
                    rx.el.p(
                        "Given to every agent when its session begins. Your prompts are not "
                        "changed.",
                        class_name="sm mut",
                    ),
                )
            ),
            rx.el.div(
                _field(
                    "organization_rules",
                    "Rules for all runs",
                    RulesState.organization_rules,
                    "Never force-push. Run the tests before you finish.",
                ),
                _field(
                    "user_custom_prompt",
                    "Your own instructions",
                    RulesState.user_custom_prompt,
                    "Answer briefly. Explain what you did not try.",
                ),
                rx.el.div(
                    rx.el.button("Save rules", type="submit", class_name="btn end"),
                    class_name="flexrow",
                ),
                class_name="stack pad",
            ),
            id="rules",
            class_name="card",
        ),
        on_submit=RulesState.save,
    )


def _field(name: str, label: str, value: rx.Var[str], example: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=name, class_name="label"),
        rx.el.textarea(
            key=f"{name}{RulesState.revision}",
            id=name,
            name=name,
            default_value=value,
            placeholder=example,
            rows=4,
            max_length=50_000,
            class_name="field",
            style={"width": "100%", "height": "auto", "padding": "8px 10px"},
        ),
    )
