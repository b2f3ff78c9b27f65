"""Prompts for a run that is still working: stored here, sent when its turn ends."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from agent_runs.api.errors import documented
from agent_runs.api.parameters import RunId
from agent_runs.api.server import Running
from agent_runs.models import QueuedPrompt
from agent_runs.schemas.answers import QueuedPrompts
from agent_runs.schemas.bodies import QueuePrompt
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.store.runs import queue, runs

router = APIRouter(tags=["runs"])

QueuedId = Annotated[
    int, Path(ge=1, le=LARGEST_ID, description="Id of the queued prompt.", examples=[1])
]


@router.get("/agent_runs/{id}/queue", responses=documented(404))
async def list_queue(server: Running, run_id: RunId) -> QueuedPrompts:
    """Return the prompts that wait for the run's current turn to end."""
    await runs.get(server.database, run_id)
    return QueuedPrompts(items=await queue.list_(server.database, run_id))


@router.post("/agent_runs/{id}/queue", responses=documented(404, 409, 413))
async def queue_prompt(server: Running, run_id: RunId, body: QueuePrompt) -> QueuedPrompt:
    """Queue a prompt for a run that is working; 409 if the run has ended (resume it instead).

    It becomes the next turn once the current one is complete. If the current turn fails or is
    stopped, it waits until a later one is complete.
    """
    return await server.runs.queue(run_id, body.prompt, images=tuple(body.images or ()))


@router.delete(
    "/agent_runs/{id}/queue/{queued_id}",
    status_code=204,
    response_class=Response,
    responses=documented(404, 409),
)
async def withdraw_prompt(server: Running, run_id: RunId, queued_id: QueuedId) -> None:
    """Withdraw a queued prompt; 409 if it was already sent or withdrawn."""
    await server.runs.unqueue(run_id, queued_id)
