"""Runs in the official paths and shapes.

Items have all official fields, never null where null breaks an official client, and our own
fields. Source: the official OpenAPI document of 2026-02.
"""

import dataclasses
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Response

from agent_runs.api.errors import documented
from agent_runs.api.logs import Reverse
from agent_runs.api.pages import log_page, official_run_page
from agent_runs.api.parameters import LogFilterQuery, RequestKey, RunFilterQuery, Surface, UserId
from agent_runs.api.server import Running, Server, json_text
from agent_runs.api.v1.organizations import Organization, visible_organization
from agent_runs.api.v1.paging import Paging
from agent_runs.api.v1.webhooks import checked_webhooks
from agent_runs.models import LOCAL_ORGANIZATION, AgentRun
from agent_runs.runs import NewRun
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.schemas.official import (
    AgentRunPage,
    AgentRunWithLogsResponse,
    CreateAgentRunInput,
    ResumeAgentRunInput,
    StopAgentRunInput,
)
from agent_runs.store.runs import runs

router = APIRouter(
    prefix="/v1", tags=["official: agent runs"], dependencies=[Depends(visible_organization)]
)

CLAUDE_CLIENT = "codegen__claude_code"
_CLAUDE = "claude"
_RUN = "/organizations/{org_id}/agent/run"

AgentRunId = Annotated[
    int, Path(ge=1, le=LARGEST_ID, description="Id of the run, a whole number.", examples=[1])
]


@router.post(
    _RUN,
    response_model=AgentRun,
    operation_id="v1_create_agent_run",
    responses=documented(402, 404, 413, official=True),
)
async def create_agent_run(
    server: Running,
    body: CreateAgentRunInput,
    *,
    organization_id: Organization,
    surface: Surface,
    key: RequestKey = None,
    x_codegen_client: Annotated[
        str | None,
        Header(description=f"`{CLAUDE_CLIENT}` chooses Claude Code, as `agent_type` does."),
    ] = None,
) -> Response:
    """Create a run: here for organization 1, otherwise in that hosted organization."""
    is_hosted = organization_id != LOCAL_ORGANIZATION
    wants_claude = body.agent_type == "claude_code" or x_codegen_client == CLAUDE_CLIENT
    agent, model = body.agent, body.model
    if agent is None and not is_hosted:
        agent, model = await _named_by_model(server, model)
    if agent is None and wants_claude and not is_hosted and await _is_available(server, _CLAUDE):
        agent = _CLAUDE
    webhooks = await checked_webhooks(server, body.webhooks)
    run = await server.runs.create(
        NewRun(
            prompt=body.prompt,
            images=tuple(body.images or ()),
            metadata=body.metadata or {},
            agent=agent,
            repo_id=body.repo_id,
            model=model,
            permission_policy=body.permission_policy,
            title=body.title,
            mode=body.mode,
            # 1 is the whole server, so other parts of the request decide where it works.
            organization_id=organization_id if is_hosted else None,
            provider=body.provider,
            agent_type=body.agent_type,
            surface=surface,
            key=key,
            webhooks=webhooks,
        )
    )
    return json_text(await runs.text(server.database, run.id))


@router.get(
    "/organizations/{org_id}/agent/runs",
    response_model=AgentRunPage,
    operation_id="v1_list_agent_runs",
    responses=documented(official=True),
)
async def list_agent_runs(
    server: Running,
    *,
    organization_id: Organization,
    run_filter: RunFilterQuery,
    paging: Paging,
    user_id: UserId = None,
) -> Response:
    """List runs, newest first: those of a hosted organization, or all on this server."""
    skip, limit = paging
    run_filter = dataclasses.replace(run_filter, user_id=user_id)
    if organization_id != LOCAL_ORGANIZATION:
        run_filter = dataclasses.replace(run_filter, organization_id=organization_id)
    return json_text(
        await official_run_page(server.database, run_filter=run_filter, skip=skip, limit=limit)
    )


