"""What pages say about hosted accounts: problems on every page, progress on some of them."""

from typing import Any

import reflex as rx

from agent_runs.dashboard.components.card import card
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.frame.hosted_state import HostedState
from agent_runs.dashboard.frame.shell import Shell
from agent_runs.reading.hosted import HostedFacts, HostedLine

Line = rx.vars.ObjectVar[HostedLine]


def hosted_troubles() -> rx.Component:
    """Return a callout for each hosted organization that has a problem."""
    return rx.foreach(Shell.hosted, lambda line: rx.cond(line.trouble, _trouble(line)))


def hosted_progress() -> rx.Component:
    """Return the progress of each organization whose history is not complete here yet."""
    return rx.foreach(Shell.hosted, lambda line: rx.cond(line.progress, _progress(line)))


def hosted_card() -> rx.Component:
    """Return figures about each hosted organization; nothing without an account."""
    return rx.cond(
        HostedState.rows.length() > 0,
        card(
            "hosted",
            "Mirrored accounts",
            "Their runs are copied to this server. Pages show the copies, so viewing them costs no "
            "requests.",
            rx.foreach(HostedState.rows, _facts),
        ),
    )


def _facts(row: rx.vars.ObjectVar[HostedFacts]) -> rx.Component:
    return rx.el.div(
        rx.el.p(
            rx.el.span(
                class_name=rx.match(
                    row.tone,
                    ("green", "dot green"),
                    ("red", "dot red"),
                    ("amber", "dot amber"),
                    "dot ring",
                )
            ),
            rx.el.b(row.name, class_name="med"),
            rx.el.span(row.word, class_name="mut"),
            class_name="flexrow",
        ),
        rx.el.dl(
            rx.el.dt("Data"),
            rx.el.dd(row.age),
            rx.el.dt("History"),
            rx.el.dd(row.history),
            rx.el.dt("Requests left"),
            rx.el.dd(row.budget),
            rx.cond(row.waiting, rx.fragment(rx.el.dt("New runs"), rx.el.dd(row.waiting))),
            class_name="kv sm",
        ),
        class_name="stack",
        custom_attrs={"data-hosted": "facts"},
    )


def _trouble(line: Line) -> rx.Component:
    return rx.el.div(
        icon("cloud-off"),
        rx.el.span(
            rx.el.b(line.name, ": ", line.word, ". ", class_name="med"),
            line.trouble,
            class_name="grow",
        ),
        role="status",
        class_name=rx.cond(line.tone == "red", "callout red", "callout amber"),
        custom_attrs=_attributes(line, "trouble"),
    )


def _progress(line: Line) -> rx.Component:
    return rx.el.div(
        icon("history"),
        rx.el.span("Copying ", line.name, ": ", line.progress, class_name="grow"),
        rx.el.progress(
            value=line.percent,
            max=100,
            aria_label=line.progress,
            class_name="history-bar",
        ),
        class_name="callout",
        custom_attrs=_attributes(line, "progress"),
    )


def _attributes(line: Line, kind: str) -> dict[str, Any]:
    return {"data-hosted": kind, "data-organization": line.organization_id}
