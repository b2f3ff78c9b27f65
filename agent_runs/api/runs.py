"""Runs: list, create, read, resume, stop, archive."""

from fastapi import APIRouter, Response

from agent_runs.api.errors import documented
from agent_runs.api.pages import run_page
from agent_runs.api.parameters import Limit, Page, RequestKey, RunFilterQuery, RunId, Surface
from agent_runs.api.server import Running, json_text
from agent_runs.models import AgentRun
from agent_runs.runs import NewRun
from agent_runs.schemas.answers import RunCounts, RunPage, Turns
from agent_runs.schemas.bodies import CreateRun, ResumeRun
from agent_runs.store.runs import runs, turns

router = APIRouter(tags=["runs"])


@router.get("/agent_runs", response_model=RunPage, responses=documented())
async def list_agent_runs(
    server: Running, run_filter: RunFilterQuery, page: Page = 1, limit: Limit = 50
) -> Response:
    """List runs, newest first."""
    return json_text(await run_page(server.database, run_filter=run_filter, page=page, limit=limit))


@router.post("/agent_runs", response_model=AgentRun, responses=documented(404, 413))
async def create_agent_run(
    server: Running, body: CreateRun, surface: Surface, key: RequestKey = None
) -> Response:
    """Create a run; it starts as soon as there is room.

    A run for a hosted account is stored first and then sent. Until it arrives there, it is
    `PENDING` with the reason `waits_for_upstream` and can be cancelled.

    The response is the stored run, `PENDING` or already `ACTIVE`. Follow it with
    `GET /agent_runs/{id}/events` or read `GET /agent_runs/{id}/logs`.
    """
    fields = body.model_dump(exclude={"images", "metadata"})
    run = await server.runs.create(
        NewRun(
            **fields,
            images=tuple(body.images or ()),
            metadata=body.metadata or {},
            surface=surface,
            key=key,
        )
    )
    return json_text(await runs.text(server.database, run.id))


@router.get("/agent_runs/counts", response_model=RunCounts, responses=documented())
async def count_agent_runs(server: Running) -> RunCounts:
    """Count the runs by status; archived runs are counted separately."""
    counts = await runs.counts(server.database)
    return RunCounts(by_status=counts.by_status, archived=counts.archived)


@router.get("/agent_runs/{id}", response_model=AgentRun, responses=documented(404))
async def get_agent_run(server: Running, run_id: RunId) -> Response:
    """Return one run with its full prompt and result."""
    return json_text(await runs.text(server.database, run_id))


@router.post(
    "/agent_runs/{id}/resume", response_model=AgentRun, responses=documented(404, 409, 413)
)
async def resume_agent_run(
    server: Running, run_id: RunId, body: ResumeRun, key: RequestKey = None
) -> Response:
    """Give a run that has ended a new prompt; it continues in its work tree and session.

    It does not matter how it ended: an error, a stop or a timeout will do. 409 if it is working.
    """
    await server.runs.resume(
        run_id,
        body.prompt,
        images=tuple(body.images or ()),
        model=body.model,
        permission_policy=body.permission_policy,
        options=body.options,
        key=key,
    )
    return json_text(await runs.text(server.database, run_id))


@router.post("/agent_runs/{id}/stop", response_model=AgentRun, responses=documented(404))
async def stop_agent_run(server: Running, run_id: RunId) -> Response:
    """Stop a run: its agent is asked to stop, and killed if it does not.

    The response does not wait for that. Stopping a run that has ended changes nothing.
    """
    await server.runs.stop(run_id)
    return json_text(await runs.text(server.database, run_id))


@router.post("/agent_runs/{id}/archive", response_model=AgentRun, responses=documented(404, 409))
async def archive_agent_run(server: Running, run_id: RunId) -> Response:
    """Hide an ended run from the list; nothing is deleted."""
    await server.runs.archive(run_id)
    return json_text(await runs.text(server.database, run_id))


@router.post("/agent_runs/{id}/restore", response_model=AgentRun, responses=documented(404))
async def restore_agent_run(server: Running, run_id: RunId) -> Response:
    """Put an archived run back into the list."""
    await server.runs.restore(run_id)
    return json_text(await runs.text(server.database, run_id))


@router.get("/agent_runs/{id}/turns", responses=documented(404))
async def list_turns(server: Running, run_id: RunId) -> Turns:
    """Return the prompts of a run and how each turn ended."""
    await runs.get(server.database, run_id)
    return Turns(items=await turns.list_(server.database, run_id))
