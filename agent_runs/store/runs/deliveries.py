"""Webhooks to deliver: an outbox that is filled in the transaction of the change.

A waiting delivery has a time when it is due. Taking it moves that time on: a process that dies in
the middle loses nothing, and no two processes send the same one at once.
"""

from datetime import datetime, timedelta
from typing import NamedTuple, TypedDict, Unpack

from agent_runs.models import AgentRun, Delivery
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import dump, milliseconds, moment, now


class Outgoing(NamedTuple):
    """A delivery that we must send now.

    Attributes:
        secret: signs it; never shown.
        run: JSON text of the run as it was when it ended.
    """

    delivery: Delivery
    secret: str | None
    run: str


class DeliveryChanges(TypedDict, total=False):
    """Fields of `Delivery` that an attempt changes."""

    state: str
    attempts: int
    due_at: datetime | None
    delivered_at: datetime | None
    status_code: int | None
    error: str | None


async def insert(
    transaction: Transaction, *, run: AgentRun, url: str, event: str, secret: str | None
) -> None:
    """Add a webhook about `run`, which is due as soon as the transaction commits."""
    created_at = now()
    ((delivery_id,),) = await transaction.execute(
        "insert into delivery (run_id, due_at, secret, body, payload)"
        " values (:run_id, :due_at, :secret, :body, '') returning id",
        {
            "run_id": run.id,
            "due_at": milliseconds(created_at),
            "secret": secret,
            "body": dump(run.model_dump(), transaction.redact),
        },
    )
    delivery = Delivery(
        id=delivery_id,
        agent_run_id=run.id,
        created_at=created_at,
        url=url,
        event=event,
        state="waiting",
        due_at=created_at,
    )
    await _write(transaction, delivery)


async def take(
    transaction: Transaction, at: datetime, lease: timedelta, *, limit: int = 1
) -> list[Outgoing]:
    """Take the deliveries that have waited longest; none if none is due.

    Args:
        at: the present time.
        lease: after this time others may take them, unless we have recorded their outcome.
        limit: how many at most.
    """
    rows = await transaction.execute(
        "select id, secret, body, payload from delivery where due_at <= :at"
        " order by due_at, id limit :limit"
        + (" for update skip locked" if transaction.for_update else ""),
        {"at": milliseconds(at), "limit": limit},
    )
    await transaction.executemany(
        "update delivery set due_at = :due_at where id = :id",
        [{"due_at": milliseconds(at + lease), "id": row[0]} for row in rows],
    )
    return [
        Outgoing(Delivery.model_validate_json(payload), secret, body)
        for _, secret, body, payload in rows
    ]


async def change(
    transaction: Transaction, delivery: Delivery, **changes: Unpack[DeliveryChanges]
) -> Delivery:
    """Record what became of an attempt; `due_at` None ends the delivery."""
    after = delivery.model_copy(update=changes)
    await _write(transaction, after)
    return after


async def prune(transaction: Transaction, keep: int) -> None:
    """Delete all but the newest `keep` deliveries; those that wait stay."""
    await transaction.write(
        "delete from delivery where due_at is null and id <="
        " (select id from delivery order by id desc limit 1 offset :keep)",
        {"keep": keep},
    )


async def next_due(reader: Reader) -> datetime | None:
    """Return when the next delivery is due; None if none waits."""
    ((due_at,),) = await reader.read("select min(due_at) from delivery")
    return None if due_at is None else moment(due_at)


async def page(
    reader: Reader, *, run_id: int | None, skip: int, limit: int
) -> tuple[list[Delivery], int]:
    """Return `(items, total)`: newest first, at most `limit`; of one run or of all."""
    where = "" if run_id is None else " where run_id = :run_id"
    params = {} if run_id is None else {"run_id": run_id}
    rows = await reader.read(
        f"select payload from delivery{where} order by id desc limit :limit offset :skip",
        params | {"limit": limit, "skip": skip},
    )
    ((total,),) = await reader.read(f"select count(*) from delivery{where}", params)
    return [Delivery.model_validate_json(payload) for (payload,) in rows], total


async def _write(transaction: Transaction, delivery: Delivery) -> None:
    due_at = None if delivery.due_at is None else milliseconds(delivery.due_at)
    # A delivery that is over needs neither the secret nor the message.
    over = ", secret = null, body = ''" if delivery.due_at is None else ""
    await transaction.write(
        f"update delivery set due_at = :due_at, payload = :payload{over} where id = :id",
        {
            "due_at": due_at,
            "payload": dump(delivery.model_dump(), transaction.redact),
            "id": delivery.id,
        },
    )
