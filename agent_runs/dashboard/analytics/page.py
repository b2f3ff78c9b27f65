"""Analytics: how agents perform and why runs fail; every figure links to its runs."""

from typing import cast

import reflex as rx

from agent_runs.dashboard.analytics.charts import bars, keys, lines, sheet
from agent_runs.dashboard.analytics.filters import filters
from agent_runs.dashboard.analytics.rows import KeyFigure, Sheet, Slice
from agent_runs.dashboard.analytics.state import AnalyticsState
from agent_runs.dashboard.components.button import button, link_button, toggle
from agent_runs.dashboard.components.icon import icon
from agent_runs.dashboard.components.problem import problem_callout
from agent_runs.dashboard.frame.layout import frame, head
from agent_runs.dashboard.frame.shell import Shell

_OUTCOMES = (
    ("Complete", "var(--green-9)"),
    ("Failed", "var(--red-9)"),
    ("Cancelled", "var(--gray-9)"),
    ("Working", "var(--blue-9)"),
)
_SUCCESS = (("Success", "var(--green-9)"),)
_SPREAD = (("Median", "var(--blue-9)"), ("p90", "var(--violet-9)"), ("p99", "var(--gray-9)"))
_CHARTS = (
    ("durations", "Duration", "How long the turns of ended runs took"),
    ("first_steps", "Time to the first step", "From creation, including time in the queue"),
    ("waiting", "Waiting for you", "How long runs waited for an answer, if they did"),
    ("steps", "Steps per run", "Steps of ended runs"),
)


@rx.page(
    route="/analytics",
    title="Analytics · Agent runs",
    on_load=[Shell.follow, AnalyticsState.follow],
)
def page() -> rx.Component:
    """Return the page."""
    return frame(
        filters(),
        problem_callout(AnalyticsState.problem, AnalyticsState.reload),
        rx.cond(
            AnalyticsState.loaded,
            rx.cond(AnalyticsState.is_empty, _nothing(), _figures()),
            rx.cond(AnalyticsState.problem == "", _bones()),
        ),
        title="Analytics",
        current="Analytics",
        heading=head("Analytics", note=rx.el.span("Days in UTC", class_name="sm mut desk")),
    )


def _figures() -> rx.Component:
    points = AnalyticsState.points
    days = points["days"].to(list[dict[str, object]])
    return rx.fragment(
        rx.el.div(
            rx.foreach(AnalyticsState.key_figures, _key_figure),
            role="group",
            aria_label="Key figures",
            class_name="card kpis",
        ),
        rx.el.div(
            _chart(
                "days",
                "Runs per day",
                keys(*_OUTCOMES),
                bars(days, _OUTCOMES, lambda at: AnalyticsState.open_point("days", at)),
            ),
            _chart(
                "days",
                "Success rate",
                rx.el.span("Share of ended runs that are complete", class_name="sm mut desk"),
                lines(
                    days,
                    _SUCCESS,
                    lambda at: AnalyticsState.open_point("days", at),
                    domain=[0, 100],
                    unit="%",
                ),
                view="success",
            ),
            _spread_chart(*_CHARTS[0]),
            _time(),
            *[_spread_chart(*chart) for chart in _CHARTS[1:]],
            _errors(),
            class_name="charts",
        ),
        _table("tools", "Tools", "Calls in ended runs"),
        _table("agents", "By agent", "Tokens and cost as reported by the agent"),
        _table("repositories", "By repository", "Tokens and cost as reported by the agent"),
        _table("templates", "By prompt template", "Tokens and cost as reported by the agent"),
    )


def _key_figure(figure: rx.vars.ObjectVar[KeyFigure]) -> rx.Component:
    return rx.link(
        rx.el.span(figure.name, class_name="sm mut"),
        rx.el.b(figure.value),
        rx.el.span(
            rx.match(
                figure.trend,
                ("up", icon("trending-up", 14)),
                ("down", icon("trending-down", 14)),
                rx.fragment(),
            ),
            figure.note,
            class_name=f"flexrow sm {figure.tone}",
            style={"gap": "4px"},
        ),
        href=figure.href,
        underline="none",
        title="Show these runs",
    )


def _card_head(name: str, title: str, *more: rx.Component) -> rx.Component:
    return rx.el.header(
        rx.el.h2(title),
        *more,
        rx.el.a(
            icon("download", 14),
            href=AnalyticsState.csv[name],
            download=True,
            # Otherwise the router would look for a page of this name.
            custom_attrs={"reloadDocument": True},
            aria_label=f"{title} as CSV",
            title="Download as CSV",
            class_name="btn ghost s1 ic",
        ),
    )


