"""Runs as files, sent while they are read: one run, some, or all that match a filter."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from agent_runs.api.errors import documented
from agent_runs.api.parameters import RunFilterQuery, RunId, Word
from agent_runs.api.server import Running, Server
from agent_runs.exports import objects
from agent_runs.exports.formats import FORMATS
from agent_runs.exports.reader import ExportedRun, RunReader
from agent_runs.filters import ExportFormat
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.search_query import parse_query
from agent_runs.store.search import search as stored_search

router = APIRouter(tags=["exports"])

_MOST_IDS = 1000
Format = Annotated[
    ExportFormat,
    Query(
        description="`jsonl`: complete, can be imported; `json`: one object; `csv`: a row per "
        "entry; `csv-runs`: a row per run; `markdown`; `html`: one page to keep; `otlp`: "
        "OpenTelemetry spans, lines for `/v1/traces` of a collector; `otlp-content`: with texts; "
        "`digest`: a screen of Markdown for a pull request; `junit`: XML, a case per turn."
    ),
]
Ids = Annotated[
    list[Annotated[int, Query(ge=1, le=LARGEST_ID)]] | None,
    Query(
        alias="id",
        max_length=_MOST_IDS,
        description="Only these runs, whatever the filters say; repeatable.",
    ),
]


def _file(*, one: bool) -> dict[int | str, dict[str, Any]]:
    fields = "`run`, `turns`, `permissions`, `diff` and `logs`." if one else "`runs`, in full."
    required = ["run", "turns", "permissions", "diff", "logs"] if one else ["runs"]
    texts = {
        "application/x-ndjson": "One JSON object a line.",
        "text/csv": "Rows under one row of headings.",
        "text/markdown": "Headings per run, turn and step.",
        "text/html": "A page without scripts.",
        "application/xml": "JUnit XML, a suite per run and a case per turn.",
    }
    content: dict[str, Any] = {
        media: {"schema": {"type": "string", "description": text}} for media, text in texts.items()
    }
    content["application/json"] = {
        "schema": {"type": "object", "description": fields, "required": required}
    }
    return {200: {"description": "The file.", "content": content}}


@router.get(
    "/agent_runs/{id}/export",
    response_class=Response,
    responses=documented(404) | _file(one=True),
)
async def export_agent_run(
    server: Running,
    run_id: RunId,
    format: Format = "jsonl",  # noqa: A002 - the query's word
) -> Response:
    """Return a run and everything that belongs to it as a file, entries oldest first."""
    reader = _reader(server)
    run = await reader.one(run_id)
    if format == "json":
        return _download(objects.write_one(run), format, f"agent-run-{run_id}")
    parts = FORMATS[format].write(_only(run), await reader.server_id(), run.run.name)
    return _download(parts, format, f"agent-run-{run_id}")


@router.get("/exports", response_class=Response, responses=documented(404) | _file(one=False))
async def export_agent_runs(
    server: Running,
    run_filter: RunFilterQuery,
    ids: Ids = None,
    *,
    search: Annotated[
        Word | None,
        Query(
            max_length=10_000,
            description="Only runs with hits of this search, see docs/search.md; in place of the "
            "filters.",
            examples=["tool:bash status:error"],
        ),
    ] = None,
    with_archived: Annotated[bool, Query(description="`true` includes archived runs.")] = False,
    format: Format = "jsonl",  # noqa: A002 - the query's word
) -> Response:
    """Return many runs as one file, chosen by ids, a search or filters."""
    reader = _reader(server)
    if ids:
        runs = await reader.listed(ids)
    elif search:
        query = parse_query(search, datetime.now(UTC))
        runs = reader.of_hits(stored_search.every(server.database, query))
    else:
        runs = reader.matching(replace(run_filter, archived=None) if with_archived else run_filter)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    parts = FORMATS[format].write(runs, await reader.server_id(), f"Agent runs, {today}")
    return _download(parts, format, f"agent-runs-{today}")


def _reader(server: Server) -> RunReader:
    return RunReader(server.database, server.runs.diff)


async def _only(run: ExportedRun) -> AsyncIterator[ExportedRun]:
    yield run


def _download(parts: AsyncIterator[bytes], name: ExportFormat, file: str) -> Response:
    form = FORMATS[name]
    disposition = f'attachment; filename="{file}.{form.ending}"'
    return StreamingResponse(
        parts, media_type=form.media, headers={"Content-Disposition": disposition}
    )
