"""Prompts for a run that still works: kept here, sent when its turn is complete."""

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
    """Return the prompts that wait for the run's present turn to be complete."""
    await runs.get(server.database, run_id)
    return QueuedPrompts(items=await queue.list_(server.database, run_id))


@router.post("/agent_runs/{id}/queue", responses=documented(404, 409, 413))
async def queue_prompt(server: Running, run_id: RunId, body: QueuePrompt) -> QueuedPrompt:
    """Keep a prompt for a run that works; 409 when the run has ended, so it can be resumed.

    It becomes the next turn when the present one is complete. After a turn that fails or is
    stopped it goes on waiting, for the next one that is complete.
    """
    return await server.runs.queue(run_id, body.prompt, images=tuple(body.images or ()))


@router.delete(
    "/agent_runs/{id}/queue/{queued_id}",
    status_code=204,
    response_class=Response,
    responses=documented(404, 409),
)
async def withdraw_prompt(server: Running, run_id: RunId, queued_id: QueuedId) -> None:
    """Withdraw a prompt that still waits; 409 when it was sent or withdrawn before."""
    await server.runs.unqueue(run_id, queued_id)
