"""Saved views: searches and filters of the run list, shared by all users."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from agent_runs.api.errors import documented
from agent_runs.api.server import Running
from agent_runs.models import SavedView
from agent_runs.runs import views
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.schemas.views import ChangeView, SavedViews, SaveView
from agent_runs.store.organization import views as stored

router = APIRouter(prefix="/views", tags=["search"])

ViewId = Annotated[
    int, Path(alias="id", ge=1, le=LARGEST_ID, description="Id of the view.", examples=[1])
]


@router.get("", responses=documented())
async def list_views(
    server: Running,
    kind: Annotated[
        Literal["search", "runs"] | None, Query(description="Only views of this kind.")
    ] = None,
) -> SavedViews:
    """List the saved views by name."""
    return SavedViews(items=await stored.list_(server.database, kind))


@router.post("", responses=documented(409, 413))
async def save_view(server: Running, body: SaveView) -> SavedView:
    """Save a search or filters of the run list under a name, for all users."""
    return await views.save(server.database, name=body.name, kind=body.kind, query=body.query)


@router.put("/{id}", responses=documented(404, 409, 413))
async def change_view(server: Running, view_id: ViewId, body: ChangeView) -> SavedView:
    """Change a saved view's name or query; fields you leave out do not change."""
    return await views.change(server.database, view_id, name=body.name, query=body.query)


@router.delete("/{id}", status_code=204, response_class=Response, responses=documented(404))
async def remove_view(server: Running, view_id: ViewId) -> None:
    """Delete a saved view."""
    await views.remove(server.database, view_id)
