"""Entries of a run."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from agent_runs.api.errors import documented
from agent_runs.api.pages import log_page
from agent_runs.api.parameters import Limit, LogFilterQuery, RunId, Skip
from agent_runs.api.server import Running, json_text
from agent_runs.schemas.answers import LogCounts, LogHits
from agent_runs.schemas.official import AgentRunWithLogsResponse
from agent_runs.store.runs import logs
from agent_runs.store.search import in_one_run

router = APIRouter(tags=["logs"])

SearchText = Annotated[
    str, Query(min_length=1, max_length=500, description="Text to find.", examples=["error"])
]
Reverse = Annotated[bool, Query(description="`true` starts with the newest entry.")]


@router.get(
    "/agent_runs/{id}/logs", response_model=AgentRunWithLogsResponse, responses=documented(404)
)
async def list_logs(
    server: Running,
    *,
    run_id: RunId,
    log_filter: LogFilterQuery,
    skip: Skip = 0,
    limit: Limit = 100,
    reverse: Reverse = False,
) -> Response:
    """Return a run with one page of its entries, oldest first.

    Entries never change and are numbered from 0 without gaps (`seq`). Set `skip` to the number of
    entries that you have, and you get exactly the others. If entries of a hosted run are missing
    here, they are fetched first, for at most 15 s.
    """
    await server.open_hosted(run_id)
    body = await log_page(
        server.database, run_id, log_filter, skip=skip, limit=limit, reverse=reverse
    )
    return json_text(body)


@router.get("/agent_runs/{id}/logs/counts", responses=documented(404))
async def count_logs(server: Running, run_id: RunId) -> LogCounts:
    """Count a run's entries by type and by tool."""
    counts = await logs.counts(server.database, run_id)
    return LogCounts(**counts._asdict())


@router.get("/agent_runs/{id}/logs/search", responses=documented(404))
async def search_logs(
    server: Running,
    *,
    run_id: RunId,
    q: SearchText,
    log_filter: LogFilterQuery,
    regex: Annotated[
        bool, Query(description="`true` takes `q` as a regular expression, with a time limit.")
    ] = False,
    context: Annotated[
        int, Query(ge=0, le=100, description="Neighbours of hits in `around`, on each side.")
    ] = 0,
) -> LogHits:
    """Search all entries of a run for a text (in any case) or a pattern.

    Only entries that match the filters are hits; the neighbours in `around` need not match. A
    pattern that is invalid, or takes more than two seconds, is a 422 with `position`.
    """
    hits = await in_one_run.find(
        server.database, run_id, q, is_regex=regex, filter=log_filter, context=context
    )
    return LogHits(total=hits.total, seqs=tuple(hits.seqs), around=tuple(hits.around))
