"""Measured figures and their goals, printed and written to docs/performance.md."""

import os
import platform
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
_BEGIN = "<!-- bench:begin -->"
_END = "<!-- bench:end -->"


@dataclass(frozen=True)
class Row:
    """One measured figure.

    Attributes:
        what: what was measured.
        measured: the figure with its unit.
        limit: the best possible figure, measured in the same run, or a plain bound.
        reach: the goal.
        ok: whether the goal was reached.
    """

    what: str
    measured: str
    limit: str
    reach: str
    ok: bool


def ratio_row(what: str, *, ours: float, limit: float, unit: str, reach: float) -> Row:
    """A figure where more is better, as a share of a limit measured in the same run."""
    share = ours / limit
    return Row(
        what,
        f"{ours:,.0f} {unit} (**{share:.2f}**)",
        f"{limit:,.0f} {unit}",
        f"≥ {reach:g}",
        share >= reach,
    )


def most_row(what: str, *, measured: float, unit: str, most: float, limit: str = "") -> Row:
    """A figure that must stay under a bound."""
    return Row(what, f"**{measured:,.2f}** {unit}", limit, f"≤ {most:g} {unit}", measured <= most)


def times_row(what: str, *, ours: float, limit: float, most: float) -> Row:
    """A time in seconds that must be at most `most` times one measured in the same run."""
    return Row(
        what,
        f"{ours * 1000:,.2f} ms (**x {ours / limit:.2f}**)",
        f"{limit * 1000:,.2f} ms",
        f"≤ x {most:g}",
        ours <= limit * most,
    )


def least_row(what: str, *, measured: float, unit: str, least: float) -> Row:
    """A figure that must stay over a bound."""
    return Row(what, f"**{measured:,.0f}** {unit}", "", f"≥ {least:,g} {unit}", measured >= least)


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| what | measured | limit in the same run | reach | |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        verdict = "ok" if row.ok else "MISSED"
        lines.append(f"| {row.what} | {row.measured} | {row.limit} | {row.reach} | {verdict} |")
    return "\n".join(lines)


def machine() -> str:
    """One line about the machine."""
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    )


def save(rows: list[Row]) -> None:
    """Write the table between the markers of docs/performance.md."""
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    PAGE.write_text(f"{head}{_BEGIN}\n{machine()}\n\n{table(rows)}\n{_END}{tail}", encoding="utf-8")
