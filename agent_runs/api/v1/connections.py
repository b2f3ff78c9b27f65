"""Models, integrations, and parts of the hosted product that mean nothing on one machine."""

import shutil
from typing import Annotated

from fastapi import APIRouter, Query

from agent_runs.api.errors import documented
from agent_runs.api.server import Running
from agent_runs.api.v1.organizations import LOCAL, InOrganization, Organization, check_organization
from agent_runs.schemas.official import OrganizationSettings
from agent_runs.schemas.official_rest import (
    GenerateTokenRequest,
    GenerateTokenResponse,
    IntegrationStatus,
    ModelOption,
    ModelsResponse,
    OAuthProviderResponse,
    OrganizationIntegrationsResponse,
    ProviderModels,
)
from agent_runs.schemas.official_webhooks import Done

router = APIRouter(prefix="/v1", tags=["official: organizations"])
_ORG = "/organizations/{org_id}"

OrgId = Annotated[int, Query(description="Organization; this server has one, 1.", examples=[1])]


@router.get(
    _ORG + "/models",
    operation_id="v1_list_models",
    responses=documented(official=True),
)
async def list_models(server: Running, organization_id: Organization) -> ModelsResponse:
    """List the values for `model` of a new run; `agent:model` also takes the agent's own names."""
    if organization_id != LOCAL.id:
        return ModelsResponse.model_validate(await server.accounts.models(organization_id))
    agents = [agent for agent in await server.runs.agents() if agent.available]
    return ModelsResponse(
        providers=[
            ProviderModels(
                name=agent.title,
                models=[
                    ModelOption(label=f"{agent.title}, its own default", value=agent.name),
                    *(
                        ModelOption(label=f"{agent.title}, {model}", value=f"{agent.name}:{model}")
                        for model in agent.models
                    ),
                ],
            )
            for agent in agents
        ],
        default_model=server.settings.default_agent,
    )


@router.get(
    _ORG + "/integrations",
    operation_id="v1_list_integrations",
    dependencies=[InOrganization],
    responses=documented(official=True),
)
async def list_integrations(server: Running) -> OrganizationIntegrationsResponse:
    """List what this server works with: the command `gh`, and the agents."""
    integrations = [
        IntegrationStatus(
            integration_type="github",
            active=shutil.which("gh") is not None,
            metadata={"works_through": "the command gh"},
        )
    ]
    integrations += [
        IntegrationStatus(
            integration_type=agent.name,
            active=agent.available,
            metadata={"title": agent.title, "reason": agent.reason},
        )
        for agent in await server.runs.agents()
    ]
    return OrganizationIntegrationsResponse(
        organization_id=LOCAL.id,
        organization_name=LOCAL.name,
        integrations=integrations,
        total_active_integrations=sum(integration.active for integration in integrations),
    )


@router.get(
    _ORG + "/settings",
    operation_id="v1_get_organization_settings",
    dependencies=[InOrganization],
    responses=documented(official=True),
)
async def get_organization_settings() -> OrganizationSettings:
    """Return what the organization allows."""
    return LOCAL.settings


@router.get(
    "/mcp-providers", operation_id="v1_list_mcp_providers", responses=documented(official=True)
)
async def list_mcp_providers() -> list[OAuthProviderResponse]:
    """List identity providers for MCP servers: always empty, agents bring their own logins."""
    return []


@router.get(
    "/oauth/tokens/status", operation_id="v1_oauth_status", responses=documented(official=True)
)
async def get_oauth_status(org_id: OrgId) -> list[str]:
    """List the providers with stored tokens: always empty."""
    await check_organization(org_id)
    return []


@router.post(
    "/oauth/tokens/revoke", operation_id="v1_oauth_revoke", responses=documented(official=True)
)
async def revoke_oauth_token(
    provider: Annotated[str, Query(max_length=500, description="Name of the provider.")],
    org_id: OrgId,
) -> Done:
    """Answer that there is no token to revoke."""
    await check_organization(org_id)
    return Done(
        success=False,
        message=f"This server stores no OAuth tokens, so there was none of {provider!r} to revoke. "
        "Agents keep their own logins: log out with the agent's own command.",
    )


@router.post(
    "/slack-connect/generate-token",
    operation_id="v1_slack_token",
    responses=documented(413, official=True),
)
async def generate_slack_token(body: GenerateTokenRequest) -> GenerateTokenResponse:
    """Answer that this server has no Slack app."""
    await check_organization(body.org_id)
    return GenerateTokenResponse(
        token="",
        message="This server has no Slack app. To hear when runs end, set a webhook: "
        "POST /v1/organizations/1/webhooks/agent-run.",
        expires_in_minutes=0,
    )
