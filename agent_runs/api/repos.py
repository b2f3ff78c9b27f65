"""Repositories that runs can work in."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from agent_runs.api.errors import documented
from agent_runs.api.parameters import Limit, Page
from agent_runs.api.server import Running
from agent_runs.models import Repo
from agent_runs.runs import repositories
from agent_runs.schemas.answers import RepoPage
from agent_runs.schemas.bodies import AddRepo
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.store.organization import repos

router = APIRouter(tags=["repositories"])

RepoId = Annotated[
    int,
    Path(alias="id", ge=1, le=LARGEST_ID, description="Id of the repository.", examples=[1]),
]


@router.get("/repos", responses=documented())
async def list_repos(
    server: Running,
    page: Page = 1,
    limit: Limit = 50,
    organization_id: Annotated[
        int | None,
        Query(ge=1, le=LARGEST_ID, description="Only this organization's; 1 is this machine's."),
    ] = None,
) -> RepoPage:
    """List the registered repositories, and those of hosted organizations."""
    items, total = await repos.page(
        server.database, skip=(page - 1) * limit, limit=limit, organization_id=organization_id
    )
    return RepoPage.of(items, total, page, limit)


@router.post("/repos", responses=documented(409, 413))
async def add_repo(server: Running, body: AddRepo) -> Repo:
    """Register a local clone or a git URL, so that runs can use its id."""
    return await repositories.add_repo(server.database, body.url, body.name)


@router.get("/repos/{id}", responses=documented(404))
async def get_repo(server: Running, repo_id: RepoId) -> Repo:
    """Return one repository."""
    return await repos.get(server.database, repo_id)


@router.delete(
    "/repos/{id}", status_code=204, response_class=Response, responses=documented(404, 409)
)
async def remove_repo(server: Running, repo_id: RepoId) -> None:
    """Forget a repository; its files on disk and its runs stay."""
    await repositories.remove_repo(server.database, repo_id)
