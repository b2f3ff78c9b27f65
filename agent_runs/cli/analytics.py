"""The command `analytics`: how agents perform, as a table."""

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import typer

from agent_runs.cli import late
from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import say, say_fields, say_json
from agent_runs.cli.runs import repo_id_of
from agent_runs.errors import InvalidRequest
from agent_runs.filters import TableName
from agent_runs.reading.amounts import duration, money
from agent_runs.reading.text import one_line

if TYPE_CHECKING:
    from agent_runs.client.calls.measures import AnalyticsQuery
    from agent_runs.schemas.analytics import AnalyticsTable


def analytics(
    context: typer.Context,
    table: Annotated[TableName, typer.Argument(help="Table to show.")] = "summary",
    *,
    days: Annotated[int, typer.Option(min=1, max=1100, help="Length of the period in days.")] = 14,
    last_day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day of the period (UTC); today by default."),
    ] = None,
    agent: Annotated[str | None, typer.Option(help="Only runs of this agent.")] = None,
    repo: Annotated[
        str | None, typer.Option(metavar="REPO", help="Only runs in this repository (id or name).")
    ] = None,
    mode: Annotated[str | None, typer.Option(help="Only runs of this prompt template.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how agents perform: success, time, tools, errors, cost.

    Days are UTC days. Tokens and cost are what the agents report.
    """
    if as_csv and as_json:
        raise InvalidRequest("Give --csv or --json, not both.")
    with connect(context) as client:
        query: AnalyticsQuery = {
            "days": days,
            "last_day": None if last_day is None else last_day.date(),
            "agent": agent,
            "repo_id": None if repo is None else repo_id_of(client, repo),
            "mode": mode,
        }
        if as_csv:
            say(client.get_analytics_csv(table, **query).replace("\r\n", "\n").rstrip("\n"))
            return
        result = client.get_analytics(table, **query)
    if as_json:
        say_json(result)
    else:
        _show(result)


def _show(table: "AnalyticsTable") -> None:
    units = {column.name: column.unit for column in table.columns if column.unit != "path"}
    units.pop("unit", None)
    rows = [
        [_worded(row.get(name), unit or str(row.get("unit") or "")) for name, unit in units.items()]
        for row in table.items
    ]
    names = [name.replace("_", " ") for name in units]
    if sys.stdout.isatty():
        title = f"{table.title}, {table.first_day} to {table.last_day}"
        late.tables.show_figures(title, names, rows)
        return
    for row in rows:
        say_fields(*row)


def _worded(value: object, unit: str) -> str:
    """A value as people read it."""
    if value is None:
        return "-"
    if isinstance(value, Mapping):
        sums = cast("Mapping[str, float]", value).items()
        return ", ".join(money(amount, currency) for currency, amount in sums) or "-"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return one_line(str(value), 80) if value != "" else "-"
    if unit == "seconds":
        return duration(value)
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
