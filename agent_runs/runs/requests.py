"""What a person asks for, checked: the inputs of `Runs.create` and `Runs.resume`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Unpack

import orjson

from agent_runs.errors import InvalidRequest
from agent_runs.models import JSON, AgentRun, PermissionPolicy, SourceType
from agent_runs.runs import once
from agent_runs.runs.images import check_images
from agent_runs.runs.templates import PLACEHOLDER
from agent_runs.runs.webhooks import Webhook, keep_for_run
from agent_runs.schemas import fields
from agent_runs.schemas.answers import TemplateInfo
from agent_runs.store.engine.database import Transaction
from agent_runs.store.runs import runs
from agent_runs.store.runs.changes import RunFields


@dataclass(frozen=True)
class NewRun:
    """A run to create. `agent`, `permission_policy`: None takes the configured default.

    Attributes:
        prompt: the text for the agent; with `mode`, what goes into the template.
        images: data URIs.
        mode: name of a prompt template; the prompt states an unknown name.
        original_query: what the metadata keep next to `mode`; None means the prompt.
        options: choices for the agent, by the ids that it offers.
        webhooks: called at the run's end instead of the organization's; None means that one.
        provider: `acp` (works here) or `codegen` (works at a hosted account); None chooses.
        organization_id: None means the local one, or the first hosted one.
        agent_type: the hosted service's word for the agent.
        surface: which of this program's own surfaces sent it; None for other programs.
        key: the caller's; requests with the same key are carried out once.
    """

    prompt: str
    images: tuple[str, ...] = ()
    metadata: dict[str, JSON] = field(default_factory=dict[str, JSON])
    agent: str | None = None
    repo_id: int | None = None
    model: str | None = None
    permission_policy: PermissionPolicy | None = None
    options: dict[str, str] | None = None
    title: str | None = None
    source_type: str = SourceType.API
    surface: str | None = None
    user_id: int = 1
    organization_id: int | None = None
    mode: str | None = None
    original_query: str | None = None
    webhooks: tuple[Webhook, ...] | None = None
    provider: str | None = None
    agent_type: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class InputLimits:
    """How much one request may contain.

    Attributes:
        prompt: characters.
        metadata_bytes: size of the metadata as JSON.
        images: how many.
        image_bytes: size of one image, decoded.
    """

    prompt: int = 200_000
    metadata_bytes: int = 65_536
    images: int = 10
    image_bytes: int = 10 * 1024 * 1024


def check_prompt(prompt: str, limits: InputLimits) -> None:
    """Raise InvalidRequest if the prompt is empty or too long."""
    if not prompt.strip():
        raise InvalidRequest("prompt: it is empty. Say what the agent should do.")
    if len(prompt) > limits.prompt:
        raise InvalidRequest(
            f"prompt: it has {len(prompt):,} characters; at most {limits.prompt:,} are allowed. "
            "Put long material into a file of the repository and name it in the prompt."
        )
    check_text("prompt", prompt)


def check_text(name: str, text: str) -> None:
    """Raise InvalidRequest for text that databases and agents cannot take."""
    try:
        fields.check_text(text)
    except ValueError as exc:
        raise InvalidRequest(f"{name}: {exc}.") from exc


def check_new_run(new: NewRun, limits: InputLimits) -> None:
    """Raise InvalidRequest if the request cannot become a run; nothing was stored."""
    check_prompt(new.prompt, limits)
    for name, text in (("title", new.title), ("model", new.model), ("mode", new.mode)):
        if text is not None:
            check_text(name, text)
            if len(text) > 500:  # noqa: PLR2004 - a line of text; the message says it
                raise InvalidRequest(f"{name}: at most 500 characters are allowed.")
    try:
        size = len(orjson.dumps(new.metadata))
    except (TypeError, ValueError) as exc:
        raise InvalidRequest("metadata: it cannot be written as JSON.") from exc
    if size > limits.metadata_bytes:
        raise InvalidRequest(
            f"metadata: it has {size:,} bytes as JSON; at most {limits.metadata_bytes:,} are "
            "allowed."
        )
    check_images(new.images, limit_count=limits.images, limit_bytes=limits.image_bytes)


def apply_mode(new: NewRun, templates: Mapping[str, TemplateInfo]) -> tuple[str, dict[str, JSON]]:
    """Return the prompt and the metadata of a new run with its mode applied."""
    if not new.mode:
        return new.prompt, new.metadata
    query = new.prompt if new.original_query is None else new.original_query
    metadata = new.metadata | {"mode": new.mode, "original_query": query}
    template = templates.get(new.mode)
    if template is not None:
        return template.text.replace(PLACEHOLDER, new.prompt), metadata
    return f"Mode: {new.mode}\n\n{new.prompt}", metadata


async def store_new(
    transaction: Transaction, new: NewRun, request: once.Request, **own: Unpack[RunFields]
) -> AgentRun:
    """Store a new run with the key of its request and its webhooks.

    Args:
        own: what the place sets.
    """
    common: RunFields = {
        "metadata": new.metadata,
        "model": new.model,
        "options": new.options or {},
        "repo_id": new.repo_id,
        "title": new.title,
        "source_type": SourceType.LOCAL if new.surface else new.source_type,
        "surface": new.surface,
        "user_id": new.user_id,
    }
    fields: RunFields = {**common, **own}
    run = await runs.insert(transaction, prompt=new.prompt, images=new.images, **fields)
    await once.keep(transaction, request, run.id)
    await keep_for_run(transaction, run, new.webhooks)
    return run
