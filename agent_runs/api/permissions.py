"""Questions of agents, and answers to them."""

from typing import Annotated

from fastapi import APIRouter, Path

from agent_runs.api.errors import documented
from agent_runs.api.parameters import RunId
from agent_runs.api.server import Running
from agent_runs.questions import PermissionRequest
from agent_runs.runs import questions
from agent_runs.schemas.answers import Permissions
from agent_runs.schemas.bodies import AnswerPermission
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.store.runs import permissions, runs

router = APIRouter(tags=["permissions"])

PermissionId = Annotated[
    int, Path(ge=1, le=LARGEST_ID, description="Id of the question.", examples=[1])
]


@router.get("/agent_runs/{id}/permissions", responses=documented(404))
async def list_permissions(server: Running, run_id: RunId) -> Permissions:
    """Return the open questions of a run, which is `PAUSED` meanwhile."""
    await runs.get(server.database, run_id)
    return Permissions(items=await permissions.pending(server.database, run_id))


@router.post("/agent_runs/{id}/permissions/{permission_id}", responses=documented(404, 409, 413))
async def answer_permission(
    server: Running, run_id: RunId, permission_id: PermissionId, body: AnswerPermission
) -> PermissionRequest:
    """Answer an agent's question with one of its options, with yes or no, or by filling it in.

    409 if it was already answered, or withdrawn because its time or its turn was over.
    """
    return await questions.answer(
        server.database,
        run_id,
        permission_id,
        option_id=body.option_id,
        decision=body.decision,
        content=body.content,
    )
