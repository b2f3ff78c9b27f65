"""The one organization of this server, and the check that a path names it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from agent_runs.api.errors import documented
from agent_runs.api.v1.paging import Paging
from agent_runs.errors import Forbidden
from agent_runs.schemas.official import OrganizationPage, OrganizationResponse, OrganizationSettings

router = APIRouter(prefix="/v1", tags=["official: organizations"])

LOCAL_ID = 1
LOCAL = OrganizationResponse(
    id=LOCAL_ID,
    name="Local",
    settings=OrganizationSettings(enable_pr_creation=True, enable_rules_detection=True),
)


async def check_organization(
    org_id: Annotated[
        int, Path(description="Organization; this server has one, 1.", examples=[LOCAL_ID])
    ],
) -> None:
    """Let only the organization of this server pass.

    Raises:
        Forbidden: the path names another.
    """
    if org_id != LOCAL_ID:
        raise Forbidden(
            f"You have no access to organization {org_id}: this server has one, {LOCAL_ID} "
            f"({LOCAL.name}). Set CODEGEN_ORG_ID={LOCAL_ID}."
        )


InOrganization = Depends(check_organization)


@router.get(
    "/organizations", operation_id="v1_list_organizations", responses=documented(official=True)
)
async def list_organizations(paging: Paging) -> OrganizationPage:
    """List the organizations that the token can use."""
    skip, limit = paging
    return OrganizationPage(
        items=[LOCAL][skip : skip + limit],
        total=1,
        page=skip // limit + 1,
        size=limit,
        pages=1,
    )
