"""Creates a run upstream exactly once, whatever happens to the request, its response or us.

Upstream has no idempotency: the same request twice makes two runs. So the request carries our key
in `metadata` (and as `Idempotency-Key`, which only servers of this program know), and each step is
saved before the next:

    WAITING ── save SENDING, send ──> CREATED | REFUSED
       ^                 │ lost response, 5xx, or we were killed
       │ not taken       v
       └─── settled ── UNKNOWN ── look in upstream's list ──> CREATED

It is sent again only if upstream's list, read much later, shows no run with that key and none that
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
"""After this time, a request that was under way has arrived upstream or never will."""
_MOST_PAGES = 20
# Upstream refused before it created anything.
_REFUSALS = (InvalidRequest, NotFound, Conflict, TooLarge)
_NOT_NOW = (Unauthorized, Forbidden, PaymentRequired, RateLimited)


class CreationState(StrEnum):
    """How far a creation is."""

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
        options: as `AsyncCodegenClient.create_agent_run` takes them, including `metadata`.
        sent_at: when it was last sent, in epoch seconds.
        run: upstream's answer, once there is one.
        error: what prevents it, for a person.
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
"""Stores a creation before it returns."""


async def advance(
    client: AsyncCodegenClient,
    creation: Creation,
    *,
    save: Save,
    now: Callable[[], float],
    knew: Callable[[AgentRun], bool],
) -> Creation:
    """Do the next step and save its result; call it again until it is CREATED or REFUSED.

    Errors of upstream are put into `error` and `cause`, and never raised.

    Args:
        now: epoch seconds.
        knew: whether a run in upstream's list was known here before this request.
    """
    if creation.state == CreationState.WAITING:
        sending = replace(
            creation, state=CreationState.SENDING, sent_at=now(), error=None, cause=None
        )
        await save(sending)
        after = await _send(client, sending)
    elif creation.state in {CreationState.SENDING, CreationState.UNKNOWN}:
        # SENDING: we were killed while the request was under way.
        after = await _look(client, creation, now(), knew)
    else:
        return creation
    if after != creation:
        await save(after)
    return after


def key_of(run: AgentRun) -> str | None:
    """Return our key of a run that was created from here, None for other runs."""
    key = run.metadata.get(KEY)
    return key if isinstance(key, str) else None


async def _send(client: AsyncCodegenClient, creation: Creation) -> Creation:
    options = dict(creation.options)
    metadata: dict[str, JSON] = options.pop("metadata", None) or {}
    metadata = metadata | {KEY: creation.key}
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
            run, candidates = await _find(client, creation.key, knew)
    except AgentRunsError as exc:
        return replace(creation, state=CreationState.UNKNOWN, error=exc.message, cause=exc)
    if run is not None:
        return replace(creation, state=CreationState.CREATED, run=run, error=None, cause=None)
    unknown = replace(creation, state=CreationState.UNKNOWN, cause=None)
    if candidates:
        ids = ", ".join(str(run.id) for run in candidates[:5])
        text = f"The run may exist at the hosted account: {ids}. Look there; it is not sent again."
        return replace(unknown, error=text)
    if creation.sent_at is None or now - creation.sent_at < SETTLE_SECONDS:
        text = "The response was lost. We look for the run in the hosted account's list."
        return replace(unknown, error=text)
    return replace(unknown, state=CreationState.WAITING, error=None)


async def _find(
    client: AsyncCodegenClient, key: str, knew: Callable[[AgentRun], bool]
) -> tuple[AgentRun | None, list[AgentRun]]:
    """Return the run with that key, or, if upstream hides metadata, runs that might be it."""
    candidates: list[AgentRun] = []
    shows_keys = False
    for number in range(_MOST_PAGES):
        page = await client.list_agent_runs(skip=number * PAGE_LIMIT, limit=PAGE_LIMIT)
        for run in page.items:
            if key_of(run) == key:
                return run, []
        # If other runs show their keys, ours would, too.
        shows_keys = shows_keys or any(key_of(run) for run in page.items)
        new = [run for run in page.items if not knew(run)]
        candidates += [run for run in new if not run.metadata and run.source_type == SourceType.API]
        # Newest first: after a page of runs that were all known before, nothing newer follows.
        if len(page.items) < PAGE_LIMIT or not new:
            break
    return None, [] if shows_keys else candidates
