"""Webhooks, rules and settings of an organization, in the official shapes.

Source: the official OpenAPI document of 2026-02. Answers that it leaves untyped are ours.
"""

from typing import Annotated

from pydantic import BaseModel, Field

from agent_runs.models import Delivery
from agent_runs.schemas.fields import Body, Line, OfficialInput, Text

WebhookUrl = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=2083,
        description="Where to send, https:// or http://. Addresses of this machine and its network "
        "are refused unless `AGENT_RUNS_WEBHOOK_PRIVATE` is set.",
        examples=["https://example.com/hooks/agent-runs"],
        json_schema_extra={"format": "uri"},
    ),
]
Secret = Annotated[
    Line | None,
    Field(description="What the body is signed with, HMAC-SHA256; never given back."),
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
    """Where to send a sample."""

    url: WebhookUrl


class WebhookConfigResponse(BaseModel):
    """The webhook of an organization, without its secret."""

    url: str | None = Field(description="Where it goes; null when there is none.")
    enabled: bool = Field(description="Whether it is sent.")
    has_secret: bool = Field(description="Whether it is signed.")


class WebhookTestResponse(BaseModel):
    """What became of a sample."""

    success: bool = Field(description="Whether it was taken.")
    status_code: int | None = Field(description="What the receiver answered, if it did.")
    message: str = Field(description="The same, for people.")


class Done(BaseModel):
    """That something was done, or why not."""

    success: bool = Field(description="Whether it was done.")
    message: str = Field(description="What was done or why not, for people.")


class CLIRulesResponse(BaseModel):
    """Standing rules, added to what each agent gets when its session begins."""

    organization_rules: str | None = Field(description="What holds for all runs; Markdown.")
    user_custom_prompt: str | None = Field(description="What the user wants besides; Markdown.")


class RulesChange(Body):
    """New standing rules; what is left out stays, null removes."""

    organization_rules: Annotated[Text | None, Field(max_length=50_000)] = Field(
        default=None, description="What holds for all runs, Markdown, as in a file AGENTS.md."
    )
    user_custom_prompt: Annotated[Text | None, Field(max_length=50_000)] = Field(
        default=None, description="What the user wants besides, Markdown."
    )


class DeliveryPage(BaseModel):
    """One page of webhooks that were or are to be sent, newest first."""

    items: list[Delivery] = Field(description="The deliveries.")
    total: int = Field(description="Deliveries on all pages.")
    page: int = Field(description="Number of this page, from 1.")
    limit: int = Field(description="Deliveries on a page.")
    has_next: bool = Field(description="Whether there is another page.")
    has_prev: bool = Field(description="Whether there is a page before.")
