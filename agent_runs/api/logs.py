"""Entries of a run."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from agent_runs.api.errors import documented
from agent_runs.api.pages import log_page
from agent_runs.api.parameters import Limit, RunId, Skip, WantedLogs
from agent_runs.api.server import Running, json_text
from agent_runs.schemas.answers import LogCounts, LogHits
from agent_runs.schemas.official import AgentRunWithLogsResponse
from agent_runs.store.runs import logs
from agent_runs.store.search import in_one_run

router = APIRouter(tags=["logs"])

SearchText = Annotated[
    str, Query(min_length=1, max_length=500, description="What to look for.", examples=["error"])
]
Reverse = Annotated[bool, Query(description="True starts with the newest entry.")]


@router.get(
    "/agent_runs/{id}/logs", response_model=AgentRunWithLogsResponse, responses=documented(404)
)
async def list_logs(
    server: Running,
    *,
    run_id: RunId,
    wanted: WantedLogs,
    skip: Skip = 0,
    limit: Limit = 100,
    reverse: Reverse = False,
) -> Response:
    """Return a run with one page of its entries, oldest first.

    Entries never change and are numbered without gaps from 0 (`seq`), so `skip` set to the number
    of entries that you have gives exactly what you have not. The entries of a hosted run that are
    not here yet are brought in first, for at most 15 s.
    """
    await server.open_hosted(run_id)
    body = await log_page(
        server.database, run_id=run_id, wanted=wanted, skip=skip, limit=limit, reverse=reverse
    )
    return json_text(body)


@router.get("/agent_runs/{id}/logs/counts", responses=documented(404))
async def count_logs(server: Running, run_id: RunId) -> LogCounts:
    """Count a run's entries by kind and by tool."""
    counts = await logs.counts(server.database, run_id)
    return LogCounts(**counts._asdict())


@router.get("/agent_runs/{id}/logs/search", responses=documented(404))
async def search_logs(
    server: Running,
    *,
    run_id: RunId,
    q: SearchText,
    wanted: WantedLogs,
    regex: Annotated[
        bool, Query(description="True takes `q` as a regular expression, with a time limit.")
    ] = False,
    context: Annotated[
        int, Query(ge=0, le=100, description="Neighbours of hits in `around`, on each side.")
    ] = 0,
) -> LogHits:
    """Find a text in all entries of a run, as it stands and whatever its case, or a pattern.

    The filters say which entries count as hits; `around` has their neighbours whatever the filters.
    A pattern that cannot be read, or takes more than two seconds, is a 422 with `position`.
    """
    found = await in_one_run.find(
        server.database, run_id, q, is_regex=regex, filter=wanted, context=context
    )
    return LogHits(total=found.total, seqs=found.seqs, around=[list(pair) for pair in found.around])
