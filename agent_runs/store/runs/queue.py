"""Prompts for a run that works; each is sent when the turn before it is complete."""

from collections.abc import Sequence

from agent_runs.errors import Conflict
from agent_runs.models import QueuedPrompt
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import dump, now


async def insert(
    transaction: Transaction, run_id: int, *, prompt: str, images: Sequence[str] = ()
) -> QueuedPrompt:
    """Put a prompt at the end of the run's queue."""
    ((queued_id,),) = await transaction.execute(
        "insert into queued_prompt (run_id, payload) values (:run_id, '') returning id",
        {"run_id": run_id},
    )
    fields = {
        "id": queued_id,
        "agent_run_id": run_id,
        "prompt": prompt,
        "images": list(images),
        "created_at": now(),
    }
    payload = dump(fields, transaction.redact)
    await transaction.write(
        "update queued_prompt set payload = :payload where id = :id",
        {"payload": payload, "id": queued_id},
    )
    return QueuedPrompt.model_validate_json(payload)


async def list_(reader: Reader, run_id: int) -> list[QueuedPrompt]:
    """Return the waiting prompts, the next one first."""
    rows = await reader.read(
        "select payload from queued_prompt where run_id = :run_id order by id", {"run_id": run_id}
    )
    return [QueuedPrompt.model_validate_json(payload) for (payload,) in rows]


async def take(transaction: Transaction, run_id: int) -> QueuedPrompt | None:
    """Take the next prompt from the queue; None if it is empty."""
    rows = await transaction.execute(
        "delete from queued_prompt where id ="
        " (select min(id) from queued_prompt where run_id = :run_id) returning payload",
        {"run_id": run_id},
    )
    return QueuedPrompt.model_validate_json(rows[0][0]) if rows else None


async def withdraw(transaction: Transaction, run_id: int, queued_id: int) -> None:
    """Remove one prompt from the queue.

    Raises:
        Conflict: it no longer waits.
    """
    rows = await transaction.execute(
        "delete from queued_prompt where id = :id and run_id = :run_id returning id",
        {"id": queued_id, "run_id": run_id},
    )
    if not rows:
        raise Conflict(f"Prompt {queued_id} no longer waits: it was sent or withdrawn.")
