"""Settings: credentials of the hosted service, defaults for runs, rules, appearance."""

from typing import Literal

import reflex as rx
from reflex.style import color_mode, set_color_mode

from agent_runs.dashboard.browser.faces import DensityChoice
from agent_runs.dashboard.components.button import button, toggle
from agent_runs.dashboard.components.card import card
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.components.menu import segments
from agent_runs.dashboard.frame.hosted import hosted_card
from agent_runs.dashboard.frame.hosted_state import HostedState
from agent_runs.dashboard.frame.layout import frame, head
from agent_runs.dashboard.frame.shell import Shell
from agent_runs.dashboard.runs.list import view_choice
from agent_runs.dashboard.settings.rules import rules_card
from agent_runs.dashboard.settings.rules_state import RulesState
from agent_runs.dashboard.settings.state import FixedSetting, SettingsState

_THEMES: tuple[tuple[str, str, Literal["light", "dark", "system"]], ...] = (
    ("System", "monitor", "system"),
    ("Light", "sun", "light"),
    ("Dark", "moon", "dark"),
)


@rx.page(
    route="/settings",
    title="Settings · Agent runs",
    on_load=[Shell.follow, SettingsState.load, RulesState.load, HostedState.follow],
)
def page() -> rx.Component:
    """Return the page."""
    return frame(
        rx.el.div(
            _places(),
            rx.el.div(
                rx.cond(
                    SettingsState.loaded,
                    rx.el.form(
                        _credentials(),
                        _run_defaults(),
                        _save_bar(),
                        on_submit=SettingsState.save,
                        class_name="stack",
                        style={"gap": "16px"},
                    ),
                    rx.el.i(class_name="skel card", style={"height": "260px"}),
                ),
                hosted_card(),
                rules_card(),
                _appearance(),
                rx.cond(SettingsState.loaded, _fixed()),
                class_name="stack",
                style={"gap": "16px"},
            ),
            class_name="setgrid",
        ),
        title="Settings",
        current="Settings",
        heading=head("Settings"),
    )


def _places() -> rx.Component:
    places = (
        ("Credentials", "key-round", "credentials"),
        ("Run defaults", "sliders-horizontal", "defaults"),
        ("Rules", "scroll-text", "rules"),
        ("Appearance", "palette", "appearance"),
        ("Server", "server", "server"),
    )
    return rx.el.nav(
        *[rx.el.a(icon(symbol), text, href=f"#{name}") for text, symbol, name in places],
        aria_label="Settings",
        class_name="subnav",
    )


def _credentials() -> rx.Component:
    return card(
        "credentials",
        "Hosted service",
        "Only needed to mirror a Codegen-compatible server. Agents on this machine have their own "
        "logins.",
        _token(),
        rx.el.div(
            _field(
                "codegen_org_id",
                "Organization id",
                _verdict("organization"),
                options="organization-ids",
            ),
            _field("codegen_base_url", "Base URL", _verdict("unreachable", "answer")),
            rx.el.datalist(
                rx.foreach(
                    SettingsState.organizations,
                    lambda pair: rx.el.option(pair[1], value=pair[0]),
                ),
                id="organization-ids",
            ),
            class_name="two",
        ),
        rx.cond(
            SettingsState.organizations.length() > 0,
            rx.el.div(
                rx.el.span("Pick an organization:", class_name="sm mut"),
                rx.foreach(SettingsState.organizations, _organization),
                class_name="flexrow wrap",
            ),
        ),
    )


def _token() -> rx.Component:
    return rx.el.div(
        rx.el.label("Token", html_for="token", class_name="label"),
        rx.el.div(
            rx.el.input(
                key=f"token{SettingsState.revision}",
                id="token",
                type="password",
                auto_complete="off",
                spell_check=False,
                placeholder=rx.cond(
                    SettingsState.token_hint,
                    f"Saved, {SettingsState.token_hint}. Type to replace it",
                    "Paste your token",
                ),
                on_change=SettingsState.type_token,
                class_name="mono",
            ),
            class_name=rx.cond(SettingsState.check == "token", "field bad", "field"),
        ),
        rx.cond(
            SettingsState.check == "ok",
            rx.el.p(
                icon("circle-check", 14),
                rx.el.span(
                    rx.cond(
                        SettingsState.user, f"Signed in as {SettingsState.user}", "The token works"
                    )
                ),
                role="status",
                class_name="note green",
            ),
        ),
        rx.cond(
            SettingsState.check == "checking",
            rx.el.p(
                icon("loader-circle", 14, "spin"),
                rx.el.span(SettingsState.check_text),
                role="status",
                class_name="note mut",
            ),
        ),
        _verdict("token"),
    )


