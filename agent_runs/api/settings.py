"""Settings: read, save to `.env`, and check credentials before they are saved.

Secrets go in and never come out. A saved token is sent only to the address that was saved with it,
so that no caller of this API can have it sent elsewhere.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import cast

from dotenv import dotenv_values
from fastapi import APIRouter
from pydantic import SecretStr

from agent_runs.api.errors import documented
from agent_runs.api.hosted import accounts_of
from agent_runs.api.server import Running, Server
from agent_runs.client.asynchronous.client import AsyncCodegenClient
from agent_runs.client.base import RetryPolicy
from agent_runs.errors import (
    AgentRunsError,
    Forbidden,
    InvalidRequest,
    NotFound,
    ServerUnreachable,
    Unauthorized,
)
from agent_runs.models import JSON
from agent_runs.reading.shapes import object_or_empty
from agent_runs.schemas.official import OrganizationResponse, OrganizationSettings, UserResponse
from agent_runs.schemas.settings import (
    Secret,
    Setting,
    SettingsChange,
    SettingsCheck,
    SettingsCheckInput,
    SettingsResponse,
)
from agent_runs.settings import (
    InvalidSettings,
    Settings,
    env_name,
    load_settings,
    save_env,
    secrets_of,
)

router = APIRouter(tags=["settings"])

CHECK_SECONDS = 10.0
_AT_ONCE = {"codegen_api_token", "codegen_org_id", "codegen_base_url", "hosted_stop"}
_SHORT = 12  # four characters of a shorter secret would reveal too much


@router.get("/settings", responses=documented())
async def get_settings(server: Running) -> SettingsResponse:
    """Return all settings in force; for a secret, only whether it is set."""
    return _shown(server)


@router.put("/settings", responses=documented(413))
async def save_settings(server: Running, body: SettingsChange) -> SettingsResponse:
    """Save settings to the `.env` file; its other lines do not change."""
    changes = body.model_dump(exclude_unset=True)
    _check_address(server.settings, changes)
    await _check_agent(server, changes.get("default_agent"))
    server.redact.learn([changes.get("codegen_api_token") or ""])
    saved = {env_name(name): None if it is None else str(it) for name, it in changes.items()}
    before = await asyncio.to_thread(_contents, server)
    try:
        await asyncio.to_thread(save_env, server.env_file, saved)
        try:
            settings = await asyncio.to_thread(load_settings, server.env_file)
            accounts = accounts_of(settings)
        except InvalidSettings:
            # The server could not start with this file: put the old values back.
            await asyncio.to_thread(save_env, server.env_file, {n: before.get(n) for n in saved})
            raise
    except InvalidSettings as exc:
        raise InvalidRequest(str(exc)) from exc
    server.settings = settings
    server.redact.learn(secrets_of(settings))
    server.accounts.use(accounts)
    return _shown(server, restart_needed=sorted(changes.keys() - _AT_ONCE))


@router.post("/settings/check", responses=documented(413))
async def check_settings(server: Running, body: SettingsCheckInput) -> SettingsCheck:
    """Test credentials against the hosted Codegen API; nothing is saved."""
    settings = server.settings
    base_url = (body.base_url or settings.codegen_base_url).rstrip("/")
    token = body.token
    if token is None and settings.codegen_api_token and base_url == settings.codegen_base_url:
        token = settings.codegen_api_token.get_secret_value()
    if not token:
        return SettingsCheck(
            ok=False,
            problem="token",
            message="Give a token. A saved token is sent only to the address it was saved with.",
        )
    org_id = body.org_id if body.org_id is not None else settings.codegen_org_id
    server.redact.learn([token])
    try:
        async with asyncio.timeout(CHECK_SECONDS * 2):
            return await _try(token, org_id, base_url)
    except (AgentRunsError, TimeoutError) as exc:
        return _failed(exc, base_url)


async def _try(token: str, org_id: str | int | None, base_url: str) -> SettingsCheck:
    async with AsyncCodegenClient(
        token, None, base_url, timeout=CHECK_SECONDS, retry=RetryPolicy(retries=0)
    ) as client:
        user = await client.get_current_user()
        organizations = [
            OrganizationResponse(
                id=organization.id,
                name=organization.name,
                settings=OrganizationSettings.model_validate(organization.settings),
            )
            for organization in (await client.list_organizations()).items
        ]
    names = {str(organization.id): organization.name for organization in organizations}
    fits = org_id is None or str(org_id).strip() in names
    choices = ", ".join(f"{number} ({name})" for number, name in names.items()) or "none"
    return SettingsCheck(
        ok=fits,
        problem=None if fits else "organization",
        message="The credentials work."
        if fits
        else f"The token works, but {org_id} is not one of its organizations: {choices}.",
        user=UserResponse.model_validate(user.model_dump()),
        organizations=organizations,
    )


def _failed(exc: AgentRunsError | TimeoutError, base_url: str) -> SettingsCheck:
    if isinstance(exc, Unauthorized | Forbidden):
        message = f"{base_url} refuses this token: {exc.message}"
        return SettingsCheck(ok=False, problem="token", message=message)
    if isinstance(exc, ServerUnreachable | TimeoutError):
        message = f"No server answers at {base_url}. Check the address and your network."
        return SettingsCheck(ok=False, problem="unreachable", message=message)
    reason = "its paths are different." if isinstance(exc, NotFound) else exc.message
    message = f"The server at {base_url} is not a usable Codegen API: {reason}"
    return SettingsCheck(ok=False, problem="answer", message=message)


def _check_address(settings: Settings, changes: Mapping[str, JSON]) -> None:
    if "codegen_base_url" not in changes or settings.codegen_api_token is None:
        return
    default = Settings.model_fields["codegen_base_url"].default
    new = (changes["codegen_base_url"] or default).rstrip("/")
    if new != settings.codegen_base_url and "codegen_api_token" not in changes:
        raise InvalidRequest(
            "codegen_api_token: give it again together with the new address. The saved token is "
            "sent only to the address it was saved with."
        )


async def _check_agent(server: Server, name: str | None) -> None:
    names = [agent.name for agent in await server.runs.agents()]
    if name is not None and name not in names:
        raise InvalidRequest(f"default_agent: choose one of {', '.join(names)}, not {name!r}.")


def _shown(server: Server, restart_needed: list[str] | None = None) -> SettingsResponse:
    return SettingsResponse(
        env_file=str(server.env_file),
        items=[_setting(server, name) for name in Settings.model_fields],
        restart_needed=restart_needed or [],
    )


def _setting(server: Server, name: str) -> Setting:
    field = Settings.model_fields[name]
    unit = object_or_empty(field.json_schema_extra).get("unit")
    variable = env_name(name)
    return Setting(
        name=name,
        variable=variable,
        description=field.description or "",
        unit=unit,
        value=_value(server, name),
        changeable=name in SettingsChange.model_fields,
        from_environment=bool(os.environ.get(variable)),
    )


def _value(server: Server, name: str) -> str | int | float | list[str] | Secret | None:
    value: JSON = getattr(server.settings, name)
    if isinstance(value, SecretStr) or Settings.model_fields[name].annotation == SecretStr | None:
        secret = value.get_secret_value() if isinstance(value, SecretStr) else ""
        hint = f"…{secret[-4:]}" if len(secret) >= _SHORT else None
        return Secret(set=bool(secret), hint=hint)
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, tuple):
        return [server.redact(word) for word in cast("tuple[str, ...]", value)]
    # An address may contain a password.
    return server.redact(str(value))


def _contents(server: Server) -> dict[str, str | None]:
    """The saved values of the file; None for a variable without a value."""
    return dict(dotenv_values(server.env_file)) if server.env_file.is_file() else {}
