"""The frame around every page: rail or bottom bar, heading, connection, keyboard."""

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from agent_runs.dashboard.actions import RunsActions
from agent_runs.dashboard.browser.faces import Palette, Shortcuts, TabTitle
from agent_runs.dashboard.components.button import button, link_button
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.frame.hosted import hosted_progress, hosted_troubles
from agent_runs.dashboard.frame.shell import Shell

# Without its websocket a page receives no state, so the browser has to notice the loss.
LINK = rx.cond(has_connection_errors, "down", Shell.link)


@dataclass(frozen=True)
class NavItem:
    """One entry of the main navigation."""

    name: str
    path: str
    icon: str


NAVIGATION = (
    NavItem("Runs", "/", "list-checks"),
    NavItem("Search", "/search", "search"),
    NavItem("Analytics", "/analytics", "chart-column"),
    NavItem("Agents", "/agents", "bot"),
    NavItem("Settings", "/settings", "settings"),
)

_WITH_PROGRESS = ("Runs", "Search", "Settings")

KEYS = (
    ("Ctrl K", "Go to a page or run, or use a command"),
    ("C", "New run"),
    ("/", "Search or filter"),
    ("J  K", "Next and previous run"),
    ("Enter", "Open the run"),
    ("X", "Select the run"),
    ("G R", "Go to runs"),
    ("G N", "Go to a new run"),
    ("G F", "Go to search"),
    ("G Y", "Go to analytics"),
    ("G A", "Go to agents"),
    ("G S", "Go to settings"),
    ("Ctrl Enter", "Start or send what you wrote"),
    ("?", "This list"),
)


def frame(
    *children: rx.Component,
    title: str,
    current: str,
    heading: rx.Component | None = None,
    tab_title: rx.Var[str] | str | None = None,
    class_name: str = "main",
) -> rx.Component:
    """Return a page.

    Args:
        title: page heading, unless `heading` is given.
        current: name of the current item of the navigation.
        heading: replaces the usual head row.
        tab_title: title of the browser tab; the page heading by default.
    """
    return rx.el.div(
        rx.el.a("Skip to content", href="#main", class_name="skip"),
        TabTitle.create(
            title=title if tab_title is None else tab_title,
            running=Shell.running,
            waiting=Shell.waiting,
        ),
        Shortcuts.create(),
        rx.el.div(
            _rail(current),
            rx.el.main(
                heading or head(title),
                _trouble(),
                hosted_troubles(),
                hosted_progress() if current in _WITH_PROGRESS else rx.fragment(),
                *children,
                id="main",
                tab_index=-1,
                class_name=class_name,
            ),
            _tab_bar(current),
            class_name="shell",
        ),
        lang="en",
    )


def head(
    title: str,
    *end: rx.Component,
    before: rx.Component | None = None,
    note: rx.Component | None = None,
) -> rx.Component:
    """Return the head row of a page: heading, connection, and what the page adds around them."""
    return rx.el.div(
        before or rx.fragment(),
        rx.el.h1(title),
        note or rx.fragment(),
        rx.el.div(connection_pill(), *end, class_name="flexrow end"),
        class_name="head",
    )


def back_link() -> rx.Component:
    """Return the arrow that leads from a page to the list of runs."""
    return link_button(icon("arrow-left"), href="/", aria_label="Back to the runs", look="ghost ic")


def connection_pill() -> rx.Component:
    """Return the pill that says whether this page is up to date."""
    return rx.el.span(
        rx.match(
            LINK,
            ("live", rx.fragment(rx.el.span(class_name="dot green"), "Live")),
            ("down", rx.fragment(rx.el.span(class_name="dot amber"), "Offline")),
            rx.fragment(rx.el.span(class_name="dot ring"), "Connecting"),
        ),
        title=rx.cond(LINK == "live", "This page updates itself", Shell.problem),
        role="status",
        class_name="pill link-state",
        custom_attrs={"data-link": LINK},
    )


