"""The local user, in the official shape."""

from fastapi import APIRouter

from agent_runs.api.errors import documented
from agent_runs.api.health import LOCAL_USER
from agent_runs.schemas.official import UserResponse

router = APIRouter(prefix="/v1", tags=["official: users"])


@router.get("/users/me", operation_id="v1_get_current_user", responses=documented(official=True))
async def get_current_user() -> UserResponse:
    """Return whom the token belongs to."""
    return LOCAL_USER
