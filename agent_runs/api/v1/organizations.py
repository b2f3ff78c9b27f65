"""The organizations of this server, its own and hosted ones, and checks that a path names one."""

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
    """Let only the organization of this server pass.

    Raises:
        Forbidden: the path names another.
    """
    if org_id != LOCAL_ORGANIZATION:
        raise Forbidden(
            f"You have no access to organization {org_id}: this server's own is "
            f"{LOCAL_ORGANIZATION} ({LOCAL.name}). Set CODEGEN_ORG_ID={LOCAL_ORGANIZATION}."
        )


async def known_organization(
    server: Running,
    org_id: Annotated[
        int,
        Path(
            description="Organization: 1 is this server's own and shows all its runs, a hosted one "
            "that is mirrored here shows its own.",
            examples=[LOCAL_ORGANIZATION],
        ),
    ],
) -> int:
    """Let the organization of this server and the hosted ones pass.

    Raises:
        Forbidden: the path names another.
    """
    if org_id != LOCAL_ORGANIZATION:
        hosted = await hosted_organizations.list_(server.database)
        if org_id not in {each.id for each in hosted}:
            await check_organization(org_id)
    return org_id


InOrganization = Depends(check_organization)
Organization = Annotated[int, Depends(known_organization)]


@router.get(
    "/organizations", operation_id="v1_list_organizations", responses=documented(official=True)
)
async def list_organizations(server: Running, paging: Paging) -> OrganizationPage:
    """List the organizations that the token can use: this server's own, then hosted ones."""
    skip, limit = paging
    hosted = await hosted_organizations.list_(server.database)
    found = [LOCAL, *(_shown(each) for each in hosted)]
    return OrganizationPage(
        items=found[skip : skip + limit],
        total=len(found),
        page=skip // limit + 1,
        size=limit,
        pages=-(-len(found) // limit),
    )


def _shown(hosted: HostedOrganization) -> OrganizationResponse:
    return OrganizationResponse(
        id=hosted.id, name=hosted.name, settings=OrganizationSettings(enable_pr_creation=True)
    )
