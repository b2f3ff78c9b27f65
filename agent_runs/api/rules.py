"""Standing rules for all runs, and the webhooks that were sent or are due."""

from typing import Annotated

from fastapi import APIRouter, Query

from agent_runs.api.errors import documented
from agent_runs.api.parameters import Limit, Page
from agent_runs.api.server import Running
from agent_runs.runs import rules
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.schemas.official_webhooks import CLIRulesResponse, DeliveryPage, RulesChange
from agent_runs.store.runs import deliveries

router = APIRouter(tags=["rules and webhooks"])

_ORGANIZATION = 1


@router.get("/rules", responses=documented())
async def get_rules(server: Running) -> CLIRulesResponse:
    """Return the standing rules that every agent gets when its session begins."""
    return CLIRulesResponse(**vars(await rules.get(server.database, _ORGANIZATION)))


@router.put("/rules", responses=documented(413))
async def save_rules(server: Running, body: RulesChange) -> CLIRulesResponse:
    """Set standing rules; fields you leave out do not change, nor do sessions that have begun."""
    changes = body.model_dump(exclude_unset=True)
    return CLIRulesResponse(**vars(await rules.change(server.database, _ORGANIZATION, changes)))


@router.get("/webhooks/deliveries", responses=documented())
async def list_deliveries(
    server: Running,
    run_id: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="Only webhooks about this run.")
    ] = None,
    page: Page = 1,
    limit: Limit = 50,
) -> DeliveryPage:
    """List webhooks that wait, were delivered or were given up, newest first."""
    items, total = await deliveries.page(
        server.database, run_id=run_id, skip=(page - 1) * limit, limit=limit
    )
    return DeliveryPage.of(items, total, page, limit)
