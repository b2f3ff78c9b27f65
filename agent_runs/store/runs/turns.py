"""Turns: each prompt of a run, complete, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from agent_runs.errors import NotFound
from agent_runs.models import AgentRunStatus, Turn
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import clean_text, dump, milliseconds, moment, now
from agent_runs.store.runs import texts

_COLUMNS = (
    "run_id, turn, prompt, images, model, created_at, started_at, finished_at, status, result,"
    " stop_reason"
)
# Characters of a prompt and of a result that the list's word filter covers.
_FOLDED_LENGTH = 20_000


async def insert(
    transaction: Transaction,
    run_id: int,
    turn: int,
    *,
    prompt: str,
    images: Sequence[str] = (),
    model: str | None = None,
    created_at: datetime | None = None,
) -> Turn:
    """Add a turn that waits for work to begin."""
    new = Turn(
        agent_run_id=run_id,
        turn=turn,
        prompt=transaction.redact(clean_text(prompt)),
        images=tuple(images),
        model=model,
        created_at=created_at or now(),
    )
    await put(transaction, run_id, new)
    await texts.keep(transaction, run_id)
    return new


async def put(transaction: Transaction, run_id: int, turn: Turn) -> None:
    """Add a turn from another server."""
    clean = transaction.redact
    prompt = clean(clean_text(turn.prompt))
    result = None if turn.result is None else clean(clean_text(turn.result))
    await transaction.write(
        f"insert into turn ({_COLUMNS}, folded) values (:run_id, :turn, :prompt, :images, :model,"
        " :created_at, :started_at, :finished_at, :status, :result, :stop_reason, :folded)",
        {
            "run_id": run_id,
            "turn": turn.turn,
            "prompt": prompt,
            "images": dump(list(turn.images), str),
            "model": turn.model,
            "created_at": milliseconds(turn.created_at),
            "started_at": None if turn.started_at is None else milliseconds(turn.started_at),
            "finished_at": None if turn.finished_at is None else milliseconds(turn.finished_at),
            "status": turn.status,
            "result": result,
            "stop_reason": turn.stop_reason,
            "folded": _folded(prompt) + ("" if result is None else f"\n{_folded(result)}"),
        },
    )


async def get(reader: Reader, run_id: int, turn: int) -> Turn:
    """Return one turn.

    Raises:
        NotFound: the run has no such turn.
    """
    rows = await reader.read(
        f"select {_COLUMNS} from turn where run_id = :run_id and turn = :turn",
        {"run_id": run_id, "turn": turn},
    )
    if not rows:
        raise NotFound(f"Run {run_id} has no turn {turn}.")
    return _parse(rows[0])


async def list_(reader: Reader, run_id: int) -> list[Turn]:
    """Return all turns of a run, the first one first."""
    rows = await reader.read(
        f"select {_COLUMNS} from turn where run_id = :run_id order by turn",
        {"run_id": run_id},
    )
    return [_parse(row) for row in rows]


async def change_prompt(transaction: Transaction, run_id: int, turn: int, prompt: str) -> None:
    """Set the prompt of a turn that began without one."""
    text = transaction.redact(clean_text(prompt))
    await transaction.write(
        "update turn set prompt = :prompt, folded = :folded || folded"
        " where run_id = :run_id and turn = :turn",
        {"run_id": run_id, "turn": turn, "prompt": text, "folded": _folded(text)},
    )
    await texts.keep(transaction, run_id)


async def start(transaction: Transaction, run_id: int, turn: int) -> None:
    """Record that work on the turn began now."""
    await transaction.write(
        "update turn set status = :status, started_at = :started_at"
        " where run_id = :run_id and turn = :turn",
        {
            "run_id": run_id,
            "turn": turn,
            "status": AgentRunStatus.ACTIVE,
            "started_at": milliseconds(now()),
        },
    )


async def finish(
    transaction: Transaction,
    run_id: int,
    turn: int,
    *,
    status: str,
    result: str | None = None,
    stop_reason: str | None = None,
    finished_at: datetime | None = None,
) -> None:
    """Record how a turn ended, with the whole result."""
    text = None if result is None else transaction.redact(clean_text(result))
    await transaction.write(
        "update turn set status = :status, result = :result, stop_reason = :stop_reason,"
        " finished_at = :finished_at, folded = folded || :folded"
        " where run_id = :run_id and turn = :turn",
        {
            "run_id": run_id,
            "turn": turn,
            "status": status,
            "result": text,
            "stop_reason": stop_reason,
            "finished_at": milliseconds(finished_at or now()),
            "folded": "\n" + _folded(text or ""),
        },
    )
    await texts.keep(transaction, run_id)


def _folded(text: str) -> str:
    return text[:_FOLDED_LENGTH].casefold()


def _parse(row: tuple[Any, ...]) -> Turn:
    run_id, turn, prompt, images, model, created, started, finished, status, result, reason = row
    return Turn(
        agent_run_id=run_id,
        turn=turn,
        prompt=prompt,
        images=tuple(orjson.loads(images)),
        model=model,
        created_at=moment(created),
        started_at=None if started is None else moment(started),
        finished_at=None if finished is None else moment(finished),
        status=status,
        result=result,
        stop_reason=reason,
    )
