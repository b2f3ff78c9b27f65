"""The local user, in the official shape."""

from typing import Annotated

from fastapi import APIRouter, Path

from agent_runs.api.errors import documented
from agent_runs.api.health import LOCAL_USER
from agent_runs.api.server import Running
from agent_runs.api.v1.organizations import InOrganization, Organization
from agent_runs.api.v1.paging import Paging
from agent_runs.errors import NotFound
from agent_runs.models import LOCAL_ORGANIZATION
from agent_runs.schemas.official import UserResponse
from agent_runs.schemas.official_rest import UserPage

router = APIRouter(prefix="/v1", tags=["official: users"])

_USERS = "/organizations/{org_id}/users"


@router.get("/users/me", operation_id="v1_get_current_user", responses=documented(official=True))
async def get_current_user() -> UserResponse:
    """Return the user whom the token belongs to."""
    return LOCAL_USER


@router.get(
    _USERS,
    operation_id="v1_list_users",
    responses=documented(official=True),
)
async def list_users(server: Running, paging: Paging, organization_id: Organization) -> UserPage:
    """List the members of an organization: the local user, or a hosted organization's members."""
    skip, limit = paging
    users = [LOCAL_USER]
    if organization_id != LOCAL_ORGANIZATION:
        members = await server.accounts.users(organization_id)
        users = [UserResponse.model_validate(member.model_dump()) for member in members]
    return UserPage.of(users[skip : skip + limit], len(users), skip, limit)


@router.get(
    _USERS + "/{user_id}",
    operation_id="v1_get_user",
    dependencies=[InOrganization],
    responses=documented(404, official=True),
)
async def get_user(
    user_id: Annotated[int, Path(description="Id of the user.", examples=[LOCAL_USER.id])],
) -> UserResponse:
    """Return one member of the organization."""
    if user_id != LOCAL_USER.id:
        raise NotFound(f"There is no user {user_id}: this server's only user is {LOCAL_USER.id}.")
    return LOCAL_USER