def _chart(
    name: str, title: str, legend: rx.Component, chart: rx.Component, *, view: str = ""
) -> rx.Component:
    view = view or name
    is_table = AnalyticsState.as_tables.contains(view)
    return rx.el.section(
        _card_head(
            name,
            title,
            legend,
            rx.el.div(
                _form(title, view, "chart", "chart-column", ~is_table),
                _form(title, view, "table", "table-2", is_table),
                role="group",
                aria_label=f"{title}: show as",
                class_name="seg s1 end",
            ),
        ),
        rx.cond(
            is_table,
            sheet(_sheet(name), title, twin=True),
            rx.el.div(chart, class_name="chart", custom_attrs={"data-chart": view}),
        ),
        aria_label=title,
        class_name="card",
    )


def _form(title: str, view: str, form: str, symbol: str, is_set: rx.Var[bool]) -> rx.Component:
    return toggle(
        icon(symbol),
        aria_label=f"{title} as a {form}",
        is_pressed=is_set,
        on_click=AnalyticsState.show_as(view, form),
    )


def _spread_chart(name: str, title: str, text: str) -> rx.Component:
    points = AnalyticsState.points[name].to(list[dict[str, object]])
    chart = lines(points, _SPREAD, lambda at: AnalyticsState.open_point(name, at))
    return _chart(
        name,
        title,
        rx.fragment(
            rx.el.span(AnalyticsState.units[name], class_name="sm mut", title=text),
            keys(*_SPREAD),
        ),
        chart,
    )


def _time() -> rx.Component:
    return rx.el.section(
        _card_head(
            "time",
            "Where the time goes",
            rx.el.span(AnalyticsState.whole_time, class_name="sm mut end"),
        ),
        rx.cond(
            AnalyticsState.slices.length() > 0,
            rx.el.div(
                rx.el.div(
                    rx.foreach(AnalyticsState.slices, _meter),
                    aria_hidden="true",
                    class_name="meter",
                ),
                rx.el.dl(rx.foreach(AnalyticsState.slices, _slice), class_name="kv slices"),
                class_name="stack pad",
            ),
            rx.el.p("No runs ended in this period.", class_name="mut pad"),
        ),
        aria_label="Where the time goes",
        class_name="card",
    )


def _meter(part: rx.vars.ObjectVar[Slice]) -> rx.Component:
    return rx.el.i(style={"width": f"{part.share}%", "background": part.colour})


def _slice(part: rx.vars.ObjectVar[Slice]) -> rx.Component:
    return rx.fragment(
        rx.el.dt(
            rx.el.span(class_name="dot", style={"background": part.colour, "borderRadius": "2px"}),
            part.name,
            class_name="flexrow",
        ),
        rx.el.dd(part.time, rx.el.span(part.percent, class_name="mut percent")),
    )


def _errors() -> rx.Component:
    return rx.el.section(
        _card_head("errors", "Most frequent errors", rx.el.span(class_name="end")),
        rx.cond(
            _sheet("errors").lines.length() > 0,
            sheet(_sheet("errors"), "Most frequent errors", twin=True),
            rx.el.p("No errors in the runs that ended in this period.", class_name="mut pad"),
        ),
        aria_label="Most frequent errors",
        class_name="card",
    )


def _table(name: str, title: str, text: str) -> rx.Component:
    return rx.el.section(
        _card_head(
            name, title, rx.el.span(text, class_name="sm mut desk"), rx.el.span(class_name="end")
        ),
        rx.cond(
            _sheet(name).lines.length() > 0,
            sheet(_sheet(name), title),
            rx.el.p("Nothing to count in this period.", class_name="mut pad"),
        ),
        aria_label=title,
        class_name="card",
    )


def _sheet(name: str) -> rx.vars.ObjectVar[Sheet]:
    return cast("rx.vars.ObjectVar[Sheet]", AnalyticsState.sheets[name])


def _nothing() -> rx.Component:
    return rx.el.div(
        rx.cond(
            AnalyticsState.is_filtered,
            rx.fragment(
                rx.el.h2("No runs match these filters in this period"),
                rx.el.p("Clear the filters, or choose a longer period.", class_name="mut"),
                button("Clear filters", on_click=AnalyticsState.clear_filters),
            ),
            rx.cond(
                AnalyticsState.has_runs,
                rx.fragment(
                    rx.el.h2("No runs in this period"),
                    rx.el.p("There are older runs. Choose a longer period.", class_name="mut"),
                    button("Show the last year", on_click=AnalyticsState.set_period(365)),
                ),
                rx.fragment(
                    rx.el.h2("Nothing to measure yet"),
                    rx.el.p(
                        "Figures appear here once you have created a run.",
                        class_name="mut",
                    ),
                    link_button("New run", href="/new", look="solid"),
                ),
            ),
        ),
        class_name="card blank",
    )


def _bones() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            *[
                rx.el.div(
                    rx.el.i(class_name="skel", style={"width": "60%"}),
                    rx.el.i(class_name="skel", style={"width": "40%", "height": "20px"}),
                    class_name="col",
                    style={"gap": "12px"},
                )
                for _ in range(7)
            ],
            class_name="card kpis",
        ),
        rx.el.div(
            *[rx.el.div(class_name="card", style={"height": "240px"}) for _ in range(4)],
            class_name="charts",
        ),
        aria_hidden="true",
        class_name="stack",
    )
