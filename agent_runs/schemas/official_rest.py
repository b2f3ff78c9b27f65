"""Other parts of the official API: repositories, models, integrations, pull requests, sessions.

Source: the official OpenAPI document of 2026-02; sessions as its command line sends them.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent_runs.models import JSON, Repo
from agent_runs.schemas.fields import Id, Line, OfficialInput, Text
from agent_runs.schemas.official import OfficialPage, UserResponse

Count = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Retries = Annotated[int, Field(ge=0, le=10)]


class UserPage(OfficialPage[UserResponse]):
    """One page of users, in the official shape."""


class OfficialRepoPage(OfficialPage[Repo]):
    """One page of repositories, in the official shape."""


class CheckSuiteSettingsRequest(OfficialInput):
    """Settings of a repository's checks; what is null or left out does not change."""

    check_retry_count: Retries | None = Field(default=None, description="Retries of a check.")
    ignored_checks: list[Line] | None = Field(
        default=None, description="Checks to ignore.", max_length=1000
    )
    check_retry_counts: dict[Line, Count] | None = Field(
        default=None, description="Retries of single checks, by name."
    )
    custom_prompts: dict[Line, Text] | None = Field(
        default=None, description="Prompts for the agent that repairs a check, by its name."
    )
    high_priority_apps: list[Line] | None = Field(
        default=None, description="Apps whose checks come first.", max_length=1000
    )


class CheckSuiteSettingsResponse(BaseModel):
    """Settings of a repository's checks."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    check_retry_count: int = Field(default=3, description="Retries of a check.")
    ignored_checks: list[str] = Field(default=[], description="Checks to ignore.")
    check_retry_counts: dict[str, int] = Field(default={}, description="Retries of single checks.")
    custom_prompts: dict[str, str] = Field(default={}, description="Prompts for the agent.")
    high_priority_apps: list[str] = Field(default=[], description="Apps that come first.")
    available_check_suite_names: list[str] = Field(
        default=[], description="Checks that ran; always empty, as this server runs none."
    )


class ModelOption(BaseModel):
    """A model that runs can ask for."""

    label: str = Field(description="Name for people.")
    value: str = Field(description="Value for `model` of a new run.")


class ProviderModels(BaseModel):
    """Models of one agent."""

    name: str = Field(description="The agent.")
    models: list[ModelOption] = Field(description="Its models.")


class ModelsResponse(BaseModel):
    """What `model` of a new run can be."""

    providers: list[ProviderModels] = Field(description="Agents that can be used now.")
    default_model: str = Field(description="Model of runs that do not name one.")


class IntegrationStatus(BaseModel):
    """Something that this server works with."""

    integration_type: str = Field(description="What it is.")
    active: bool = Field(description="Whether it can be used now.")
    token_id: int | None = Field(default=None, description="Always null here.")
    installation_id: int | None = Field(default=None, description="Always null here.")
    metadata: dict[str, JSON] | None = Field(default=None, description="More about it.")


class OrganizationIntegrationsResponse(BaseModel):
    """What this server works with."""

    organization_id: int = Field(description="The organization.")
    organization_name: str = Field(description="Its name.")
    integrations: list[IntegrationStatus] = Field(description="Forge and agents.")
    total_active_integrations: int = Field(description="How many can be used now.")


class OAuthProviderResponse(BaseModel):
    """An identity provider."""

    id: int = Field(description="Id of the provider.")
    name: str = Field(description="Its name.")
    issuer: str = Field(description="Who issues its tokens.")
    authorization_endpoint: str = Field(description="Where users agree.")
    token_endpoint: str = Field(description="Where tokens come from.")
    default_scopes: list[str] | None = Field(description="Scopes to ask for.")
    is_mcp: bool = Field(description="Whether it is for MCP servers.")
    meta: dict[str, JSON] | None = Field(default=None, description="More about it.")


class GenerateTokenRequest(OfficialInput):
    """The organization that needs a token."""

    org_id: int = Field(description="Organization.", examples=[1])


class GenerateTokenResponse(BaseModel):
    """A token for Slack; this server has none."""

    token: str = Field(description="Always empty here.")
    message: str = Field(description="Why it is empty, for people.")
    expires_in_minutes: int = Field(description="Always 0 here.")


class EditPRInput(OfficialInput):
    """A change to a pull request."""

    state: Literal["open", "closed", "draft", "ready_for_review"] = Field(
        description="Its new state."
    )


class EditPRResponse(BaseModel):
    """The outcome of a change to a pull request."""

    success: bool = Field(description="Whether it was changed.")
    url: str | None = Field(default=None, description="Its page.")
    number: int | None = Field(default=None, description="Its number.")
    title: str | None = Field(default=None, description="Its title.")
    state: str | None = Field(default=None, description="Its current state.")
    error: str | None = Field(default=None, description="Why it was not changed.")


class GenerateSetupCommandsInput(OfficialInput):
    """A repository whose setup commands an agent should find out."""

    repo_id: Id = Field(description="Repository, see `GET /repos`.")
    prompt: Text | None = Field(default=None, description="What else the agent should know.")
    trigger_source: Line = Field(default="setup-commands", description="Stored in the metadata.")


class SetupCommandsResponse(BaseModel):
    """The run that finds out the setup commands."""

    agent_run_id: int = Field(description="Id of the run.")
    status: str = Field(description="Its status.")
    url: str = Field(description="Its page.")


class AnalyzeLogsResponse(BaseModel):
    """The run that analyzes another run's log."""

    agent_run_id: int = Field(description="Id of the run.")
    status: str = Field(description="Its status.")
    message: str = Field(description="What it analyzes.")


class ClaudeSession(OfficialInput):
    """A session of Claude Code in a terminal."""

    session_id: Line = Field(
        max_length=200, description="Its id.", examples=["5f0c1c2e-8a52-4d0e-9b5c-0d6f7a0f3a11"]
    )


class ClaudeSessionStatus(OfficialInput):
    """The status of a session."""

    status: Literal["ACTIVE", "COMPLETE", "ERROR", "CANCELLED"] = Field(description="Its status.")


class ClaudeSessionLine(OfficialInput):
    """One line of the session's file."""

    log: dict[str, JSON] = Field(description="The line, as Claude Code wrote it.")


class ClaudeSessionResponse(BaseModel):
    """The run that shows the session."""

    agent_run_id: int = Field(description="Id of the run.")
    status: str = Field(description="Its status.")
