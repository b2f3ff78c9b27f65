"""Agents and prompt templates that this server knows."""

from fastapi import APIRouter

from agent_runs.api.errors import documented
from agent_runs.api.server import Running
from agent_runs.schemas.answers import Agents, Templates

router = APIRouter(tags=["agents"])


@router.get("/agents", responses=documented())
async def list_agents(server: Running) -> Agents:
    """Return the agents, what is installed of each, and why an agent cannot be used."""
    agents = await server.runs.agents()
    return Agents(
        items=sorted(agents, key=lambda agent: not agent.available),
        default=server.settings.default_agent,
    )


@router.get("/templates", responses=documented())
async def list_templates(server: Running) -> Templates:
    """Return the prompt templates, which are the modes of `POST /create_agent_run`."""
    return Templates(items=[mode for _, mode in sorted(server.runs.templates.items())])
