"""A client of upstream whose every request takes a turn of its token's governor.

    client = connect(credentials, governor)
    with asking(Priority.USER):
        run = await client.get_agent_run(7)

What a call needs several requests for takes several turns; nothing can go past the budget.
"""

import contextlib
from collections.abc import AsyncGenerator, Generator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from agent_runs.client.asynchronous.client import AsyncCodegenClient
from agent_runs.client.base import AsyncGate, Call, Fault, RetryPolicy
from agent_runs.client.credentials import Credentials
from agent_runs.errors import Forbidden, RateLimited, Unauthorized, Unavailable
from agent_runs.providers.codegen.governor import Governor, Kind, Priority


@dataclass
class Asking:
    """What is asked for in a block of `asking`.

    Attributes:
        sent_at: when the last request of it had its turn, on the governor's clock; None: none had.
    """

    priority: Priority
    sent_at: float | None = None


_asking: ContextVar[Asking] = ContextVar("asking")


@contextlib.contextmanager
def asking(priority: Priority) -> Generator[Asking]:
    """Send what the block sends with this priority; without it everything is backfill."""
    asked = Asking(priority)
    token = _asking.set(asked)
    try:
        yield asked
    finally:
        _asking.reset(token)


@contextlib.contextmanager
def asking_for_a_person() -> Generator[Asking]:
    """Send what the block sends ahead of all else; a person waits for it.

    Raises:
        Unavailable: upstream refuses its token; the person's own token has nothing to do with it.
    """
    with asking(Priority.USER) as asked:
        try:
            yield asked
        except (Unauthorized, Forbidden) as exc:
            raise Unavailable(f"The hosted account refuses this: {exc.message}") from exc


def connect(
    credentials: Credentials, governor: Governor, *, timeout_seconds: float = 30.0
) -> AsyncCodegenClient:
    """Return a client that keeps to the budget; it sends nothing twice by itself."""
    return AsyncCodegenClient(
        found=credentials,
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
    """Return what lets each request of a client take its turn."""

    @contextlib.asynccontextmanager
    async def turn(call: Call[Any]) -> AsyncGenerator[None]:
        asked = _asking.get(None) or Asking(Priority.BACKFILL)
        async with governor.turn(asked.priority, kind=kind_of(call)):
            asked.sent_at = governor.now()
            try:
                yield
            except Fault as fault:
                if isinstance(fault.error, RateLimited):
                    governor.refused(fault.error.retry_after_seconds)
                raise

    return turn