def _organization(pair: rx.vars.ArrayVar[tuple[str, str]]) -> rx.Component:
    return toggle(
        pair[1],
        rx.el.span(pair[0], class_name="num"),
        is_pressed=SettingsState.values["codegen_org_id"] == pair[0],
        on_click=SettingsState.pick_organization(pair[0]),
        class_name="chip",
    )


def _verdict(*problems: str) -> rx.Component:
    return rx.cond(
        rx.Var.create(list(problems)).contains(SettingsState.check),
        rx.el.p(
            icon("circle-x", 14),
            rx.el.span(SettingsState.check_text),
            role="alert",
            class_name="note red wraps",
        ),
    )


def _run_defaults() -> rx.Component:
    return card(
        "defaults",
        "Run defaults",
        "Used for new runs that do not set their own.",
        rx.el.div(
            _choice(
                "default_agent",
                "Agent",
                rx.foreach(SettingsState.agents, lambda pair: rx.el.option(pair[1], value=pair[0])),
            ),
            _choice(
                "permission_policy",
                "When an agent asks for permission",
                rx.el.option("Ask me", value="ask"),
                rx.el.option("Allow", value="allow"),
                rx.el.option("Reject", value="reject"),
            ),
            _field("concurrency", "Runs at the same time"),
            _field("time_limit_seconds", "Time limit of a turn, in seconds"),
            _field("idle_timeout_seconds", "Idle timeout of a run, in seconds"),
            class_name="two",
        ),
    )


def _field(
    name: str, label: str, verdict: rx.Component | None = None, options: str = ""
) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=name, class_name="label"),
        rx.el.div(
            rx.el.input(
                key=f"{name}{SettingsState.revision}.{SettingsState.org_revision}"
                if name == "codegen_org_id"
                else f"{name}{SettingsState.revision}",
                id=name,
                default_value=SettingsState.values[name],
                disabled=SettingsState.locked.contains(name),
                on_change=lambda text: SettingsState.type_value(name, text),
                spell_check=False,
                custom_attrs={"list": options} if options else {},
                class_name="mono",
            ),
            class_name="field",
        ),
        _locked_note(name),
        verdict or rx.fragment(),
    )


def _choice(name: str, label: str, *options: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=name, class_name="label"),
        rx.el.select(
            *options,
            id=name,
            value=SettingsState.values[name],
            disabled=SettingsState.locked.contains(name),
            on_change=lambda text: SettingsState.type_value(name, text),
            class_name="field",
        ),
        _locked_note(name),
    )


def _locked_note(name: str) -> rx.Component:
    return rx.cond(
        SettingsState.locked.contains(name),
        rx.el.p(
            "Set in the API's environment, so it cannot be changed here.", class_name="note mut"
        ),
    )


def _save_bar() -> rx.Component:
    return rx.el.div(
        rx.cond(
            SettingsState.problem,
            rx.el.p(
                icon("circle-x", 14),
                rx.el.span(SettingsState.problem),
                role="alert",
                class_name="note red grow wraps",
                style={"marginTop": "0"},
            ),
            rx.el.span(
                rx.cond(SettingsState.is_changed, "Not saved yet", "Saved to "),
                rx.cond(SettingsState.is_changed, "", rx.el.code(SettingsState.env_file)),
                class_name="sm mut grow wraps",
            ),
        ),
        rx.cond(
            SettingsState.is_changed,
            button("Discard", on_click=SettingsState.discard, look="ghost"),
        ),
        rx.el.button(
            "Save settings",
            type="submit",
            disabled=~SettingsState.is_changed | SettingsState.is_saving | (Shell.link == "down"),
            class_name="btn solid",
        ),
        class_name="savebar",
    )


def _appearance() -> rx.Component:
    return card(
        "appearance",
        "Appearance",
        "Stored in this browser.",
        rx.el.div(
            rx.el.div(
                rx.el.span("Theme", class_name="label"),
                segments(
                    "Theme",
                    tuple(
                        (text, symbol, color_mode == mode, set_color_mode(mode))
                        for text, symbol, mode in _THEMES
                    ),
                ),
            ),
            rx.el.div(rx.el.span("Density", class_name="label"), DensityChoice.create()),
            rx.el.div(
                rx.el.span("List of runs", class_name="label"),
                view_choice("List of runs"),
            ),
            class_name="two",
        ),
    )


def _fixed() -> rx.Component:
    return card(
        "server",
        "Server",
        "To change these, edit the API's environment or its .env file, then restart the API.",
        rx.el.dl(rx.foreach(SettingsState.fixed, _fixed_line), class_name="fixed"),
    )


def _fixed_line(line: rx.vars.ObjectVar[FixedSetting]) -> rx.Component:
    return rx.fragment(
        rx.el.dt(rx.el.code(line.variable)),
        rx.el.dd(
            rx.el.span(rx.cond(line.value, line.value, "not set"), class_name="wraps"),
            rx.el.span(line.description, class_name="sm mut"),
            class_name="col",
        ),
    )
