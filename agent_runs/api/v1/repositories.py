"""Repositories, the settings of their checks, and their pull requests, in the official shapes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from agent_runs.api.errors import documented
from agent_runs.api.server import Running, Server
from agent_runs.api.v1.organizations import Organization, visible_organization
from agent_runs.api.v1.paging import Paging
from agent_runs.models import JSON, LOCAL_ORGANIZATION
from agent_runs.runs import pull_requests
from agent_runs.runs.pull_requests import PullRequestAddress
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.schemas.official_rest import (
    CheckSuiteSettingsRequest,
    CheckSuiteSettingsResponse,
    EditPRInput,
    EditPRResponse,
    OfficialRepoPage,
)
from agent_runs.store.organization import preferences, repos
from agent_runs.store.runs import runs

router = APIRouter(
    prefix="/v1/organizations/{org_id}",
    tags=["official: repositories"],
    dependencies=[Depends(visible_organization)],
)
_CHECKS = "/repos/check-suite-settings"
_LONGEST_ERROR = 500

RepoId = Annotated[int, Query(ge=1, le=LARGEST_ID, description="Repository.", examples=[1])]
RepoInPath = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Repository.", examples=[1])]
PrId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="Pull request.", examples=[12])]


@router.get("/repos", operation_id="v1_list_repos", responses=documented(official=True))
@router.get(
    "/repositories", operation_id="v1_list_repositories", responses=documented(official=True)
)
async def list_repos(
    server: Running, paging: Paging, organization_id: Organization
) -> OfficialRepoPage:
    """List the registered repositories, or those of a hosted organization."""
    skip, limit = paging
    items, total = await repos.page(
        server.database, skip=skip, limit=limit, organization_id=organization_id
    )
    return OfficialRepoPage.of(items, total, skip, limit)


@router.get(_CHECKS, operation_id="v1_get_check_settings", responses=documented(404, official=True))
async def get_check_suite_settings(server: Running, repo_id: RepoId) -> CheckSuiteSettingsResponse:
    """Return the check settings of a repository; this server runs no checks itself."""
    await repos.get(server.database, repo_id)
    settings = await preferences.get(server.database, LOCAL_ORGANIZATION, _name(repo_id))
    return CheckSuiteSettingsResponse(**settings)


@router.put(
    _CHECKS, operation_id="v1_set_check_settings", responses=documented(404, 413, official=True)
)
async def update_check_suite_settings(
    server: Running, repo_id: RepoId, body: CheckSuiteSettingsRequest
) -> dict[str, JSON]:
    """Change check settings; fields that are null or left out do not change."""
    await repos.get(server.database, repo_id)
    async with server.database.begin() as transaction:
        settings = await preferences.lock(transaction, LOCAL_ORGANIZATION, _name(repo_id))
        settings |= body.model_dump(exclude_none=True)
        await preferences.put(transaction, LOCAL_ORGANIZATION, _name(repo_id), settings)
    return CheckSuiteSettingsResponse(**settings).model_dump()


@router.patch(
    "/repos/{repo_id}/prs/{pr_id}",
    operation_id="v1_edit_repo_pull_request",
    responses=documented(404, 413, official=True),
)
async def edit_repo_pull_request(
    server: Running, repo_id: RepoInPath, pr_id: PrId, body: EditPRInput
) -> EditPRResponse:
    """Change the state of a pull request with the command `gh`, which must be logged in.

    `pr_id` is the id that a run of this repository shows, or the number in the repository.
    """
    repo = await repos.get(server.database, repo_id)
    address = await pull_requests.address_in(repo, pr_id)
    if address is None:
        return EditPRResponse(
            success=False,
            error=f"{repo.full_name} has no forge: neither its address nor the remote `origin` of "
            "the clone leads to one.",
        )
    own = await _shown_by_a_run(server, pr_id)
    # In another repository the same number is another pull request.
    if own is not None and own.repository.lower() == address.repository.lower():
        address = own
    return await _edit(server, address, body)


@router.patch(
    "/prs/{pr_id}",
    operation_id="v1_edit_pull_request",
    responses=documented(413, official=True),
)
async def edit_pull_request(server: Running, pr_id: PrId, body: EditPRInput) -> EditPRResponse:
    """Do the same with the id that a run shows, or the number if one repository has a forge."""
    address = await _shown_by_a_run(server, pr_id)
    if address is None:
        registered, _ = await repos.page(server.database, skip=0, limit=1000)
        addresses = [await pull_requests.address_in(repo, pr_id) for repo in registered]
        candidates = [place for place in addresses if place is not None]
        if len(candidates) != 1:
            return EditPRResponse(
                success=False,
                error=f"No run shows a pull request {pr_id}, and {len(candidates)} registered "
                "repositories have a forge. Use /repos/{repo_id}/prs/{pr_id}.",
            )
        address = candidates[0]
    return await _edit(server, address, body)


async def _shown_by_a_run(server: Server, pr_id: int) -> PullRequestAddress | None:
    url = await runs.find_pull_request(server.database, pr_id)
    return None if url is None else pull_requests.address_of_page(url)


async def _edit(server: Server, address: PullRequestAddress, body: EditPRInput) -> EditPRResponse:
    edited = await pull_requests.edit(address, body.state)
    answer = EditPRResponse(**vars(edited))
    # The program's own words may contain a token of its login.
    return answer.model_copy(
        update={"error": edited.error and server.redact(edited.error)[:_LONGEST_ERROR]}
    )


def _name(repo_id: int) -> str:
    return f"checks of repository {repo_id}"
