"""Webhooks, rules and settings of an organization, in the official shapes.

Source: the official OpenAPI document of 2026-02. Where it leaves answers untyped, the shapes are
ours.
"""

from typing import Annotated

from pydantic import BaseModel, Field

from agent_runs.models import Delivery
from agent_runs.schemas.answers import NativePage
from agent_runs.schemas.fields import Body, Line, OfficialInput, Text

WebhookUrl = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=2083,
        description="Address, https:// or http://. Addresses of this machine and its network "
        "are refused unless `AGENT_RUNS_WEBHOOK_PRIVATE` is set.",
        examples=["https://example.com/hooks/agent-runs"],
        json_schema_extra={"format": "uri"},
    ),
]
Secret = Annotated[
    Line | None,
    Field(description="Secret that signs the body, HMAC-SHA256; never returned."),
]


class WebhookOverride(OfficialInput):
    """A webhook of one run, in place of the organization's."""

    url: WebhookUrl
    secret: Secret = None


class WebhookConfigRequest(OfficialInput):
    """The webhook of an organization."""

    url: WebhookUrl
    secret: Secret = None
    enabled: bool = Field(default=True, description="Whether it is sent.")


class WebhookTestRequest(OfficialInput):
    """The receiver of a test webhook."""

    url: WebhookUrl


class WebhookConfigResponse(BaseModel):
    """The webhook of an organization, without its secret."""

    url: str | None = Field(description="Where it goes; null if there is none.")
    enabled: bool = Field(description="Whether it is sent.")
    has_secret: bool = Field(description="Whether it is signed.")


class WebhookTestResponse(BaseModel):
    """The outcome of a test webhook."""

    success: bool = Field(description="Whether the receiver accepted it.")
    status_code: int | None = Field(description="Status of the receiver's response, if any.")
    message: str = Field(description="The same, for people.")


class Done(BaseModel):
    """Whether something was done."""

    success: bool = Field(description="Whether it was done.")
    message: str = Field(description="What was done or why not, for people.")


class CLIRulesResponse(BaseModel):
    """Standing rules, which every agent gets when its session begins."""

    organization_rules: str | None = Field(description="Rules for all runs, in Markdown.")
    user_custom_prompt: str | None = Field(description="The user's own rules, in Markdown.")


class RulesChange(Body):
    """New standing rules; what is left out does not change, null removes."""

    organization_rules: Annotated[Text | None, Field(max_length=50_000)] = Field(
        default=None, description="Rules for all runs, in Markdown, as in an AGENTS.md file."
    )
    user_custom_prompt: Annotated[Text | None, Field(max_length=50_000)] = Field(
        default=None, description="The user's own rules, in Markdown."
    )


class DeliveryPage(NativePage[Delivery]):
    """One page of webhooks that were sent or are due, newest first."""
