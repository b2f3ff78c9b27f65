"""The tables of analytics as the page shows them: words, links, and numbers for the charts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from agent_runs.dashboard.analytics.query import page_of_runs
from agent_runs.models import JSON, TERMINAL_STATUSES
from agent_runs.reading.amounts import brief_duration, money, short_count
from agent_runs.reading.shapes import object_or_empty
from agent_runs.reading.status import GROUPS
from agent_runs.schemas.analytics import AnalyticsTable

NOTHING = "-"
MOST_LINES = 50
_MINUTE, _HOUR = 60, 3600
_BY_NAME = {group.name.lower(): ",".join(group.statuses) for group in GROUPS}
_WORKING = ",".join(
    status for group in GROUPS for status in group.statuses if status not in TERMINAL_STATUSES
)

Point = dict[str, Any]
"""One point of a chart: `day` and a number per line."""


@dataclass(frozen=True)
class Cell:
    """One cell; `href` is empty without a link, `share` (0 to 100) draws a bar."""

    text: str
    href: str = ""
    is_name: bool = False
    share: float = -1.0


@dataclass(frozen=True)
class Sheet:
    """A table as it is shown."""

    heads: list[str]
    lines: list[list[Cell]]


@dataclass(frozen=True)
class KeyFigure:
    """One figure at the top; `tone` is green, red or empty."""

    name: str
    value: str
    note: str
    tone: str
    trend: str
    href: str


@dataclass(frozen=True)
class Slice:
    """One part of the time that runs took."""

    name: str
    time: str
    share: float
    percent: str
    colour: str


def day_words(day: str) -> str:
    """Return a short date: `9 Nov`."""
    moment = date.fromisoformat(day)
    return f"{moment.day} {moment:%b}"


def time_words(seconds: float | None) -> str:
    """Return a length of time in at most two units: `4m 18s`, `2h 05m`, `0.2s`."""
    return NOTHING if seconds is None else brief_duration(seconds)


def share_words(share: float | None) -> str:
    """Return a share as a percentage: `86.7%`."""
    return NOTHING if share is None else f"{share:.1%}"


def count_words(number: float | None) -> str:
    """Return a number with thousands separators."""
    if number is None:
        return NOTHING
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.1f}"


def whole_words(number: float | None) -> str:
    """Return a number without its fraction: the percentile of a count."""
    return NOTHING if number is None else f"{number:,.0f}"


def money_words(sums: JSON) -> str:
    """Return sums by currency."""
    amounts = object_or_empty(sums).items()
    return ", ".join(money(amount, currency) for currency, amount in amounts) or NOTHING


def key_figures(table: AnalyticsTable) -> list[KeyFigure]:
    """Return the figures at the top of the page."""
    rows = {row["figure"]: row for row in table.items}

    def figure(
        name: str,
        words: str,
        text: Callable[[Any], str],
        better: int,
        difference: Callable[[float, float], str],
    ) -> KeyFigure:
        row = rows[words]
        value, before = row["value"], row["before"]
        note, tone, trend = "nothing to compare with", "", ""
        if value is None:
            note = "none in this period"
        elif before is not None and before:
            change = value - before
            note = f"{difference(value, before)} vs before" if change else "no change"
            trend = "" if not change else "up" if change > 0 else "down"
            tone = "" if not change or not better else "green" if change * better > 0 else "red"
        return KeyFigure(name, text(value), note, tone, trend, page_of_runs(row["runs"]))

    def percent(value: float, before: float) -> str:
        return f"{(value - before) / before:+.0%}"

    def points(value: float, before: float) -> str:
        return f"{(value - before) * 100:+.1f} points"

    def longer(value: float, before: float) -> str:
        return f"{'+' if value > before else '-'}{time_words(abs(value - before))}"

    return [
        figure("Runs", "runs", count_words, 0, percent),
        figure("Success rate", "success_rate", share_words, 1, points),
        figure("Median duration", "duration_p50", time_words, -1, longer),
        figure("First step, median", "first_step_p50", time_words, -1, longer),
        figure("Waiting for you, median", "waited_p50", time_words, -1, longer),
        figure("Steps, median", "steps_p50", whole_words, 0, percent),
        _reported(rows),
    ]


def _reported(rows: Mapping[str, dict[str, JSON]]) -> KeyFigure:
    tokens, number = rows["tokens"]["value"], rows["runs_reporting"]["value"]
    cost = money_words(rows["cost"]["value"])
    note = (
        f"by {count_words(number)} {'run' if number == 1 else 'runs'}" if number else "by no runs"
    )
    return KeyFigure(
        "Tokens, as reported",
        NOTHING if tokens is None else short_count(tokens),
        note if cost == NOTHING else f"{note} · {cost}",
        "",
        "",
        page_of_runs(rows["tokens"]["runs"]),
    )


def outcome_points(table: AnalyticsTable) -> list[Point]:
    """Return the points of the charts by outcome."""
    return [
        {
            "day": day_words(row["day"]),
            "Complete": row["complete"],
            "Failed": row["failed"],
            "Cancelled": row["cancelled"],
            "Working": row["working"],
            "Success": None if row["success_rate"] is None else round(row["success_rate"] * 100, 1),
            "href": page_of_runs(row["runs"]),
        }
        for row in table.items
    ]


def spread_points(table: AnalyticsTable, scale: float = 1) -> list[Point]:
    """Return the points of a chart of percentiles; a day without runs leaves a gap.

    Args:
        scale: how many seconds the chart's unit has.
    """

    def scaled(value: float | None) -> float | None:
        return None if value is None else round(value / scale, 2)

    return [
        {
            "day": day_words(row["day"]),
            "Median": scaled(row["p50"]),
            "p90": scaled(row["p90"]),
            "p99": scaled(row["p99"]),
            "href": page_of_runs(row["runs"]),
        }
        for row in table.items
    ]


def unit_of(table: AnalyticsTable) -> tuple[str, float]:
    """Return the unit that fits a chart of times, and its seconds."""
    most = max((row["p99"] or 0 for row in table.items), default=0)
    if most >= 2 * _HOUR:
        return "hours", _HOUR
    return ("minutes", _MINUTE) if most >= 2 * _MINUTE else ("seconds", 1)


def outcome_sheet(table: AnalyticsTable) -> Sheet:
    """Return runs per day; every number links to its runs."""

    def number(row: dict[str, JSON], name: str, statuses: str) -> Cell:
        href = page_of_runs(row["runs"], status=statuses) if row[name] else ""
        return Cell(count_words(row[name]), href)

    return Sheet(
        ["Day", "Runs", "Complete", "Failed", "Cancelled", "Working", "Success"],
        [
            [
                Cell(day_words(row["day"]), is_name=True),
                Cell(
                    count_words(row["number"]), page_of_runs(row["runs"]) if row["number"] else ""
                ),
                number(row, "complete", _BY_NAME["complete"]),
                number(row, "failed", _BY_NAME["failed"]),
                number(row, "cancelled", _BY_NAME["cancelled"]),
                number(row, "working", _WORKING),
                Cell(share_words(row["success_rate"])),
            ]
            for row in reversed(table.items)
        ],
    )


def spread_sheet(table: AnalyticsTable, text: Callable[[Any], str] = time_words) -> Sheet:
    """Return percentiles per day."""
    return Sheet(
        ["Day", "Runs", "Median", "p90", "p99", "Mean", "Sum"],
        [
            [
                Cell(day_words(row["day"]), is_name=True),
                Cell(
                    count_words(row["number"]), page_of_runs(row["runs"]) if row["number"] else ""
                ),
                *[Cell(text(row[name])) for name in ("p50", "p90", "p99", "mean", "total")],
            ]
            for row in reversed(table.items)
        ],
    )


def tool_sheet(table: AnalyticsTable) -> Sheet:
    """Return the use of tools."""
    return Sheet(
        ["Tool", "Calls", "Failed", "Failure rate", "Mean time", "Total time"],
        [
            [
                Cell(row["tool"], page_of_runs(row["runs"]), is_name=True),
                Cell(count_words(row["calls"])),
                Cell(count_words(row["failed"]), page_of_runs(row["failed_runs"])),
                Cell(share_words(row["failure_rate"]), share=round(row["failure_rate"] * 100, 1)),
                Cell(time_words(row["mean"])),
                Cell(time_words(row["total"])),
            ]
            for row in table.items[:MOST_LINES]
        ],
    )


def error_sheet(table: AnalyticsTable) -> Sheet:
    """Return the most frequent errors."""
    return Sheet(
        ["Error", "Times", "Runs", "Last seen"],
        [
            [
                Cell(row["error"], page_of_runs(row["runs"]), is_name=True),
                Cell(count_words(row["number"])),
                Cell(count_words(row["in_runs"])),
                Cell(day_words(row["last_day"])),
            ]
            for row in table.items[:MOST_LINES]
        ],
    )


def origin_sheet(table: AnalyticsTable, head: str, names: Mapping[str, str], none: str) -> Sheet:
    """Return a table by agent, repository or template.

    Args:
        names: titles by name.
        none: title for runs without one.
    """
    key = {"agents": "agent", "repositories": "name", "templates": "mode"}[table.name]

    def name(row: dict[str, JSON]) -> str:
        return none if row[key] is None else names.get(row[key], row[key])

    return Sheet(
        [head, "Runs", "Success", "Median duration", "Tokens in", "Tokens out", "Cost"],
        [
            [
                Cell(name(row), page_of_runs(row["runs"]), is_name=True),
                Cell(count_words(row["number"])),
                Cell(share_words(row["success_rate"])),
                Cell(time_words(row["duration_p50"])),
                Cell(_tokens(row["input_tokens"])),
                Cell(_tokens(row["output_tokens"])),
                Cell(money_words(row["cost"])),
            ]
            for row in table.items[:MOST_LINES]
        ],
    )


def time_slices(table: AnalyticsTable) -> tuple[list[Slice], str]:
    """Return the parts of the time and their sum in words; neither if there was no time."""
    looks = {
        "model": ("Model", "var(--violet-9)"),
        "tools": ("Tools", "var(--blue-9)"),
        "waiting": ("Waiting for you", "var(--amber-9)"),
        "queued": ("Queued", "var(--gray-9)"),
    }
    whole = sum(row["total"] for row in table.items)
    if not whole:
        return [], ""
    slices = [
        Slice(
            looks[row["part"]][0],
            time_words(row["total"]),
            round((row["share"] or 0) * 100, 2),
            f"{row['share'] or 0:.0%}",
            looks[row["part"]][1],
        )
        for row in table.items
    ]
    return slices, time_words(whole)


def _tokens(number: int | None) -> str:
    return NOTHING if number is None else short_count(number)
