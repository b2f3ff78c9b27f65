"""Repositories, the settings of their checks, and their pull requests, in the official shapes."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from agent_runs.api.errors import documented
from agent_runs.api.server import Running
from agent_runs.api.v1.organizations import LOCAL_ID, InOrganization
from agent_runs.api.v1.paging import Paging
from agent_runs.models import JSON
from agent_runs.runs import pull_requests
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.schemas.official_rest import (
    CheckSuiteSettingsRequest,
    CheckSuiteSettingsResponse,
    EditPRInput,
    EditPRResponse,
    RepoPage,
)
from agent_runs.store import preferences, repos

router = APIRouter(
    prefix="/v1/organizations/{org_id}",
    tags=["official: repositories"],
    dependencies=[InOrganization],
)
_CHECKS = "/repos/check-suite-settings"

RepoId = Annotated[int, Query(ge=1, le=LARGEST_ID, description="Repository.", examples=[1])]
RepoInPath = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Repository.", examples=[1])]
PrId = Annotated[
    int, Path(ge=1, le=LARGEST_ID, description="Number of the pull request.", examples=[12])
]


@router.get("/repos", operation_id="v1_list_repos", responses=documented(official=True))
@router.get(
    "/repositories", operation_id="v1_list_repositories", responses=documented(official=True)
)
async def list_repos(server: Running, paging: Paging) -> RepoPage:
    """List the registered repositories."""
    skip, limit = paging
    items, total = await repos.page(server.database, skip=skip, limit=limit)
    return RepoPage(
        items=items, total=total, page=skip // limit + 1, size=limit, pages=-(-total // limit)
    )


@router.get(_CHECKS, operation_id="v1_get_check_settings", responses=documented(404, official=True))
async def get_check_suite_settings(server: Running, repo_id: RepoId) -> CheckSuiteSettingsResponse:
    """Return what is set for the checks of a repository; this server runs no checks itself."""
    await repos.get(server.database, repo_id)
    kept = await preferences.get(server.database, LOCAL_ID, _name(repo_id))
    return CheckSuiteSettingsResponse(**kept)


@router.put(
    _CHECKS, operation_id="v1_set_check_settings", responses=documented(404, 413, official=True)
)
async def update_check_suite_settings(
    server: Running, repo_id: RepoId, body: CheckSuiteSettingsRequest
) -> dict[str, JSON]:
    """Set what is given; what is null or left out stays."""
    await repos.get(server.database, repo_id)
    async with server.database.begin() as transaction:
        kept = await preferences.lock(transaction, LOCAL_ID, _name(repo_id))
        kept |= body.model_dump(exclude_none=True)
        await preferences.put(transaction, LOCAL_ID, _name(repo_id), kept)
    return CheckSuiteSettingsResponse(**kept).model_dump()


@router.patch(
    "/repos/{repo_id}/prs/{pr_id}",
    operation_id="v1_edit_repo_pull_request",
    responses=documented(404, 413, official=True),
)
async def edit_repo_pull_request(
    server: Running, repo_id: RepoInPath, pr_id: PrId, body: EditPRInput
) -> EditPRResponse:
    """Change the state of a pull request with GitHub's command `gh`, where it is logged in."""
    repo = await repos.get(server.database, repo_id)
    return EditPRResponse(**vars(await pull_requests.edit(repo, pr_id, body.state)))


@router.patch(
    "/prs/{pr_id}",
    operation_id="v1_edit_pull_request",
    responses=documented(413, official=True),
)
async def edit_pull_request(server: Running, pr_id: PrId, body: EditPRInput) -> EditPRResponse:
    """Do the same where only one repository is at GitHub, so that its number is enough."""
    known, _ = await repos.page(server.database, skip=0, limit=1000)
    at_github = [repo for repo in known if pull_requests.github_name(repo)]
    if len(at_github) != 1:
        return EditPRResponse(
            success=False,
            error=f"{len(at_github)} registered repositories are at GitHub, so the number alone "
            "does not tell which one is meant: use /repos/{repo_id}/prs/{pr_id}.",
        )
    return EditPRResponse(**vars(await pull_requests.edit(at_github[0], pr_id, body.state)))


def _name(repo_id: int) -> str:
    return f"checks of repository {repo_id}"
