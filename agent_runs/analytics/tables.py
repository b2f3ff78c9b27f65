"""The tables, by name: their titles, their columns, and the functions that fill them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from agent_runs.analytics import origins, periods, summary, uses
from agent_runs.analytics.scope import Scope
from agent_runs.filters import TableName
from agent_runs.models import JSON
from agent_runs.store.engine.database import Reader
from agent_runs.store.engine.figure_rows import DURATION, FIRST_STEP, STEPS, WAITED

Rows = Sequence[Sequence[JSON]]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: key in the rows and heading in CSV.
        unit: seconds, share (0 to 1), date, path ...; empty for counts and names.
        text: what it means.
    """

    name: str
    unit: str
    text: str


@dataclass(frozen=True)
class Kind:
    """What a table shows.

    Attributes:
        fill: reads its rows, each with a value per column.
    """

    title: str
    columns: tuple[Column, ...]
    fill: Callable[[Reader, Scope], Awaitable[Rows]]


@dataclass(frozen=True)
class Table:
    """A filled table."""

    name: TableName
    kind: Kind
    scope: Scope
    rows: Rows


_RUNS = Column("runs", "path", "list of the runs behind the row; empty if there is no such list")
_DAY = Column("day", "date", "first day of the point, UTC")


def _spread(title: str, what: str, column: str, measured: str, unit: str = "seconds") -> Kind:
    columns = (
        _DAY,
        Column("number", "", f"ended runs {what}"),
        Column("p50", unit, "median, from a histogram: off by at most 9.1 %"),
        Column("p90", unit, "90th percentile, as exact as the median"),
        Column("p99", unit, "99th percentile, as exact as the median"),
        Column("mean", unit, "exact mean"),
        Column("total", unit, "exact sum"),
        _RUNS,
    )
    return Kind(
        title, columns, partial(periods.spread, column=column, measured=measured, unit=unit)
    )


def _origin(*names: Column) -> tuple[Column, ...]:
    return (
        *names,
        Column("number", "", "runs"),
        Column("ended", "", "runs that have ended"),
        Column("complete", "", "runs that ended well"),
        Column("success_rate", "share", "complete runs among the ended ones"),
        Column("duration_p50", "seconds", "median duration, off by at most 9.1 %"),
        Column("reporting", "", "ended runs whose agent reported tokens"),
        Column("input_tokens", "", "tokens read, as reported by the agent"),
        Column("output_tokens", "", "tokens written, as reported by the agent"),
        Column("total_tokens", "", "total tokens, as reported by the agent"),
        Column("cost", "money", "as reported by the agent, one sum per currency"),
        _RUNS,
    )


TABLES: dict[TableName, Kind] = {
    "summary": Kind(
        "Key figures",
        (
            Column("figure", "", "what it is"),
            Column("value", "", "in the period; empty if nothing was counted"),
            Column("before", "", "in the previous period of the same length"),
            Column("unit", "", "seconds, share, tokens, money, or empty for counts"),
            _RUNS,
        ),
        summary.summary,
    ),
    "days": Kind(
        "Runs by day and outcome",
        (
            _DAY,
            Column("number", "", "runs created on that day, or in those days"),
            Column("complete", "", "ended well"),
            Column("failed", "", "ended with an error or a limit"),
            Column("cancelled", "", "stopped"),
            Column("working", "", "not ended yet"),
            Column("success_rate", "share", "complete runs among the ended ones"),
            _RUNS,
        ),
        periods.days,
    ),
    "durations": _spread("Duration", "whose start is known", DURATION, "duration"),
    "first_steps": _spread(
        "Time to the first step", "that did something", FIRST_STEP, "first_step"
    ),
    "waiting": _spread("Waiting for a person", "that waited", WAITED, "waiting"),
    "steps": _spread("Steps of a run", "", STEPS, "steps", unit="steps"),
    "time": Kind(
        "Where the time goes",
        (
            Column("part", "", "model, tools, waiting, queued"),
            Column("total", "seconds", "sum over the ended runs"),
            Column("share", "share", "share of all four"),
            _RUNS,
        ),
        uses.time,
    ),
    "tools": Kind(
        "Use of tools",
        (
            Column("tool", "", "its name"),
            Column("calls", "", "calls in ended runs"),
            Column("failed", "", "calls that failed"),
            Column("failure_rate", "share", "failed calls among all calls"),
            Column("mean", "seconds", "mean time of a call"),
            Column("total", "seconds", "time in all calls"),
            _RUNS,
            Column("failed_runs", "path", "list of the runs in which it failed"),
        ),
        uses.tools,
    ),
    "errors": Kind(
        "Most frequent errors",
        (
            Column("error", "", "likeness: numbers, paths, ids and quotes are folded"),
            Column("number", "", "entries"),
            Column("in_runs", "", "ended runs that met it"),
            Column("last_day", "date", "day of the newest run that met it"),
            _RUNS,
        ),
        uses.errors,
    ),
    "agents": Kind(
        "By agent",
        _origin(Column("agent", "", "its name")),
        partial(origins.by_origin, origin="agent"),
    ),
    "repositories": Kind(
        "By repository",
        _origin(Column("repo_id", "", "its id"), Column("name", "", "its name")),
        origins.repositories,
    ),
    "templates": Kind(
        "By prompt template",
        _origin(Column("mode", "", "its name")),
        partial(origins.by_origin, origin="mode"),
    ),
}


async def read_table(reader: Reader, name: TableName, scope: Scope) -> Table:
    """Return a table by its name in `TABLES`."""
    kind = TABLES[name]
    return Table(name, kind, scope, await kind.fill(reader, scope))
