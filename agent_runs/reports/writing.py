"""A report on a period as Markdown, as one HTML page without scripts, or as JSON."""

from collections.abc import Iterator
from html import escape
from typing import cast

import orjson

from agent_runs.analytics import Column, Table
from agent_runs.exports import page
from agent_runs.exports.markdown import escaped
from agent_runs.exports.words import moment
from agent_runs.models import JSON, AgentRun
from agent_runs.reading.amounts import duration, money
from agent_runs.reading.status import reason_in_words
from agent_runs.reading.text import one_line
from agent_runs.reports.period import PeriodReport

_FIGURES = {
    "duration_p50": "duration, median",
    "first_step_p50": "time to the first step, median",
    "waited_p50": "waiting for a person, median",
    "waited_total": "waiting for a person, total",
    "steps_p50": "steps, median",
    "runs_reporting": "runs that reported tokens",
}
"""Words for key figures whose names are not words."""
_LONGEST = 160
_SHARE = 100


def as_json(report: PeriodReport) -> bytes:
    """Return the report for programs: `tables` by name, `failed_runs`, `failed_total`."""
    return orjson.dumps(
        {
            "first_day": report.scope.first_day,
            "last_day": report.scope.last_day,
            "made_at": report.made_at,
            "tables": {
                table.name: [
                    dict(zip([column.name for column in table.kind.columns], row, strict=True))
                    for row in table.rows
                ]
                for table in report.tables
            },
            "failed_total": report.failed_total,
            "failed_runs": [run.model_dump() for run in report.failed],
        },
        option=orjson.OPT_UTC_Z,
    )


def as_markdown(report: PeriodReport) -> bytes:
    """Return the report for people; foreign texts are escaped."""
    return "".join(_markdown(report)).encode()


def as_html(report: PeriodReport) -> bytes:
    """Return the report as one page that works from a disk and runs nothing."""
    return page.head(_title(report)) + "".join(_html(report)).encode() + page.FOOT


def _title(report: PeriodReport) -> str:
    first, last = report.scope.first_day, report.scope.last_day
    return f"Agent runs, {first} to {last}" if first != last else f"Agent runs, {first}"


def _markdown(report: PeriodReport) -> Iterator[str]:
    yield f"# {_title(report)}\n\nMade {moment(report.made_at)}. Days are UTC.\n"
    for table in report.tables:
        heads, rows = _words(table)
        if rows:
            yield f"\n## {table.kind.title}\n\n"
            yield f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}\n"
            for row in rows:
                yield f"| {' | '.join(map(escaped, row))} |\n"
    if report.failed:
        yield f"\n## Runs that failed: {report.failed_total:,}\n\n"
        for run in report.failed:
            yield f"- [Run {run.id}]({run.web_url}), {run.created_at:%Y-%m-%d %H:%M}: "
            yield f"{escaped(run.name)} · {escaped(_problem(run))}\n"


def _html(report: PeriodReport) -> Iterator[str]:
    yield f'<article class="md"><header><h1>{escape(_title(report))}</h1></header>'
    yield f'<p class="mut">Made {moment(report.made_at)}. Days are UTC.</p>'
    for table in report.tables:
        heads, rows = _words(table)
        if rows:
            yield f"<h2>{escape(table.kind.title)}</h2><table><thead><tr>"
            yield "".join(f"<th>{escape(head)}</th>" for head in heads)
            yield "</tr></thead><tbody>"
            for row in rows:
                yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>"
            yield "</tbody></table>"
    if report.failed:
        yield f"<h2>Runs that failed: {report.failed_total:,}</h2><ul>"
        for run in report.failed:
            yield f'<li><a href="{escape(run.web_url)}" rel="noreferrer">Run {run.id}</a>, '
            yield f"{run.created_at:%Y-%m-%d %H:%M}: {escape(run.name)} "
            yield f'<span class="mut">{escape(_problem(run))}</span></li>'
        yield "</ul>"
    yield "</article>"


def _problem(run: AgentRun) -> str:
    return one_line(run.error or reason_in_words(run.status_reason) or run.status_word, _LONGEST)


def _words(table: Table) -> tuple[list[str], list[list[str]]]:
    """Headings and rows as texts, without the columns of paths and units."""
    columns = [
        (at, column)
        for at, column in enumerate(table.kind.columns)
        if column.unit != "path" and column.name not in {"unit", "repo_id"}
    ]
    units = {column.name: at for at, column in enumerate(table.kind.columns)}
    rows: list[list[str]] = []
    for row in table.rows:
        # Each row of key figures has its own unit.
        own = row[units["unit"]] if "unit" in units else ""
        rows.append([_cell(row[at], column, str(own or "")) for at, column in columns])
    return [column.name.replace("_", " ") for _, column in columns], rows


def _cell(value: JSON, column: Column, own_unit: str) -> str:
    if column.name == "figure":
        return _FIGURES.get(str(value), str(value).replace("_", " "))
    return _word(value, column.unit or own_unit)


def _word(value: JSON, unit: str) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        sums = cast("dict[str, float]", value).items()
        return ", ".join(money(amount, currency) for currency, amount in sums)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if unit == "seconds":
            return duration(value)
        if unit == "share":
            return f"{value * _SHARE:.0f} %"
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"
    return one_line(str(value), _LONGEST)
