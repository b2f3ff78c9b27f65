"""The event table: what subscribers get, in the order of commits."""

from agent_runs.events import StoredEvent
from agent_runs.store.engine.database import Reader, Transaction


async def after(
    reader: Reader, after_id: int, limit: int, run_id: int | None = None
) -> list[StoredEvent]:
    """Return the next events by id, oldest first, at most `limit`; of one run or of all."""
    only = "" if run_id is None else " and run_id = :run_id"
    rows = await reader.read(
        "select id, kind, run_id, body from event"
        f" where id > :after{only} order by id limit :limit",
        {"after": after_id, "limit": limit} | ({} if run_id is None else {"run_id": run_id}),
    )
    return [StoredEvent(*row) for row in rows]


async def bounds(reader: Reader) -> tuple[int, int]:
    """Return `(oldest_id, newest_id)` of what is stored; `(1, 0)` if there is nothing yet."""
    rows = await reader.read("select (select min(id) from event), (select max(id) from event)")
    oldest, newest = rows[0]
    return (1, 0) if oldest is None else (oldest, newest)


async def prune(transaction: Transaction, keep: int) -> None:
    """Delete all but the newest `keep` events; `keep` is at least 1."""
    await transaction.write(
        "delete from event where id <="
        " (select id from event order by id desc limit 1 offset :keep)",
        {"keep": max(keep, 1)},
    )
