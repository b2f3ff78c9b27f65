"""The command that reports: on one run, or on all runs of a period."""

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from agent_runs.cli.connection import connect
from agent_runs.cli.output import complain, say
from agent_runs.cli.runs import repo_id_of
from agent_runs.errors import InvalidRequest

if TYPE_CHECKING:
    from agent_runs import CodegenClient
    from agent_runs.filters import ExportFormat

Form = Literal["md", "html", "json", "junit"]
_OF_ONE: dict[Form, "ExportFormat"] = {
    "md": "digest",
    "html": "html",
    "json": "json",
    "junit": "junit",
}
_PERIOD = re.compile(r"([1-9][0-9]{0,3})d")


def report(
    context: typer.Context,
    run_id: Annotated[
        int | None,
        typer.Argument(
            min=1, metavar="[RUN]", help="Id of one run, to report on it instead of a period."
        ),
    ] = None,
    *,
    since: Annotated[
        str,
        typer.Option(
            metavar="7d|DATE", help="The last days up to today, or everything since a date."
        ),
    ] = "7d",
    form: Annotated[
        Form, typer.Option("--format", help="junit has a suite per run and a case per turn.")
    ] = "md",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="File to write; standard output by default."
        ),
    ] = None,
    agent: Annotated[str | None, typer.Option(help="Only runs of this agent.")] = None,
    repo: Annotated[
        str | None, typer.Option(metavar="REPO", help="Only runs in this repository (id or name).")
    ] = None,
    mode: Annotated[str | None, typer.Option(help="Only runs of this prompt template.")] = None,
) -> None:
    """Write a report on the runs of a period, or on one run.

    For one run, md is a digest that fits into a comment on a pull request, and html shows the whole
    run. Days are UTC days.
    """
    with connect(context) as client:
        query: dict[str, Any] = {"agent": agent, "mode": mode}
        query["repo_id"] = None if repo is None else repo_id_of(client, repo)
        if run_id is not None:
            text = _export(client, _OF_ONE[form], {"run_ids": [run_id]})
        elif form == "junit":
            text = _export(client, "junit", query | {"since": _first_day(since)})
        else:
            period = _PERIOD.fullmatch(since)
            length: dict[str, Any] = (
                {"days": int(period[1])} if period else {"first_day": _day(since)}
            )
            name = "markdown" if form == "md" else form
            text = client.get_report(name, **query, **length)
    if output is None:
        say(text.rstrip("\n"))
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise InvalidRequest(f"{output} cannot be written: {exc.strerror or exc}.") from exc
    complain(f"Wrote {output}.")


def _export(client: "CodegenClient", form: "ExportFormat", query: dict[str, Any]) -> str:
    with client.stream_export(form, with_archived=True, **query) as parts:
        return b"".join(parts).decode()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(f"--since {text!r}: use 7d or a date such as 2026-11-20.") from None


def _first_day(since: str) -> datetime:
    period = _PERIOD.fullmatch(since)
    if period is None:
        return datetime.combine(_day(since), time.min, UTC)
    today = datetime.combine(datetime.now(UTC).date(), time.min, UTC)
    return today - timedelta(days=int(period[1]) - 1)
