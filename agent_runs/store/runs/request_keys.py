"""Keys that callers gave their requests, so that one that is sent twice is carried out once."""

from datetime import datetime

from agent_runs.errors import Conflict, InvalidRequest
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import milliseconds, now


async def find(reader: Reader, name: str, digest: str) -> int | None:
    """Return the run that a request of that key was about; None when the key is new.

    Args:
        digest: of all that the request says.

    Raises:
        InvalidRequest: the key came with another request before.
    """
    rows = await reader.read(
        "select digest, run_id from request_key where name = :name", {"name": name}
    )
    if not rows:
        return None
    kept, run_id = rows[0]
    if kept != digest:
        raise InvalidRequest(
            "Idempotency-Key: it came with another request before, and nothing was done now. "
            "Use a new key for a new request, the same key only to send the same one again."
        )
    return int(run_id)


async def put(transaction: Transaction, name: str, digest: str, run_id: int) -> None:
    """Keep the key with what is done in the same transaction.

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
            "A request with this Idempotency-Key is being carried out. Send it again to see it."
        )


async def remove(transaction: Transaction, name: str) -> None:
    """Forget one key."""
    await transaction.write("delete from request_key where name = :name", {"name": name})


async def prune(transaction: Transaction, older_than: datetime) -> None:
    """Forget keys that nobody will send again."""
    await transaction.write(
        "delete from request_key where created_at < :before", {"before": milliseconds(older_than)}
    )
