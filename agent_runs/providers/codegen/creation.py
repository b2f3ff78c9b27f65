"""Creates a run upstream exactly once, whatever happens to the request, to its answer or to us.

Upstream has no idempotency: the same request twice is two runs. So the request carries a key of
ours in `metadata` (and as `Idempotency-Key`, which only a server of this program knows), and each
step is saved before the next:

    WAITING ── save SENDING, send ──> CREATED | REFUSED
       ^                 │ lost answer, 5xx, or we were killed
       │ not taken       v
       └─── settled ── UNKNOWN ── look in upstream's list ──> CREATED

It is sent again only when upstream's list, asked well after, shows no run of that key and none that
might be it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from agent_runs.client.asynchronous.client import AsyncCodegenClient
from agent_runs.client.base import PAGE_LIMIT
from agent_runs.errors import (
    AgentRunsError,
    Conflict,
    Forbidden,
    InvalidRequest,
    NotFound,
    PaymentRequired,
    RateLimited,
    ServerUnreachable,
    TooLarge,
    Unauthorized,
)
from agent_runs.models import JSON, AgentRun, SourceType
from agent_runs.providers.codegen.governor import Priority
from agent_runs.providers.codegen.upstream import asking

KEY = "agent_runs_request"
"""Name of our key in a run's `metadata`."""
SETTLE_SECONDS = 120.0
"""After so long a request that was under way has arrived upstream or never will."""
_MOST_PAGES = 20
# Upstream said no before it made anything.
_REFUSALS = (InvalidRequest, NotFound, Conflict, TooLarge)
_NOT_NOW = (Unauthorized, Forbidden, PaymentRequired, RateLimited)


class CreationState(StrEnum):
    """Where a creation stands."""

    WAITING = "waiting"
    SENDING = "sending"
    UNKNOWN = "unknown"
    CREATED = "created"
    REFUSED = "refused"


@dataclass(frozen=True)
class Creation:
    """A run that is to be created upstream, as it is stored.

    Attributes:
        key: unique, made here.
        options: as `AsyncCodegenClient.create_agent_run` takes them, `metadata` among them.
        sent_at: when it was sent last, epoch seconds.
        run: upstream's answer, once there is one.
        error: what stands in the way, for a person.
        cause: the same, for the program.
    """

    key: str
    prompt: str
    options: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    state: CreationState = CreationState.WAITING
    sent_at: float | None = None
    run: AgentRun | None = None
    error: str | None = None
    cause: AgentRunsError | None = None


Save = Callable[[Creation], Awaitable[None]]
"""Stores a creation; it is stored when it returns."""


async def advance(
    client: AsyncCodegenClient,
    creation: Creation,
    *,
    save: Save,
    now: Callable[[], float],
    knew: Callable[[AgentRun], bool],
) -> Creation:
    """Do the next step and save what came of it; call it again until it is CREATED or REFUSED.

    Errors of upstream are told in `error` and `cause`, and are never raised.

    Args:
        now: epoch seconds.
        knew: whether a run of upstream's list was known here before this one was asked for.
    """
    if creation.state == CreationState.WAITING:
        sending = replace(
            creation, state=CreationState.SENDING, sent_at=now(), error=None, cause=None
        )
        await save(sending)
        after = await _send(client, sending)
    elif creation.state in {CreationState.SENDING, CreationState.UNKNOWN}:
        # Found SENDING: we were ended while it was under way.
        after = await _look(client, creation, now(), knew)
    else:
        return creation
    if after != creation:
        await save(after)
    return after


def key_of(run: AgentRun) -> str | None:
    """Return our key of a run that was created from here, None for others."""
    key = run.metadata.get(KEY)
    return key if isinstance(key, str) else None


async def _send(client: AsyncCodegenClient, creation: Creation) -> Creation:
    options = dict(creation.options)
    given: dict[str, JSON] = options.pop("metadata", None) or {}
    metadata = given | {KEY: creation.key}
    try:
        with asking(Priority.CREATE):
            run = await client.create_agent_run(
                creation.prompt, metadata=metadata, idempotency_key=creation.key, **options
            )
    except AgentRunsError as exc:
        return _failed(creation, exc)
    return replace(creation, state=CreationState.CREATED, run=run)


def _failed(creation: Creation, error: AgentRunsError) -> Creation:
    if isinstance(error, _REFUSALS):
        state = CreationState.REFUSED
    elif isinstance(error, _NOT_NOW) or (
        isinstance(error, ServerUnreachable) and not error.may_have_happened
    ):
        state = CreationState.WAITING
    else:
        state = CreationState.UNKNOWN
    return replace(creation, state=state, error=error.message, cause=error)


async def _look(
    client: AsyncCodegenClient, creation: Creation, now: float, knew: Callable[[AgentRun], bool]
) -> Creation:
    try:
        with asking(Priority.CREATE):
            found, maybe = await _find(client, creation.key, knew)
    except AgentRunsError as exc:
        return replace(creation, state=CreationState.UNKNOWN, error=exc.message, cause=exc)
    if found is not None:
        return replace(creation, state=CreationState.CREATED, run=found, error=None, cause=None)
    unknown = replace(creation, state=CreationState.UNKNOWN, cause=None)
    if maybe:
        listed = ", ".join(str(run.id) for run in maybe[:5])
        text = f"It may have been created: {listed}. Look there; it is not sent again by itself."
        return replace(unknown, error=text)
    if creation.sent_at is None or now - creation.sent_at < SETTLE_SECONDS:
        return replace(unknown, error="Its answer was lost. It is looked for in the list.")
    return replace(unknown, state=CreationState.WAITING, error=None)


async def _find(
    client: AsyncCodegenClient, key: str, knew: Callable[[AgentRun], bool]
) -> tuple[AgentRun | None, list[AgentRun]]:
    """Return the run of that key, or runs that might be it where upstream tells no metadata."""
    maybe: list[AgentRun] = []
    tells = False
    for number in range(_MOST_PAGES):
        page = await client.list_agent_runs(skip=number * PAGE_LIMIT, limit=PAGE_LIMIT)
        for run in page.items:
            if key_of(run) == key:
                return run, []
        # Where other runs show their keys, ours would, too.
        tells = tells or any(key_of(run) for run in page.items)
        new = [run for run in page.items if not knew(run)]
        maybe += [run for run in new if not run.metadata and run.source_type == SourceType.API]
        # Newest first: after a page of runs that were all known before comes nothing newer.
        if len(page.items) < PAGE_LIMIT or not new:
            break
    return None, [] if tells else maybe
