"""The panel beside a run's transcript: facts about the run, and its prompts."""

import reflex as rx

from agent_runs.dashboard.browser.faces import Ago, Elapsed, Insight
from agent_runs.dashboard.run.state import RunState, TurnLine


def side() -> rx.Component:
    """Return the facts of the run and its turns."""
    return rx.el.aside(
        rx.el.section(
            rx.el.h2("Details"),
            rx.el.dl(
                _fact("Agent", RunState.agent),
                _fact("Works at", RunState.place),
                _fact("Model", RunState.model),
                _fact("Repository", RunState.repo),
                _fact("Branch", RunState.branch),
                _fact("Permissions", RunState.policy),
                _fact("Sandbox", RunState.sandbox),
                _fact("Cost", RunState.cost),
                _fact("Started by", RunState.source),
                rx.el.dt("Created"),
                rx.el.dd(Ago.create(at=RunState.created)),
                rx.cond(
                    RunState.is_imported,
                    rx.fragment(
                        rx.el.dt("Imported"),
                        rx.el.dd(Ago.create(at=RunState.imported), ", read-only"),
                    ),
                ),
                _fact("Imported from", RunState.origin),
                rx.foreach(RunState.metadata, lambda pair: _fact(pair[0], pair[1])),
                class_name="kv sm",
            ),
        ),
        rx.el.section(
            rx.el.h2("Insight"),
            rx.cond(
                RunState.loaded,
                Insight.create(
                    run_id=RunState.number,
                    version=RunState.total,
                    active=~RunState.is_terminal,
                    compact=True,
                ),
            ),
        ),
        rx.el.section(
            rx.el.h2("Turns"),
            rx.el.ol(rx.foreach(RunState.turns, _turn), class_name="stack"),
        ),
        aria_label="About this run",
        class_name="card side",
    )


def _fact(name: rx.Var[str] | str, value: rx.Var[str]) -> rx.Component:
    return rx.cond(value, rx.fragment(rx.el.dt(name), rx.el.dd(value)))


def _turn(line: rx.vars.ObjectVar[TurnLine]) -> rx.Component:
    return rx.el.li(
        rx.link(
            rx.el.span(
                rx.el.span(class_name=f"dot {line.look.dot}", aria_hidden="true"),
                rx.el.span(f"Turn {line.turn}", class_name="med"),
                rx.el.span(
                    line.look.word,
                    " ",
                    Elapsed.create(start=line.started, end=line.finished, lead=""),
                ),
                class_name="flexrow sm mut",
            ),
            rx.el.span(line.prompt, class_name="sm mut turnprompt"),
            href=f"/runs/{RunState.number}?turn={line.turn}",
            underline="none",
            title="Show this turn",
            class_name="turnlink",
        )
    )
