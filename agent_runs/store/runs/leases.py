"""Which workers are alive: each beats regularly; one that stops counts as dead after a while."""

from datetime import datetime

from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import milliseconds


async def beat(transaction: Transaction, worker: str, seen_at: datetime) -> None:
    """Record that a worker is alive."""
    await transaction.write(
        "insert into worker (name, seen_at) values (:name, :seen_at)"
        " on conflict (name) do update set seen_at = excluded.seen_at",
        {"name": worker, "seen_at": milliseconds(seen_at)},
    )


async def alive(reader: Reader, since: datetime) -> list[str]:
    """Return the workers that beat at or after a time."""
    rows = await reader.read(
        "select name from worker where seen_at >= :since order by name",
        {"since": milliseconds(since)},
    )
    return [name for (name,) in rows]


async def dead(reader: Reader, older_than: datetime) -> list[str]:
    """Return the workers that have not beaten since a time."""
    rows = await reader.read(
        "select name from worker where seen_at < :older_than order by name",
        {"older_than": milliseconds(older_than)},
    )
    return [name for (name,) in rows]


async def remove(transaction: Transaction, worker: str) -> None:
    """Delete a worker."""
    await transaction.write("delete from worker where name = :name", {"name": worker})
