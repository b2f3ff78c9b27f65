"""Requests with a caller's key are carried out once, however often they are sent.

The key is stored in the transaction that does the work, so neither is ever there without the other.
Source: the `Idempotency-Key` header, an IETF draft of 2025-10.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent_runs.errors import Conflict
from agent_runs.models import JSON
from agent_runs.store.engine.database import Database, Transaction
from agent_runs.store.runs import request_keys

LIFETIME = timedelta(days=1)
"""How long a key is remembered."""


@dataclass(frozen=True)
class Request:
    """A request and its key.

    Attributes:
        key: the caller's; None: it is carried out each time it comes.
        digest: of what it asks for.
    """

    key: str | None
    digest: str


def request(key: str | None, *content: JSON) -> Request:
    """Return the identity of a request; `repr` of its content tells it from others."""
    return Request(key, hashlib.sha256(repr(content).encode(errors="replace")).hexdigest())


async def carried_out(
    database: Database, request: Request, carry_out: Callable[[], Awaitable[int]]
) -> int:
    """Carry a request out if it is new; return the id of its run.

    Args:
        carry_out: stores the key with `keep`, in the transaction that does the work.

    Raises:
        InvalidRequest: the key came with another request before.
    """
    if request.key is None:
        return await carry_out()
    run_id = await request_keys.find(database, request.key, request.digest)
    if run_id is not None:
        return run_id
    try:
        return await carry_out()
    except Conflict:
        # The same request may have been carried out at this very moment.
        run_id = await request_keys.find(database, request.key, request.digest)
        if run_id is None:
            raise
        return run_id


async def keep(transaction: Transaction, request: Request, run_id: int) -> None:
    """Store the key with what the transaction does, and delete old keys.

    Raises:
        Conflict: the same request is being carried out; the transaction must not commit.
    """
    if request.key is not None:
        await request_keys.prune(transaction, datetime.now(UTC) - LIFETIME)
        await request_keys.put(transaction, request.key, request.digest, run_id)


async def forget(transaction: Transaction, request: Request) -> None:
    """Delete the key of a request that was not carried out after all."""
    if request.key is not None:
        await request_keys.remove(transaction, request.key)
