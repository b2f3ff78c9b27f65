"""Keys of callers' requests: a request that is sent twice is carried out once."""

from datetime import datetime

from agent_runs.errors import Conflict, InvalidRequest
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import milliseconds, now


async def find(reader: Reader, name: str, digest: str) -> int | None:
    """Return the run of the request with that key; None if the key is new.

    Args:
        digest: of everything that the request says.

    Raises:
        InvalidRequest: the key came with another request before.
    """
    rows = await reader.read(
        "select digest, run_id from request_key where name = :name", {"name": name}
    )
    if not rows:
        return None
    before, run_id = rows[0]
    if before != digest:
        raise InvalidRequest(
            "This Idempotency-Key was already used for a different request. Nothing was done. Use "
            "a new key for a new request, and the same key only to send the same request again."
        )
    return int(run_id)


async def put(transaction: Transaction, name: str, digest: str, run_id: int) -> None:
    """Store the key in the transaction that does the work.

    Raises:
        Conflict: the same request was carried out at this very moment; nothing is done twice.
    """
    rows = await transaction.execute(
        "insert into request_key (name, digest, run_id, created_at)"
        " values (:name, :digest, :run_id, :now) on conflict (name) do nothing returning run_id",
        {"name": name, "digest": digest, "run_id": run_id, "now": milliseconds(now())},
    )
    if not rows:
        raise Conflict(
            "A request with this Idempotency-Key is being carried out. Send it again later."
        )


async def remove(transaction: Transaction, name: str) -> None:
    """Delete one key."""
    await transaction.write("delete from request_key where name = :name", {"name": name})


async def prune(transaction: Transaction, older_than: datetime) -> None:
    """Delete keys that nobody will send again."""
    await transaction.write(
        "delete from request_key where created_at < :before", {"before": milliseconds(older_than)}
    )
