"""Requests that carry a key of the caller are carried out once, however often they are sent.

The key is kept in the transaction that does the work, so there is no moment at which one is done
and the other is not known. Source: the `Idempotency-Key` header, an IETF draft of 2025-10.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent_runs.errors import Conflict
from agent_runs.models import JSON
from agent_runs.store.engine.database import Database, Transaction
from agent_runs.store.runs import request_keys

KEPT = timedelta(days=1)
"""So long a key is known."""


@dataclass(frozen=True)
class Request:
    """A request and its key.

    Attributes:
        key: the caller's; None: it may be carried out as often as it comes.
        digest: of what it asks for.
    """

    key: str | None
    digest: str


def request(key: str | None, *asked: JSON) -> Request:
    """Return what identifies a request that asks for this; `repr` tells it from others."""
    return Request(key, hashlib.sha256(repr(asked).encode(errors="replace")).hexdigest())


async def carried_out(
    database: Database, asked: Request, carry_out: Callable[[], Awaitable[int]]
) -> int:
    """Return the run that a request was about, and carry it out only when it is new.

    Args:
        carry_out: keeps the key with `keep`, in the transaction that does the work.

    Raises:
        InvalidRequest: the key came with another request before.
    """
    if asked.key is None:
        return await carry_out()
    done = await request_keys.find(database, asked.key, asked.digest)
    if done is not None:
        return done
    try:
        return await carry_out()
    except Conflict:
        # The same request may have been carried out at this very moment.
        done = await request_keys.find(database, asked.key, asked.digest)
        if done is None:
            raise
        return done


async def keep(transaction: Transaction, asked: Request, run_id: int) -> None:
    """Keep the key with what the transaction does; forget old ones.

    Raises:
        Conflict: the same request is being carried out; the transaction must not commit.
    """
    if asked.key is not None:
        await request_keys.prune(transaction, datetime.now(UTC) - KEPT)
        await request_keys.put(transaction, asked.key, asked.digest, run_id)


async def forget(transaction: Transaction, asked: Request) -> None:
    """Forget the key of a request that was not carried out after all."""
    if asked.key is not None:
        await request_keys.remove(transaction, asked.key)
