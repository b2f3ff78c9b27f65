"""Addresses that official tools and old messages link to; each redirects to the right page.

Source: the links that the official command line and web pages made.
"""

from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent_runs.dashboard.serving.access import fetch
from agent_runs.errors import AgentRunsError
from agent_runs.models import LOCAL_ORGANIZATION


async def to_run(request: Request) -> Response:
    """Redirect to a run's page, which says so if there is no such run."""
    return _to(f"/runs/{quote(request.path_params['id'], safe='')}", request)


async def to_runs(request: Request) -> Response:
    """Redirect to the list."""
    return _to("/", request)


async def to_agents(request: Request) -> Response:
    """Redirect to the agents, which this server works with."""
    return _to("/agents", request)


async def to_session(request: Request) -> Response:
    """Redirect to the run that shows a Claude Code session."""
    session_id = quote(request.path_params["session_id"], safe="")
    path = f"/v1/organizations/{LOCAL_ORGANIZATION}/claude_code/session/{session_id}"
    try:
        session = await fetch(path)
    except AgentRunsError:
        return _to(f"/runs/{session_id}", request)  # which says that there is no such run
    return _to(f"/runs/{session['agent_run_id']}", request)


def _to(path: str, request: Request) -> Response:
    query = request.url.query
    return RedirectResponse(f"{path}?{query}" if query else path, 302)


link_routes = Starlette(
    routes=[
        Route("/x/{id}", to_run),
        Route("/agent/trace/{id}", to_run),
        Route("/traces/{id}", to_run),
        Route("/claude-code/{session_id}", to_session),
        Route("/me", to_runs),
        Route("/recents", to_runs),
        Route("/integrations", to_agents),
    ]
)
