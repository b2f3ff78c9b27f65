"""Types of the fields of request bodies, with their checks and descriptions."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agent_runs.models import JSON, PermissionPolicy, ProviderName

LARGEST_ID = 2**63 - 1
"""Largest integer that both databases can hold."""

IMAGE_EXAMPLE = (
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"  # 1 x 1 pixel
)


def check_text(text: str) -> str:
    """Return `text`; ValueError if a database cannot store it."""
    if "\x00" in text:
        raise ValueError("it contains a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("it contains half of a surrogate pair, which is not valid text") from None
    return text


def check_says_something(text: str) -> str:
    """Return `text`; ValueError if it is only white space."""
    if not text.strip():
        raise ValueError("it is empty: say what the agent should do")
    return check_text(text)


Text = Annotated[str, AfterValidator(check_text)]
Line = Annotated[str, AfterValidator(check_text), Field(min_length=1, max_length=500)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Prompt = Annotated[
    str,
    AfterValidator(check_says_something),
    Field(
        description="What the agent should do. At most `AGENT_RUNS_PROMPT_LIMIT` characters "
        "(200,000 unless set).",
        examples=["Create a Python function that calculates fibonacci numbers"],
    ),
]
Images = Annotated[
    list[str] | None,
    Field(
        description="Images for the agent, as base64 data URIs: "
        "`data:image/(png|jpeg|gif|webp);base64,...`. 422 if the agent takes no images.",
        examples=[[IMAGE_EXAMPLE]],
    ),
]
Metadata = Annotated[
    dict[str, JSON] | None,
    Field(
        description="Your own JSON object, stored with the run and returned unchanged.",
        examples=[{"ticket": "ABC-12"}],
    ),
]
Model = Annotated[
    Line | None,
    Field(description="Model, as the agent names it; null takes the agent's default."),
]
Policy = Annotated[
    PermissionPolicy | None,
    Field(
        description="Answer to an agent that asks for permission: `allow` (once), `reject`, or "
        "`ask` (the run pauses until a person answers). Null takes the configured default."
    ),
]
Options = Annotated[
    dict[Line, Line] | None,
    Field(
        description="Choices for the agent, by the ids that it offers: `mode`, `effort` ... They "
        "are checked when its session begins. Null takes the agent's own.",
        examples=[{"mode": "plan"}],
        max_length=20,
    ),
]
Agent = Annotated[
    Line | None,
    Field(
        description="Agent profile, see `GET /agents`; null takes the configured default.",
        examples=["scripted"],
    ),
]
RepoId = Annotated[
    Id | None,
    Field(description="Repository to work in, see `GET /repos`; null gives it an empty folder."),
]
Provider = Annotated[
    ProviderName | None,
    Field(
        description="Where it works: `acp` on this machine, `codegen` at a hosted account. Null "
        "follows the organization, the repository or the agent. Without any of these it works at "
        "the hosted account if one is set, otherwise here."
    ),
]
Organization = Annotated[
    Id | None,
    Field(
        description="Organization, see `GET /hosted`; 1 is this machine's. Null takes the first "
        "hosted organization if the run works at a hosted account."
    ),
]
Title = Annotated[Line | None, Field(description="Name in lists, at most 500 characters.")]


class Body(BaseModel):
    """A request body: unknown fields are refused, so that typing errors are noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OfficialInput(BaseModel):
    """A request body of the official API: unknown fields are ignored, as there."""

    model_config = ConfigDict(extra="ignore", frozen=True)
