"""Path and query parameters that several routes share."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import Depends, Header, Path, Query
from pydantic import AfterValidator

from agent_runs.api.pages import LARGEST_LIMIT, LARGEST_PAGE, LARGEST_SKIP
from agent_runs.filters import LogFilter, Measured, RunFilter
from agent_runs.models import SourceType
from agent_runs.reading.source import surface_of
from agent_runs.reading.status import parse_status
from agent_runs.schemas.fields import LARGEST_ID, check_text

RunId = Annotated[
    int,
    Path(
        alias="id",
        ge=1,
        le=LARGEST_ID,
        description="Id of the run, a whole number.",
        examples=[1],
    ),
]
Page = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Number of the page, from 1.")]
Limit = Annotated[int, Query(ge=1, le=LARGEST_LIMIT, description="Items to return, 1 to 100.")]
Skip = Annotated[int, Query(ge=0, le=LARGEST_SKIP, description="Items to skip first.")]
Word = Annotated[str, AfterValidator(check_text)]


def _with_zone(moment: datetime) -> datetime:
    """A time without a zone is UTC, as in every response."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_with_zone)]
UserId = Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only this user's runs.")]


StartedFrom = Annotated[
    SourceType | None, Query(description="Only runs that were started from this source.")
]
WithFigure = Annotated[
    Measured | None, Query(description="Only ended runs that have this figure in analytics.")
]
OfOrganization = Annotated[
    int | None,
    Query(ge=1, le=LARGEST_ID, description="Only this organization's runs; 1 is this machine's."),
]
Since = Annotated[
    Moment | None, Query(description="Only runs created at this time or later, ISO-8601.")
]
Until = Annotated[Moment | None, Query(description="Only runs created before this time, ISO-8601.")]
RepoId = Annotated[
    int | None, Query(ge=1, le=LARGEST_ID, description="Only runs in this repository.")
]
RequestKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="A key that you choose: within a day, the same request with the same key is "
        "carried out once and returns the same run. Another request with that key is a 422.",
    ),
]


async def _surface(
    user_agent: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> str | None:
    return surface_of(user_agent)


Surface = Annotated[str | None, Depends(_surface)]
"""Which of this program's own surfaces sent the request; None for other programs."""


async def run_filter(
    *,
    status: Annotated[
        list[Word] | None,
        Query(
            max_length=20,
            description="Only runs with one of these statuses, in any case; repeatable.",
            examples=[["ACTIVE"]],
        ),
    ] = None,
    agent: Annotated[Word | None, Query(description="Only runs of this agent.")] = None,
    source_type: StartedFrom = None,
    repo_id: RepoId = None,
    q: Annotated[
        Word | None,
        Query(max_length=200, description="Only runs with these words in title, prompt or result."),
    ] = None,
    since: Since = None,
    until: Until = None,
    organization_id: OfOrganization = None,
    archived: Annotated[
        bool | Literal["any"],
        Query(description="`true` lists the archived runs, `false` the others, `any` both."),
    ] = False,
    mode: Annotated[
        Word | None, Query(max_length=500, description="Only runs of this prompt template.")
    ] = None,
    tool: Annotated[
        Word | None, Query(max_length=200, description="Only runs that called this tool.")
    ] = None,
    failed_tool: Annotated[
        Word | None, Query(max_length=200, description="Only runs in which this tool failed.")
    ] = None,
    error: Annotated[
        Word | None,
        Query(max_length=500, description="Only runs that met this error, as analytics names it."),
    ] = None,
    measured: WithFigure = None,
) -> RunFilter:
    """Return the filter that the query describes."""
    return RunFilter(
        organization_id=organization_id,
        status=tuple(parse_status(word) for word in status or ()),
        agent=agent or None,
        source_type=source_type,
        repo_id=repo_id,
        text=q or None,
        since=since,
        until=until,
        archived=None if archived == "any" else archived,
        mode=mode or None,
        tool=tool or None,
        failed_tool=failed_tool or None,
        error=error or None,
        measured=measured,
    )


async def log_filter(
    *,
    message_type: Annotated[
        list[Word] | None,
        Query(
            max_length=50,
            description="Only entries of one of these types; repeatable.",
            examples=[["ACTION"]],
        ),
    ] = None,
    tool_name: Annotated[
        list[Word] | None,
        Query(max_length=50, description="Only entries of one of these tools; repeatable."),
    ] = None,
    turn: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="Only entries of this turn.")
    ] = None,
    failed: Annotated[
        bool, Query(description="`true` lists only failed tool calls and ERROR entries.")
    ] = False,
) -> LogFilter:
    """Return the filter that the query describes."""
    return LogFilter(
        message_type=tuple(message_type or ()),
        tool_name=tuple(tool_name or ()),
        turn=turn,
        failed=failed,
    )


RunFilterQuery = Annotated[RunFilter, Depends(run_filter)]
LogFilterQuery = Annotated[LogFilter, Depends(log_filter)]
