"""The health of the server, and its user."""

from fastapi import APIRouter

from agent_runs import __version__
from agent_runs.api.errors import documented
from agent_runs.api.hosted import in_short
from agent_runs.api.server import Running
from agent_runs.models import AgentRunStatus
from agent_runs.schemas.answers import Configured, Health, RunLoad
from agent_runs.schemas.official import UserResponse
from agent_runs.settings import Settings
from agent_runs.store.runs import runs

router = APIRouter(tags=["server"])

LOCAL_USER = UserResponse(
    id=1,
    email=None,
    github_user_id="",
    github_username="local",
    avatar_url=None,
    full_name="Local user",
    role="ADMIN",
    is_admin=True,
)
_WAITING = {AgentRunStatus.PENDING}
_WORKING = {AgentRunStatus.ACTIVE, AgentRunStatus.EVALUATION, AgentRunStatus.PAUSED}


@router.get("/health", responses=documented())
async def get_health(server: Running) -> Health:
    """Return whether the server is healthy and what is configured; needs no token."""
    counts = (await runs.counts(server.database)).by_status
    settings = server.settings
    return Health(
        status="ok",
        service="agent_runs",
        version=__version__,
        database=server.database.dialect,
        configured=Configured(
            api_token=settings.codegen_api_token is not None,
            org_id=settings.codegen_org_id is not None,
            base_url=settings.codegen_base_url != Settings.model_fields["codegen_base_url"].default,
        ),
        agents_available=[agent.name for agent in await server.runs.agents() if agent.available],
        runs=RunLoad(
            active=sum(counts.get(status, 0) for status in _WORKING),
            pending=sum(counts.get(status, 0) for status in _WAITING),
        ),
        hosted=[in_short(state) for state in await server.accounts.states()],
    )


@router.get("/users/me", responses=documented())
async def get_current_user() -> UserResponse:
    """Return the local user, who owns every run."""
    return LOCAL_USER
