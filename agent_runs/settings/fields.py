"""The fields of the settings; `docs/settings.md` is checked against them."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from agent_runs.addresses import HOSTED_URL

PREFIX = "AGENT_RUNS_"
SHORTEST_TOKEN = 8


class InvalidSettings(ValueError):
    """A setting cannot be used; the message is for people and names the variable."""


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _split(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False, json_schema_extra={"unit": "seconds"})]
Count = Annotated[int, Field(ge=1)]
Bytes = Annotated[Count, Field(json_schema_extra={"unit": "bytes"})]


class Settings(BaseSettings):
    """All settings; a field `port` is the variable `AGENT_RUNS_PORT`.

    `json_schema_extra` holds the unit and, for computed defaults, their description.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )

    codegen_api_token: SecretStr | None = Field(
        default=None,
        validation_alias="CODEGEN_API_TOKEN",
        description="Token for the hosted Codegen API; not needed for runs on this machine.",
    )
    codegen_org_id: str | None = Field(
        default=None,
        validation_alias="CODEGEN_ORG_ID",
        description="Organization at the hosted Codegen API that the token belongs to.",
    )
    codegen_base_url: str = Field(
        default=HOSTED_URL,
        validation_alias="CODEGEN_BASE_URL",
        description="Address of the hosted Codegen API, or of another API compatible with it.",
    )

    hosted_stop: Annotated[Literal["auto", "ban", "none"], BeforeValidator(_lower)] = Field(
        default="auto",
        description="How to stop hosted runs: `auto` uses the plain stop if the server has one, "
        "otherwise a ban; `ban` always uses a ban; `none` never stops them.",
    )

    home: Path = Field(
        default_factory=lambda: user_data_path("agent-runs", appauthor=False),
        description="Folder for the database, the workspaces and the agents' home folders.",
        json_schema_extra={"default": "the user's data folder for `agent-runs`"},
    )
    database_url: str = Field(
        default_factory=lambda values: f"sqlite:///{values['home']}/agent_runs.db",
        repr=False,
        description="`sqlite:////absolute/path.db` or `postgresql://user:password@host/name`.",
        json_schema_extra={"default": "the file `agent_runs.db` in `AGENT_RUNS_HOME`"},
    )
    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address the API listens on; unless it is a loopback address, the API "
        "requires a token.",
    )
    port: Port = Field(default=8000, description="Port the API listens on.")
    dashboard_port: Port = Field(default=3000, description="Port of the dashboard.")
    dashboard_url: str = Field(
        default_factory=lambda values: f"http://localhost:{values['dashboard_port']}",
        description="Address at which people reach the dashboard; the `web_url` of a run starts "
        "with it.",
        json_schema_extra={"default": "`http://localhost:` and the dashboard's port"},
    )
    api_token: SecretStr | None = Field(
        default=None,
        description="Bearer token that the API requires; at least 8 visible ASCII characters.",
        json_schema_extra={"default": "none on a loopback address, otherwise generated"},
    )
    api_url: str | None = Field(
        default=None,
        description="Server that the commands, the SDK and the dashboard talk to.",
        json_schema_extra={"default": "this machine, `AGENT_RUNS_HOST` and `AGENT_RUNS_PORT`"},
    )
    allowed_hosts: Words = Field(
        default=(),
        description="Further `Host` names that the API accepts, comma-separated; `*` accepts any.",
    )
    allowed_origins: Words = Field(
        default=(),
        description="Further web origins that may change things, comma-separated.",
    )

    concurrency: Count = Field(
        default=4,
        description="Maximum number of runs that work at the same time; others wait as PENDING.",
        json_schema_extra={"unit": "runs"},
    )
    start_slots: Count = Field(
        default_factory=_cores,
        description="Maximum number of agents that start up at the same time; each start takes a "
        "whole core.",
        json_schema_extra={"unit": "agents", "default": "number of processor cores"},
    )
    default_agent: str = Field(
        default="scripted",
        min_length=1,
        description="Agent profile for runs that do not name one; `agent-runs agents` lists the "
        "profiles.",
    )
    agents_file: Path = Field(
        default_factory=lambda values: values["home"] / "agents.toml",
        description="TOML file with your own agent profiles.",
        json_schema_extra={"default": "the file `agents.toml` in `AGENT_RUNS_HOME`"},
    )
    accounts_file: Path = Field(
        default_factory=lambda values: values["home"] / "accounts.toml",
        description="TOML file with further hosted accounts.",
        json_schema_extra={"default": "the file `accounts.toml` in `AGENT_RUNS_HOME`"},
    )
    templates_dir: Path = Field(
        default_factory=lambda values: values["home"] / "templates",
        description="Folder with your own prompt templates (Markdown files).",
        json_schema_extra={"default": "the folder `templates` in `AGENT_RUNS_HOME`"},
    )
    permission_policy: Annotated[Literal["allow", "reject", "ask"], BeforeValidator(_lower)] = (
        Field(
            default="allow",
            description="Answer to an agent that asks for permission: `allow` (once), `reject`, "
            "or `ask` (the run pauses until a person answers).",
        )
    )
    sandbox: Annotated[Literal["auto", "none", "bubblewrap"], BeforeValidator(_lower)] = Field(
        default="auto",
        description="`auto` confines agents with bubblewrap if it works here; `bubblewrap` "
        "refuses to start without it; `none` never confines.",
    )

    start_timeout_seconds: Seconds = Field(
        default=60,
        description="Time an agent has to start up; after that the run ends as TIMEOUT.",
    )
    idle_timeout_seconds: Seconds = Field(
        default=900,
        description="Time an agent may stay silent; after that the run ends as TIMEOUT.",
    )
    time_limit_seconds: Seconds = Field(
        default=7200,
        description="Time a turn may take; after that the run ends as TIMEOUT.",
    )
    cancel_grace_seconds: Seconds = Field(
        default=10,
        description="Time an agent has to stop on its own before it is killed.",
    )
    permission_timeout_seconds: Seconds = Field(
        default=86400,
        description="Time a person has to answer a permission request; then it is withdrawn.",
    )

    prompt_limit: Count = Field(
        default=200_000,
        description="Maximum length of a prompt.",
        json_schema_extra={"unit": "characters"},
    )
    body_limit_bytes: Bytes = Field(
        default=40 * 1024 * 1024,
        description="Maximum size of a request body.",
    )
    import_limit_bytes: Bytes = Field(
        default=10 * 1024 * 1024 * 1024,
        description="Maximum size of an imported file.",
    )
    image_limit_bytes: Bytes = Field(
        default=10 * 1024 * 1024,
        description="Maximum size of an image in a prompt, after decoding.",
    )
    images_limit: int = Field(
        default=10,
        ge=0,
        description="Maximum number of images in a prompt.",
        json_schema_extra={"unit": "images"},
    )
    metadata_limit_bytes: Bytes = Field(
        default=65536,
        description="Maximum size of a run's `metadata` as JSON.",
    )
    events_kept: int = Field(
        default=100_000,
        ge=100,
        description="Number of recent events to keep for clients that reconnect after a break.",
        json_schema_extra={"unit": "events"},
    )
    webhook_private: bool = Field(
        default=False,
        description="`true` also allows webhooks to this machine and its network.",
    )
    webhook_retry_seconds: Seconds = Field(
        default=10,
        description="Wait before the first retry of a webhook; it grows with each of the six "
        "retries, to about 200 times as long.",
    )
    rate_limits: Annotated[Literal["auto", "on", "off"], BeforeValidator(_lower)] = Field(
        default="auto",
        description="Rate limits of the official API on `/v1`: `on`, `off`, or `auto`, which "
        "turns them on unless the API listens on a loopback address.",
    )
    rate_limit_factor: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = Field(
        default=1,
        description="Factor by which the official rate limits are multiplied.",
        json_schema_extra={"unit": "times"},
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = (
        Field(
            default="info",
            description="Least important messages to print on standard error: "
            "`debug`, `info`, `warning` or `error`.",
        )
    )

    @field_validator("codegen_base_url", "dashboard_url", "api_url")
    @classmethod
    def _check_address(cls, value: str | None) -> str | None:
        return None if value is None else check_address(value)

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, value: str) -> str:
        if value.startswith("postgres://"):
            value = "postgresql://" + value.removeprefix("postgres://")
        if value.startswith("postgresql://"):
            return value
        path = value.removeprefix("sqlite:///")
        if path == value or not path or ":memory:" in path:
            raise ValueError("use sqlite:////absolute/path.db or postgresql://...")
        return f"sqlite:///{Path(path).expanduser().absolute()}"

    @field_validator("home", "agents_file", "accounts_file", "templates_dir")
    @classmethod
    def _make_absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("api_token")
    @classmethod
    def _check_token(cls, value: SecretStr | None) -> SecretStr | None:
        # The token travels in a header, which cannot carry spaces or other alphabets.
        if value and not re.fullmatch(rf"[!-~]{{{SHORTEST_TOKEN},}}", value.get_secret_value()):
            raise ValueError(f"use at least {SHORTEST_TOKEN} visible ASCII characters")
        return value


def check_address(value: str) -> str:
    """Return an address without a slash at its end; ValueError if it is not one."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("use an address that starts with http:// or https://")
    return value.rstrip("/")


def env_name(field: str) -> str:
    """Return the environment variable of a field of `Settings`."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else PREFIX + field.upper()
