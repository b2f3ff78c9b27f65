"""Search in everything: steps of all runs, titles, prompts and results."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from agent_runs.api.errors import documented
from agent_runs.api.parameters import Limit, Word
from agent_runs.api.server import Running
from agent_runs.models import AgentRun
from agent_runs.schemas.search import (
    SearchFieldInfo,
    SearchFields,
    SearchGroup,
    SearchHit,
    SearchPage,
    SearchRun,
)
from agent_runs.search_query import FIELDS, parse_query
from agent_runs.store.search import search
from agent_runs.store.search.values import known_values

router = APIRouter(tags=["search"])


@router.get("/search", responses=documented())
async def search_everything(
    server: Running,
    *,
    q: Annotated[
        str,
        Query(
            description="The query, see docs/search.md. Empty: all runs.",
            examples=['tool:bash status:error "exact words" -not'],
        ),
    ] = "",
    order: Annotated[
        Literal["newest", "best"],
        Query(description="`newest` first, or the `best` of the newest 1,000 hits first."),
    ] = "newest",
    limit: Limit = 50,
    cursor: Annotated[
        Word | None, Query(description="`next_cursor` of the previous page, to get the next one.")
    ] = None,
) -> SearchPage:
    """Search steps, titles, prompts and results of all runs; hits are grouped by run.

    The `position` of a 422 says where the query cannot be understood.
    """
    query = parse_query(q, datetime.now(UTC))
    page = await search.find(
        server.database, query, order=order, limit=limit, cursor=cursor or None
    )
    hits: dict[int, list[SearchHit]] = {}
    for hit in page.hits:
        run = page.runs[hit.run_id]
        hits.setdefault(run.id, []).append(_hit(run, hit))
    return SearchPage(
        items=tuple(
            SearchGroup(run=_run(page.runs[run_id]), hits=tuple(of_run))
            for run_id, of_run in hits.items()
        ),
        total=page.total,
        total_is_capped=page.total_is_capped,
        order=page.order,
        next_cursor=page.next_cursor,
    )


@router.get("/search/fields", responses=documented())
async def list_search_fields(server: Running) -> SearchFields:
    """Return the fields of the query language and their values, for completion."""
    values = await known_values(server.database)
    return SearchFields(
        items=tuple(
            SearchFieldInfo(
                name=field.name,
                about=field.about,
                example=field.example,
                values=tuple(values[field.name]),
            )
            for field in FIELDS.values()
        )
    )


def _run(run: AgentRun) -> SearchRun:
    return SearchRun(
        id=run.id,
        name=run.name,
        title=run.name,
        status_word=run.status_word,
        status_tone=run.status_tone,
        status=run.status,
        agent=run.agent,
        repo_id=run.repo_id,
        created_at=run.created_at,
        archived=run.archived_at is not None,
        web_url=run.web_url,
    )


def _hit(run: AgentRun, hit: search.Hit) -> SearchHit:
    return SearchHit(
        seq=hit.seq,
        url=run.web_url if hit.seq is None else f"{run.web_url}?step={hit.seq}",
        created_at=hit.created_at,
        message_type=hit.message_type or None,
        tool_name=hit.tool_name,
        failed=hit.is_failed,
        snippet=hit.snippet.text,
        highlights=tuple((mark.start, mark.end) for mark in hit.snippet.marks),
    )
