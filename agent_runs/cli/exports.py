"""The command that writes runs to files: export."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runs.cli import exits, late
from agent_runs.cli.connection import connect
from agent_runs.cli.output import complain
from agent_runs.errors import InvalidRequest
from agent_runs.filters import ExportFormat

if TYPE_CHECKING:
    from agent_runs import CodegenClient

RunIds = Annotated[
    list[int] | None,
    typer.Argument(min=1, metavar="[RUN]...", help="Ids of runs; all runs by default."),
]


def export(
    context: typer.Context,
    run_ids: RunIds = None,
    *,
    form: Annotated[
        ExportFormat, typer.Option("--format", help="jsonl is complete and can be imported again.")
    ] = "jsonl",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="File; standard output by default."),
    ] = None,
    status: Annotated[
        list[str] | None, typer.Option(help="Only runs with this status; repeatable.")
    ] = None,
    agent: Annotated[str | None, typer.Option(help="Only runs of this agent.")] = None,
    q: Annotated[
        str | None,
        typer.Option("--q", metavar="WORDS", help="Only runs with these words in their texts."),
    ] = None,
    search: Annotated[
        str | None, typer.Option(metavar="QUERY", help="Only runs that this search finds.")
    ] = None,
    archived: Annotated[
        bool, typer.Option("--archived", help="Archived runs instead of the others.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Archived runs, too.")] = False,
    otlp: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Send spans to this OpenTelemetry collector instead."),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Header for the collector; repeatable. [OTEL_EXPORTER_OTLP_HEADERS]",
        ),
    ] = None,
    content: Annotated[
        bool,
        typer.Option("--content", help="Put prompts, answers, arguments and results into spans."),
    ] = False,
) -> None:
    """Export runs, with everything that belongs to them, to a file.

    csv has a row per entry, csv-runs a row per run. html is one page that works without a server.
    """
    is_filtered = bool(status or agent or q or archived)
    if bool(run_ids) + bool(search) + is_filtered > 1:
        raise InvalidRequest("Give ids, --search or filters: only one of them can choose the runs.")
    query: dict[str, Any] = {"run_ids": run_ids or (), "search": search, "with_archived": every}
    query |= {"status": status, "agent": agent, "q": q, "archived": True if archived else None}
    with connect(context) as client:
        if otlp is not None:
            form = "otlp-content" if content else "otlp"
            _send(client, otlp, _headers(header), form, query)
        elif output is not None:
            client.export_agent_runs(output, form, **query)
            complain(f"Wrote {output}, {output.stat().st_size:,} bytes.")
        else:
            _print(client, form, query)


def _send(
    client: "CodegenClient",
    url: str,
    headers: dict[str, str],
    form: ExportFormat,
    query: dict[str, Any],
) -> None:
    with client.stream_export(form, **query) as parts:
        sent = late.otlp.send_spans(parts, url, headers)
    complain(f"Sent {sent.spans:,} spans to {url}.")
    if sent.rejected:
        reason = sent.message or "it gave no reason"
        complain(f"The collector rejected {sent.rejected:,} of them: {reason}.")
        raise typer.Exit(exits.FAILED)


def _headers(pairs: Sequence[str] | None) -> dict[str, str]:
    headers = late.otlp.headers_of(os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", ""))
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise InvalidRequest(f"--header {pair!r}: use NAME=VALUE.")
        headers[name] = value
    return headers


def _print(client: "CodegenClient", form: ExportFormat, query: dict[str, Any]) -> None:
    if sys.stdout.isatty():
        # Raw text of agents must not reach a terminal.
        raise InvalidRequest("Name a file with --output FILE, or redirect the output with > or |.")
    sys.stdout.flush()
    with client.stream_export(form, **query) as parts:
        for part in parts:
            sys.stdout.buffer.write(part)
    sys.stdout.buffer.flush()
