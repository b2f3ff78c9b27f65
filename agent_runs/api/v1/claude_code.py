"""Claude Code sessions in a terminal, as `codegen claude` reports them on unpublished paths."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AfterValidator

from agent_runs.api.errors import documented
from agent_runs.api.server import Running
from agent_runs.api.v1.organizations import InOrganization
from agent_runs.models import LOCAL_ORGANIZATION, AgentRun
from agent_runs.runs import claude_sessions
from agent_runs.schemas.fields import check_text
from agent_runs.schemas.official_rest import (
    ClaudeSession,
    ClaudeSessionLine,
    ClaudeSessionResponse,
    ClaudeSessionStatus,
)

router = APIRouter(
    prefix="/v1/organizations/{org_id}/claude_code",
    tags=["official: Claude Code sessions"],
    dependencies=[InOrganization],
)

SessionId = Annotated[
    str,
    AfterValidator(check_text),
    Path(
        min_length=1,
        max_length=200,
        description="Id of the session, as Claude Code gave it.",
        examples=["5f0c1c2e-8a52-4d0e-9b5c-0d6f7a0f3a11"],
    ),
]


@router.post(
    "/session", operation_id="v1_open_claude_session", responses=documented(413, official=True)
)
async def open_session(server: Running, body: ClaudeSession) -> ClaudeSessionResponse:
    """Open a run for a session; a session always gets the same run."""
    run = await claude_sessions.open_session(server.database, LOCAL_ORGANIZATION, body.session_id)
    return _shown(run)


@router.get(
    "/session/{session_id}",
    operation_id="v1_get_claude_session",
    responses=documented(404, official=True),
)
async def get_session(server: Running, session_id: SessionId) -> ClaudeSessionResponse:
    """Return the run that shows a session."""
    return _shown(
        await claude_sessions.find_session(server.database, LOCAL_ORGANIZATION, session_id)
    )


@router.post(
    "/session/{session_id}/status",
    operation_id="v1_set_claude_session_status",
    responses=documented(404, 413, official=True),
)
async def set_session_status(
    server: Running, session_id: SessionId, body: ClaudeSessionStatus
) -> ClaudeSessionResponse:
    """Set the run's status to the session's; ACTIVE after an end begins a new turn."""
    run = await claude_sessions.set_status(
        server.database, LOCAL_ORGANIZATION, session_id, body.status
    )
    return _shown(run)


@router.post(
    "/session/{session_id}/log",
    operation_id="v1_add_claude_session_line",
    responses=documented(404, 413, official=True),
)
async def add_session_line(
    server: Running, session_id: SessionId, body: ClaudeSessionLine
) -> ClaudeSessionResponse:
    """Add one line of the session's file to the run, as entries."""
    run = await claude_sessions.add_line(server.database, LOCAL_ORGANIZATION, session_id, body.log)
    return _shown(run)


def _shown(run: AgentRun) -> ClaudeSessionResponse:
    return ClaudeSessionResponse(agent_run_id=run.id, status=run.status)
