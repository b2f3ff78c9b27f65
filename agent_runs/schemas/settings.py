"""Settings: shapes to show, save and check them."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from agent_runs.addresses import HOSTED_URL
from agent_runs.schemas.fields import (
    Agent,
    Body,
    Line,
    Policy,
)
from agent_runs.schemas.official import OrganizationResponse, UserResponse


class Secret(BaseModel):
    """What is shown of a secret."""

    set: bool = Field(description="Whether there is one.")
    hint: str | None = Field(default=None, description="Its last four characters, if it is long.")


class Setting(BaseModel):
    """One setting and its current value."""

    name: str = Field(description="Name in `PUT /settings`.", examples=["default_agent"])
    variable: str = Field(description="Environment variable.", examples=["AGENT_RUNS_PORT"])
    description: str = Field(description="What it is for.")
    unit: str | None = Field(default=None, description="Unit of a number.")
    value: str | int | float | list[str] | Secret | None = Field(
        description="Current value; for a secret only whether it is set, and a hint."
    )
    changeable: bool = Field(
        description="Whether `PUT /settings` takes it. Settings that decide who can reach this "
        "server and what it runs are changed only in the environment or in the file."
    )
    from_environment: bool = Field(
        description="Whether it comes from the environment, which wins over a saved value."
    )


class SettingsResponse(BaseModel):
    """The settings in force."""

    env_file: str = Field(description="File that settings are saved to.")
    items: list[Setting] = Field(description="All settings.")
    restart_needed: list[str] = Field(
        default=[], description="Saved settings that take effect at the next start."
    )


class SettingsChange(Body):
    """Settings to save; what is left out does not change, null removes a saved value."""

    codegen_api_token: Annotated[Line, Field(max_length=500)] | None = Field(
        default=None,
        description="Token for the hosted Codegen API.",
        examples=["sk-your-token-here"],
    )
    codegen_org_id: Line | None = Field(
        default=None, description="Organization there.", examples=["323"]
    )
    codegen_base_url: Line | None = Field(
        default=None,
        description="Address of that API. With a new address, give the token again: a saved "
        "token is sent only to the address that it was saved with.",
        examples=[HOSTED_URL],
    )
    hosted_stop: Literal["auto", "ban", "none"] | None = Field(
        default=None, description="How to stop hosted runs."
    )
    default_agent: Agent = None
    permission_policy: Policy = None
    concurrency: int | None = Field(
        default=None, ge=1, le=1000, description="Runs that work at the same time."
    )
    idle_timeout_seconds: float | None = Field(
        default=None, gt=0, le=1e9, description="A run whose agent is silent for longer ends."
    )
    time_limit_seconds: float | None = Field(
        default=None, gt=0, le=1e9, description="A turn that takes longer ends as TIMEOUT."
    )


class SettingsCheckInput(Body):
    """Credentials to check; what is left out comes from the settings."""

    token: Line | None = Field(default=None, description="Token for the hosted Codegen API.")
    org_id: Line | int | None = Field(default=None, description="Organization there.")
    base_url: Line | None = Field(
        default=None,
        description="Address of that API. If it is not the saved one, give the token, too: the "
        "saved token is sent only to the saved address.",
        examples=[HOSTED_URL],
    )


class SettingsCheck(BaseModel):
    """The outcome of a check of credentials."""

    ok: bool = Field(description="Whether they work.")
    problem: Literal["unreachable", "token", "organization", "answer"] | None = Field(
        description="`unreachable`: no server answers; `token`: missing or wrong; `organization`: "
        "not one of the token's; `answer`: not a Codegen API; null: none."
    )
    message: str = Field(description="The same for people, and what to do.")
    user: UserResponse | None = Field(default=None, description="Owner of the token.")
    organizations: list[OrganizationResponse] = Field(
        default=[], description="Organizations that the token can use."
    )
