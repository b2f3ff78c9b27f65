"""Shapes of the official API, under their official names.

Source: the official OpenAPI document of 2026-02.
"""

from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, Field

from agent_runs.models import AgentRun, AgentRunLog
from agent_runs.schemas.fields import (
    Agent,
    Id,
    Images,
    Line,
    Metadata,
    Model,
    OfficialInput,
    Policy,
    Prompt,
    Provider,
    RepoId,
    Text,
    Title,
)
from agent_runs.schemas.official_webhooks import WebhookOverride

T = TypeVar("T")
Webhooks = Annotated[
    list[WebhookOverride] | None,
    Field(
        max_length=10,
        description="Called when the run ends, in place of the organization's webhook; an empty "
        "list calls none.",
    ),
]


class OfficialPage(BaseModel, Generic[T]):
    """One page of a list, in the official shape."""

    items: list[T] = Field(description="What is on this page.")
    total: int = Field(description="Matching items on all pages.")
    page: int = Field(description="Number of this page, from 1.")
    size: int = Field(description="Items on a page.")
    pages: int = Field(description="Number of pages.")

    @classmethod
    def of(cls, items: list[T], total: int, skip: int, limit: int) -> Self:
        """Return a page, by how many items come before it."""
        page, pages = skip // limit + 1, -(-total // limit)
        return cls(items=items, total=total, page=page, size=limit, pages=pages)


class AgentRunPage(OfficialPage[AgentRun]):
    """One page of runs, newest first, in the official shape; long texts end at 1,000 letters."""


class AgentRunWithLogsResponse(AgentRun):
    """A run with one page of its entries, in the official shape."""

    logs: list[AgentRunLog] = Field(description="The entries, oldest first unless reversed.")
    total_logs: int = Field(description="Matching entries on all pages.")
    page: int = Field(description="Number of this page, from 1.")
    size: int = Field(description="Entries on a page.")
    pages: int = Field(description="Number of pages.")


class UserResponse(BaseModel):
    """A user, in the official shape."""

    id: int = Field(description="Id of the user.")
    email: str | None = Field(default=None, description="Email address.")
    github_user_id: str = Field(description="Id at GitHub; empty for the local user.")
    github_username: str = Field(description="Name at GitHub; `local` for the local user.")
    avatar_url: str | None = Field(default=None, description="Picture.")
    full_name: str | None = Field(default=None, description="Name for people.")
    role: str | None = Field(default=None, description="ADMIN, MANAGER or MEMBER.")
    is_admin: bool | None = Field(default=None, description="Deprecated, see `role`.")


class OrganizationSettings(BaseModel):
    """What an organization allows."""

    enable_pr_creation: bool = Field(default=True, description="Whether agents may open PRs.")
    enable_rules_detection: bool = Field(
        default=True, description="Whether agents look for a repository's rule files."
    )


class OrganizationResponse(BaseModel):
    """An organization, in the official shape."""

    id: int = Field(description="Id of the organization.")
    name: str = Field(description="Name for people.")
    settings: OrganizationSettings = Field(description="What it allows.")


class OrganizationPage(OfficialPage[OrganizationResponse]):
    """One page of organizations, in the official shape."""


class CreateAgentRunInput(OfficialInput):
    """A run to create, in the official shape."""

    prompt: Prompt
    images: Images = None
    metadata: Metadata = None
    repo_id: RepoId = None
    model: Model = None
    agent_type: Literal["codegen", "claude_code"] | None = Field(
        default=None,
        description="`claude_code` takes the agent `claude` if it is available; `codegen` and null "
        "take the configured default.",
    )
    agent: Agent = None
    permission_policy: Policy = None
    title: Title = None
    provider: Provider = None
    mode: Line | None = Field(default=None, description="Prompt template, see `GET /templates`.")
    webhooks: Webhooks = None


class ResumeAgentRunInput(OfficialInput):
    """Another prompt for a run that has ended, in the official shape."""

    agent_run_id: Id = Field(description="Id of the run.", examples=[1])
    prompt: Prompt
    images: Images = None
    model: Model = None
    permission_policy: Policy = None
    webhooks: Webhooks = None


class StopAgentRunInput(OfficialInput):
    """A run to stop, in the official shape."""

    agent_run_id: Id = Field(description="Id of the run.", examples=[1])
    before_card_order_id: Text | None = Field(
        default=None, description="Place on a board; ignored, as this server has no boards."
    )
    after_card_order_id: Text | None = Field(default=None, description="Ignored, too.")
