"""Request bodies of the native paths."""

from typing import Annotated, Literal

from pydantic import Field

from agent_runs.models import JSON
from agent_runs.schemas.fields import (
    Agent,
    Body,
    Images,
    Line,
    Metadata,
    Model,
    Options,
    Organization,
    Policy,
    Prompt,
    Provider,
    RepoId,
    Text,
    Title,
)


class QueuePrompt(Body):
    """A prompt to send when the current turn has ended."""

    prompt: Prompt
    images: Images = None


class MorePrompt(Body):
    """Details of a prompt that the path does not give; everything is optional."""

    prompt: Text | None = Field(
        default=None, description="Further text for the agent, after the words of the path."
    )
    images: Images = None


class _Choices(Body):
    metadata: Metadata = None
    agent: Agent = None
    repo_id: RepoId = None
    model: Model = None
    permission_policy: Policy = None
    options: Options = None
    title: Title = None
    provider: Provider = None
    organization_id: Organization = None


class CreateRun(_Choices, QueuePrompt):
    """A run to create."""

    mode: Line | None = Field(
        default=None,
        description="Prompt template, see `GET /templates`; the prompt mentions any other word. "
        "The run's metadata keeps `mode` and `original_query`.",
        examples=["plan"],
    )


class CreateRunMore(_Choices, MorePrompt):
    """Details of a new run that the path does not give; everything is optional."""


class ResumeRun(QueuePrompt):
    """Another prompt for a run that has ended."""

    model: Model = None
    permission_policy: Policy = None
    options: Options = None


class ResumeRunMore(MorePrompt):
    """Details of a resume that the path does not give; everything is optional."""

    model: Model = None
    permission_policy: Policy = None
    options: Options = None


class AnswerPermission(Body):
    """An answer to an agent's question: one of its options, yes or no, or a form filled in."""

    option_id: Line | None = Field(
        default=None, description="`option_id` of one of the offered options."
    )
    decision: Literal["allow", "reject"] | None = Field(
        default=None, description="`allow` or `reject`, once, in place of an option."
    )
    content: dict[str, JSON] | None = Field(
        default=None,
        description="What was filled in, by the names of the form's fields; for questions with a "
        "form, of which this is the answer yes.",
    )


class AddRepo(Body):
    """A repository to register."""

    url: Annotated[Text, Field(min_length=1, max_length=2000)] = Field(
        description="Absolute path of a local clone, or a git URL.",
        examples=["https://github.com/octocat/Hello-World.git"],
    )
    name: Line | None = Field(default=None, description="Short name; null derives it from the URL.")