def _trouble() -> rx.Component:
    """What a page says while the API is unavailable; it disappears when the API answers."""
    return rx.cond(
        Shell.link == "down",
        rx.el.div(
            icon("triangle-alert"),
            rx.el.span(
                rx.el.b("The API is not running. ", class_name="med"),
                "Start it with ",
                rx.el.code("python api.py"),
                ". What you see may be out of date. This page reconnects by itself, and nothing "
                "you typed is lost.",
                class_name="grow",
            ),
            role="alert",
            title=Shell.problem,
            class_name="callout amber",
        ),
    )


def _rail(current: str) -> rx.Component:
    return rx.el.nav(
        rx.el.a(
            rx.el.span(icon("square-terminal"), class_name="logo-mark"),
            "Agent runs",
            href="/",
            class_name="brand",
        ),
        Palette.create(
            on_stop=RunsActions.stop,
            on_archive=RunsActions.archive,
            on_restore=RunsActions.restore,
        ),
        *[_rail_item(item, current) for item in NAVIGATION],
        rx.el.div(
            rx.el.span(
                rx.el.span("API", class_name="sm"),
                rx.el.span(Shell.address, class_name="sm mut cut"),
                class_name="col grow",
            ),
            _theme_button(),
            _keyboard_list(),
            class_name="foot",
        ),
        aria_label="Main",
        class_name="rail",
    )


def _rail_item(item: NavItem, current: str) -> rx.Component:
    count = (
        rx.cond(Shell.total > 0, rx.el.span(Shell.total.to_string(), class_name="n"))
        if item.name == "Runs"
        else rx.fragment()
    )
    return rx.link(
        icon(item.icon),
        item.name,
        count,
        href=item.path,
        underline="none",
        class_name="item",
        **_current(item, current),
    )


def _tab_bar(current: str) -> rx.Component:
    items = (NAVIGATION[0], NavItem("New", "/new", "plus"), *NAVIGATION[1:])
    return rx.el.nav(
        *[
            rx.link(
                icon(item.icon, 20),
                item.name,
                href=item.path,
                underline="none",
                **_current(item, current),
            )
            for item in items
        ],
        aria_label="Main",
        class_name="tabbar",
    )


def _current(item: NavItem, current: str) -> dict[str, Any]:
    return {"aria_current": "page"} if item.name == current else {}


def _theme_button() -> rx.Component:
    return button(
        rx.color_mode_cond(icon("moon"), icon("sun")),
        aria_label=rx.color_mode_cond("Use the dark theme", "Use the light theme"),
        on_click=rx.toggle_color_mode,
        look="ghost s1 ic",
    )


def _keyboard_list() -> rx.Component:
    return rx.dialog.root(
        rx.dialog.trigger(
            button(
                icon("keyboard"),
                aria_label="Keyboard shortcuts",
                custom_attrs={"data-hotkey": "?"},
                look="ghost s1 ic",
            )
        ),
        rx.dialog.content(
            rx.dialog.title("Keyboard shortcuts", size="3"),
            rx.dialog.description(
                "They work unless you are typing in a text field. On a Mac, use ⌘ for Ctrl.",
                size="2",
                class_name="mut",
            ),
            rx.el.dl(
                *[
                    rx.fragment(
                        rx.el.dt(
                            *[rx.el.kbd(key, class_name="kbd") for key in keys.split()],
                            class_name="flexrow",
                            style={"gap": "4px"},
                        ),
                        rx.el.dd(text),
                    )
                    for keys, text in KEYS
                ],
                class_name="kv",
                style={"marginTop": "16px", "gridTemplateColumns": "110px 1fr"},
            ),
            rx.dialog.close(
                button(
                    icon("x"),
                    aria_label="Close",
                    style={"position": "absolute", "top": "16px", "right": "16px"},
                    look="ghost s1 ic",
                )
            ),
            max_width="420px",
        ),
    )
