"""Charts of analytics: bars by outcome, lines over time, and tables of links."""

from typing import Any

import reflex as rx

from agent_runs.dashboard.analytics.rows import Cell, Sheet

_HEIGHT = 184
_AXIS: dict[str, Any] = {
    "tick_line": False,
    "axis_line": False,
    "stroke": "var(--gray-11)",
    "custom_attrs": {"tick": {"fill": "var(--gray-11)", "fontSize": 12}},
}
_TIP: dict[str, Any] = {
    "content_style": {
        "background": "var(--panel)",
        "border": "1px solid var(--edge)",
        "borderRadius": "6px",
        "fontSize": "12px",
        "lineHeight": "18px",
        "color": "var(--gray-12)",
    },
    "label_style": {"color": "var(--gray-12)", "fontWeight": 500},
    "item_style": {"color": "var(--gray-12)", "padding": 0},
    "is_animation_active": False,
}


def _clicked_index(state: rx.Var[dict[str, Any]]) -> tuple[rx.Var[int]]:
    """The index of the point that was clicked; -1 if the click missed all of them."""
    return (rx.Var(f"Number({state!s}?.activeTooltipIndex ?? -1)", _var_type=int),)


class BarChart(rx.recharts.BarChart):
    """A bar chart that reports which point was clicked."""

    on_click: rx.EventHandler[_clicked_index]


class LineChart(rx.recharts.LineChart):
    """A line chart that reports which point was clicked."""

    on_click: rx.EventHandler[_clicked_index]


def bars(
    points: rx.Var[list[dict[str, Any]]],
    parts: tuple[tuple[str, str], ...],
    on_click: rx.event.EventType[int],
) -> rx.Component:
    """Return stacked bars: a name and a colour per part."""
    more: dict[str, Any] = {"on_click": on_click}  # `create` has no parameter for it
    return BarChart.create(
        *[
            rx.recharts.bar(data_key=name, stack_id="all", fill=colour, is_animation_active=False)
            for name, colour in parts
        ],
        *_frame(allow_decimals=False),
        data=points,
        bar_category_gap="12%",
        margin={"top": 8, "right": 8, "left": 0, "bottom": 0},
        height=_HEIGHT,
        width="100%",
        **more,
    )


def lines(
    points: rx.Var[list[dict[str, Any]]],
    parts: tuple[tuple[str, str], ...],
    on_click: rx.event.EventType[int],
    *,
    domain: list[int] | None = None,
    unit: rx.Var[str] | str = "",
) -> rx.Component:
    """Return lines over time: a name and a colour per line."""
    more: dict[str, Any] = {"on_click": on_click}  # `create` has no parameter for it
    return LineChart.create(
        *[
            rx.recharts.line(
                data_key=name,
                stroke=colour,
                stroke_width=2,
                dot={"r": 2, "fill": colour},
                type_="linear",
                is_animation_active=False,
            )
            for name, colour in parts
        ],
        *_frame(domain=domain, unit=unit),
        data=points,
        margin={"top": 8, "right": 8, "left": 0, "bottom": 0},
        height=_HEIGHT,
        width="100%",
        **more,
    )


def keys(*parts: tuple[str, str]) -> rx.Component:
    """Return the legend: a square and a word per part."""
    return rx.el.span(
        *[
            rx.el.span(
                rx.el.span(class_name="dot", style={"background": colour, "borderRadius": "2px"}),
                name,
                class_name="key",
            )
            for name, colour in parts
        ],
        class_name="keys",
    )


def sheet(table: rx.vars.ObjectVar[Sheet], name: str, *, twin: bool = False) -> rx.Component:
    """Return a table whose cells link to runs.

    Args:
        name: for screen readers.
        twin: whether it replaces a chart; it then scrolls in the chart's space.
    """
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(rx.foreach(table.heads, _head))),
            rx.el.tbody(
                rx.foreach(table.lines, lambda line: rx.el.tr(rx.foreach(line, _cell))),
            ),
            aria_label=name,
            class_name="tbl figures",
        ),
        tab_index=0,
        role="region",
        aria_label=name,
        class_name="twin" if twin else "sheetbox",
    )


def _frame(
    *,
    domain: list[int] | None = None,
    unit: rx.Var[str] | str = "",
    allow_decimals: bool = True,
) -> list[rx.Component]:
    more: dict[str, Any] = {} if domain is None else {"domain": domain}
    return [
        rx.recharts.cartesian_grid(vertical=False, stroke="var(--gray-4)"),
        rx.recharts.x_axis(data_key="day", min_tick_gap=32, **_AXIS),
        rx.recharts.y_axis(
            width=44, tick_count=5, allow_decimals=allow_decimals, unit=unit, **more, **_AXIS
        ),
        rx.recharts.graphing_tooltip(cursor={"fill": "var(--gray-a3)"}, **_TIP),
    ]


def _head(text: rx.Var[str], at: rx.vars.NumberVar[int]) -> rx.Component:
    return rx.el.th(text, scope="col", class_name=rx.cond(at > 0, "r", ""))


def _cell(cell: rx.vars.ObjectVar[Cell], at: rx.vars.NumberVar[int]) -> rx.Component:
    return rx.el.td(
        rx.cond(
            cell.href != "",
            rx.link(
                cell.text,
                href=cell.href,
                underline="none",
                title=rx.cond(cell.is_name, cell.text, "Show these runs"),
                class_name=rx.cond(cell.is_name, "figure cut", "figure"),
            ),
            rx.el.span(cell.text, class_name=rx.cond(cell.is_name, "cut", "")),
        ),
        rx.cond(
            cell.share.to(float) >= 0,
            rx.el.span(
                rx.el.i(style={"width": f"{cell.share}%"}),
                class_name="bar-in desk",
                aria_hidden="true",
            ),
        ),
        class_name=rx.cond(at > 0, "r", "name"),
    )
