"""The organization's webhook and standing rules, in the official paths and shapes."""

from fastapi import APIRouter

from agent_runs.api.errors import documented
from agent_runs.api.server import Running, Server
from agent_runs.api.v1.organizations import InOrganization
from agent_runs.errors import InvalidRequest
from agent_runs.models import LOCAL_ORGANIZATION
from agent_runs.outbound.webhooks import check_url, checked_address
from agent_runs.runs import rules
from agent_runs.runs.webhooks import (
    TEST,
    Webhook,
    headers,
    message,
    organization_webhook,
    remove_organization_webhook,
    set_organization_webhook,
)
from agent_runs.schemas.official_webhooks import (
    CLIRulesResponse,
    Done,
    WebhookConfigRequest,
    WebhookConfigResponse,
    WebhookOverride,
    WebhookTestRequest,
    WebhookTestResponse,
)
from agent_runs.store.engine.payloads import now

router = APIRouter(
    prefix="/v1/organizations/{org_id}",
    tags=["official: organizations"],
    dependencies=[InOrganization],
)
_SHORTEST_SECRET = 8  # a shorter one occurs in innocent texts
_HOOK = "/webhooks/agent-run"
_SAMPLE = {
    "id": 0,
    "organization_id": LOCAL_ORGANIZATION,
    "status": "COMPLETE",
    "result": "This is a test.",
}


@router.get(_HOOK, operation_id="v1_get_webhook", responses=documented(official=True))
async def get_webhook(server: Running) -> WebhookConfigResponse:
    """Return the webhook that is called when runs end."""
    webhook, enabled = await organization_webhook(server.database, LOCAL_ORGANIZATION)
    return WebhookConfigResponse(
        url=webhook.url if webhook else None,
        enabled=enabled,
        has_secret=bool(webhook and webhook.secret),
    )


@router.post(_HOOK, operation_id="v1_set_webhook", responses=documented(413, official=True))
async def set_webhook(server: Running, body: WebhookConfigRequest) -> WebhookConfigResponse:
    """Set the address to call when runs end; docs/webhooks.md says what is sent.

    A secret that is left out does not change unless the address changes.
    """
    webhook = await checked_webhook(server, body.url, body.secret)
    await set_organization_webhook(
        server.database,
        LOCAL_ORGANIZATION,
        webhook,
        enabled=body.enabled,
        keeps_secret="secret" not in body.model_fields_set,
    )
    return await get_webhook(server)


@router.delete(_HOOK, operation_id="v1_delete_webhook", responses=documented(official=True))
async def delete_webhook(server: Running) -> Done:
    """Remove the webhook; deliveries that are already planned are still sent."""
    await remove_organization_webhook(server.database, LOCAL_ORGANIZATION)
    return Done(success=True, message="The webhook was removed.")


@router.post(
    _HOOK + "/test", operation_id="v1_test_webhook", responses=documented(413, official=True)
)
async def send_test_webhook(server: Running, body: WebhookTestRequest) -> WebhookTestResponse:
    """Send one sample now, signed with the secret that is set for this address."""
    webhook = await checked_webhook(server, body.url, None)
    current, _ = await organization_webhook(server.database, LOCAL_ORGANIZATION)
    secret = current.secret if current and current.url == webhook.url else None
    attempt = await server.send_webhook(
        webhook.url, message(TEST, 0, now(), _SAMPLE), headers(TEST, 0), secret
    )
    return WebhookTestResponse(
        success=attempt.error is None,
        status_code=attempt.status_code,
        message=attempt.error or f"The receiver accepted it with status {attempt.status_code}.",
    )


@router.get("/cli/rules", operation_id="v1_get_rules", responses=documented(official=True))
async def get_cli_rules(server: Running) -> CLIRulesResponse:
    """Return the standing rules of the organization and its user."""
    return CLIRulesResponse(**vars(await rules.get(server.database, LOCAL_ORGANIZATION)))


async def checked_webhook(server: Server, url: str, secret: str | None) -> Webhook:
    """Return a webhook for `url`; its secret is kept out of logs from now on.

    Raises:
        InvalidRequest: the address is not allowed. A host name that cannot be looked up now is.
    """
    allow_private = server.settings.webhook_private
    check_url(url, allow_private=allow_private)
    try:
        await checked_address(url, allow_private=allow_private)
    except InvalidRequest as exc:
        if not isinstance(exc.__cause__, OSError | UnicodeError):
            raise
    if secret and len(secret) >= _SHORTEST_SECRET:
        server.redact.learn([secret])
    return Webhook(url, secret or None)


async def checked_webhooks(
    server: Server, overrides: list[WebhookOverride] | None
) -> tuple[Webhook, ...] | None:
    """Return the webhooks of one run; None if it uses the organization's."""
    if overrides is None:
        return None
    return tuple([await checked_webhook(server, hook.url, hook.secret) for hook in overrides])