@router.post(
    _RUN + "/resume",
    response_model=AgentRun,
    operation_id="v1_resume_agent_run",
    responses=documented(404, 409, 413, official=True),
)
@router.post(
    "/beta" + _RUN + "/resume",
    response_model=AgentRun,
    operation_id="v1_beta_resume_agent_run",
    responses=documented(404, 409, 413, official=True),
)
async def resume_agent_run(
    server: Running, body: ResumeAgentRunInput, key: RequestKey = None
) -> Response:
    """Give a run that has ended a new prompt; 409 if it is still working."""
    await server.runs.resume(
        body.agent_run_id,
        body.prompt,
        images=tuple(body.images or ()),
        model=body.model,
        permission_policy=body.permission_policy,
        webhooks=await checked_webhooks(server, body.webhooks),
        key=key,
    )
    return json_text(await runs.text(server.database, body.agent_run_id))


@router.post(
    _RUN + "/ban",
    response_model=AgentRun,
    operation_id="v1_ban_agent_run",
    responses=documented(404, 413, official=True),
)
async def ban_agent_run(server: Running, body: StopAgentRunInput) -> Response:
    """Stop a run and mute it: it sends no more webhooks, not even about this end."""
    await server.runs.mark(body.agent_run_id, "ban")
    return json_text(await runs.text(server.database, body.agent_run_id))


@router.post(
    _RUN + "/remove-from-pr",
    response_model=AgentRun,
    operation_id="v1_remove_from_pr",
    responses=documented(404, 413, official=True),
)
async def remove_agent_run_from_pr(server: Running, body: StopAgentRunInput) -> Response:
    """Stop a run and mute it, as a ban does; a hosted run leaves its pull request alone."""
    await server.runs.mark(body.agent_run_id, "remove-from-pr")
    return json_text(await runs.text(server.database, body.agent_run_id))


@router.post(
    _RUN + "/unban",
    response_model=AgentRun,
    operation_id="v1_unban_agent_run",
    responses=documented(404, 413, official=True),
)
async def unban_agent_run(server: Running, body: StopAgentRunInput) -> Response:
    """Let a run send webhooks again; to continue it, resume it."""
    await server.runs.mark(body.agent_run_id, "unban")
    return json_text(await runs.text(server.database, body.agent_run_id))


@router.post(
    "/beta" + _RUN + "/stop",
    response_model=AgentRun,
    operation_id="v1_beta_stop_agent_run",
    responses=documented(404, 413, official=True),
)
@router.post(
    _RUN + "/stop",
    response_model=AgentRun,
    operation_id="v1_stop_agent_run",
    responses=documented(404, 413, official=True),
)
async def stop_agent_run(server: Running, body: StopAgentRunInput) -> Response:
    """Stop a run; webhooks are sent as for any other end."""
    await server.runs.stop(body.agent_run_id)
    return json_text(await runs.text(server.database, body.agent_run_id))


@router.get(
    _RUN + "/{agent_run_id}",
    response_model=AgentRun,
    operation_id="v1_get_agent_run",
    responses=documented(404, official=True),
)
async def get_agent_run(server: Running, agent_run_id: AgentRunId) -> Response:
    """Return one run with its full result."""
    return json_text(await runs.text(server.database, agent_run_id))


@router.get(
    _RUN + "/{agent_run_id}/logs",
    response_model=AgentRunWithLogsResponse,
    operation_id="v1_list_logs",
    responses=documented(404, official=True),
)
@router.get(
    "/alpha" + _RUN + "/{agent_run_id}/logs",
    response_model=AgentRunWithLogsResponse,
    operation_id="v1_alpha_list_logs",
    responses=documented(404, official=True),
)
async def list_logs(
    server: Running,
    *,
    agent_run_id: AgentRunId,
    log_filter: LogFilterQuery,
    paging: Paging,
    reverse: Reverse = False,
) -> Response:
    """Return a run with one page of its entries, oldest first unless reversed."""
    skip, limit = paging
    await server.open_hosted(agent_run_id)
    body = await log_page(
        server.database, agent_run_id, log_filter, skip=skip, limit=limit, reverse=reverse
    )
    return json_text(body)


async def _named_by_model(server: Server, model: str | None) -> tuple[str | None, str | None]:
    """Return `(agent, model)`: `agent` and `agent:model` name an agent, anything else a model."""
    name, _, rest = (model or "").partition(":")
    if any(agent.name == name for agent in await server.runs.agents()):
        return name, rest or None
    return None, model


async def _is_available(server: Server, name: str) -> bool:
    return any(agent.name == name and agent.available for agent in await server.runs.agents())
