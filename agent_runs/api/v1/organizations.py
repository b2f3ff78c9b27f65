"""The organizations of this server, local and hosted, and checks that a path names one of them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from agent_runs.api.errors import documented
from agent_runs.api.server import Running
from agent_runs.api.v1.paging import Paging
from agent_runs.errors import Forbidden
from agent_runs.models import LOCAL_ORGANIZATION
from agent_runs.schemas.official import OrganizationPage, OrganizationResponse, OrganizationSettings
from agent_runs.store.hosted import organizations as hosted_organizations
from agent_runs.store.hosted.organizations import HostedOrganization

router = APIRouter(prefix="/v1", tags=["official: organizations"])

LOCAL = OrganizationResponse(
    id=LOCAL_ORGANIZATION,
    name="Local",
    settings=OrganizationSettings(enable_pr_creation=True, enable_rules_detection=True),
)


async def check_organization(
    org_id: Annotated[
        int,
        Path(description="Organization; this server's own is 1.", examples=[LOCAL_ORGANIZATION]),
    ],
) -> None:
    """Let only this server's own organization pass.

    Raises:
        Forbidden: the path names another one.
    """
    if org_id != LOCAL_ORGANIZATION:
        raise Forbidden(
            f"You have no access to organization {org_id}. This server's own organization is "
            f"{LOCAL_ORGANIZATION} ({LOCAL.name}): set CODEGEN_ORG_ID={LOCAL_ORGANIZATION}."
        )


async def visible_organization(
    server: Running,
    org_id: Annotated[
        int,
        Path(
            description="Organization: 1 is this server's own and shows all runs; a hosted "
            "organization that is mirrored here shows its own runs.",
            examples=[LOCAL_ORGANIZATION],
        ),
    ],
) -> int:
    """Let this server's own organization and the hosted ones pass.

    Raises:
        Forbidden: the path names another one.
    """
    if org_id != LOCAL_ORGANIZATION:
        hosted = await hosted_organizations.list_(server.database)
        if org_id not in {organization.id for organization in hosted}:
            await check_organization(org_id)
    return org_id


InOrganization = Depends(check_organization)
Organization = Annotated[int, Depends(visible_organization)]


@router.get(
    "/organizations", operation_id="v1_list_organizations", responses=documented(official=True)
)
async def list_organizations(server: Running, paging: Paging) -> OrganizationPage:
    """List the organizations that the token can use: this server's own first, then hosted ones."""
    skip, limit = paging
    hosted = await hosted_organizations.list_(server.database)
    organizations = [LOCAL, *map(_shown, hosted)]
    return OrganizationPage.of(organizations[skip : skip + limit], len(organizations), skip, limit)


def _shown(hosted: HostedOrganization) -> OrganizationResponse:
    return OrganizationResponse(
        id=hosted.id, name=hosted.name, settings=OrganizationSettings(enable_pr_creation=True)
    )
