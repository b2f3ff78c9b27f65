"""A client of upstream whose requests each take a turn of their token's governor.

    client = connect(credentials, governor)
    with asking(Priority.USER):
        run = await client.get_agent_run(7)

A call that needs several requests takes several turns; nothing can bypass the budget.
"""

import contextlib
from collections.abc import AsyncGenerator, Generator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import anyio

from agent_runs.client.asynchronous.client import AsyncCodegenClient
from agent_runs.client.base import AsyncGate, Call, Fault, RetryPolicy
from agent_runs.client.credentials import Credentials
from agent_runs.errors import Forbidden, RateLimited, Unauthorized, Unavailable
from agent_runs.providers.codegen.governor import Governor, Kind, Priority


@dataclass
class Asking:
    """The requests in a block of `asking`.

    Attributes:
        sent_at: when the last one had its turn, on the governor's clock; None: none had.
    """

    priority: Priority
    sent_at: float | None = None


_asking: ContextVar[Asking] = ContextVar("asking")


@contextlib.contextmanager
def asking(priority: Priority) -> Generator[Asking]:
    """Give the block's requests this priority; requests outside of a block are backfill."""
    requests = Asking(priority)
    token = _asking.set(requests)
    try:
        yield requests
    finally:
        _asking.reset(token)


@contextlib.contextmanager
def asking_for_a_person() -> Generator[Asking]:
    """Send the block's requests before all others, because a person waits for them.

    Raises:
        Unavailable: upstream refuses our token, which has nothing to do with the person's own.
    """
    with asking(Priority.USER) as requests:
        try:
            yield requests
        except (Unauthorized, Forbidden) as exc:
            raise Unavailable(f"The hosted account refused this: {exc.message}") from exc


def connect(
    credentials: Credentials, governor: Governor, *, timeout_seconds: float = 30.0
) -> AsyncCodegenClient:
    """Return a client that stays within the budget and never retries by itself."""
    return AsyncCodegenClient(
        credentials=credentials,
        timeout=timeout_seconds,
        retry=RetryPolicy(retries=0),
        gate=gate_of(governor),
    )


def kind_of(call: Call[Any]) -> Kind:
    """Return what a call is to upstream's limits."""
    if call.path.endswith("/logs"):
        return Kind.LOGS
    if call.method == "POST" and call.path.endswith("/agent/run"):
        return Kind.CREATE
    return Kind.READ


def gate_of(governor: Governor) -> AsyncGate:
    """Return a gate that makes each request of a client wait for its turn."""

    @contextlib.asynccontextmanager
    async def turn(call: Call[Any]) -> AsyncGenerator[None]:
        requests = _asking.get(None) or Asking(Priority.BACKFILL)
        async with governor.turn(requests.priority, kind=kind_of(call)):
            requests.sent_at = anyio.current_time()
            try:
                yield
            except Fault as fault:
                if isinstance(fault.error, RateLimited):
                    governor.refused(fault.error.retry_after_seconds)
                raise

    return turn
