"""Questions of agents that a person has to answer, and the answers."""

from collections.abc import Mapping, Sequence

from agent_runs.errors import PermissionAnswered, PermissionNotFound
from agent_runs.events import EventKind
from agent_runs.models import JSON, PermissionRequest
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import clean_text, dump, now

_PENDING = "pending"
_ANSWERED = "answered"
_WITHDRAWN = "withdrawn"


async def insert(
    transaction: Transaction,
    *,
    run_id: int,
    turn: int,
    tool_call: Mapping[str, JSON],
    options: Sequence[Mapping[str, JSON]],
) -> PermissionRequest:
    """Record a question and tell subscribers.

    Args:
        transaction: the question is there once it commits.
        run_id: whose agent asks.
        turn: number of the turn.
        tool_call: as the agent described it.
        options: ACP option objects (`optionId`, `name`, `kind`).
    """
    ((permission_id,),) = await transaction.execute(
        "insert into permission (run_id, state, payload) values (:run_id, :state, '') returning id",
        {"run_id": run_id, "state": _PENDING},
    )
    asked = {
        "id": permission_id,
        "agent_run_id": run_id,
        "turn": turn,
        "created_at": now(),
        "tool_call": tool_call,
        "options": [_option(option) for option in options],
        "state": _PENDING,
        "option_id": None,
        "answered_at": None,
    }
    return await _write(transaction, asked, EventKind.PERMISSION_REQUESTED)


async def put(transaction: Transaction, run_id: int, asked: PermissionRequest) -> None:
    """Add a question as it was on another server; one that still waited there is withdrawn."""
    state = _WITHDRAWN if asked.state == _PENDING else asked.state
    ((permission_id,),) = await transaction.execute(
        "insert into permission (run_id, state, payload) values (:run_id, :state, '') returning id",
        {"run_id": run_id, "state": clean_text(state)},
    )
    fields = asked.model_dump() | {"id": permission_id, "agent_run_id": run_id, "state": state}
    await transaction.write(
        "update permission set payload = :payload where id = :id",
        {"payload": dump(fields, transaction.redact), "id": permission_id},
    )


async def get(reader: Reader, run_id: int, permission_id: int) -> PermissionRequest:
    """Return one question of a run.

    Raises:
        PermissionNotFound: the run has no such question.
    """
    rows = await reader.read(
        "select payload from permission where id = :id and run_id = :run_id",
        {"id": permission_id, "run_id": run_id},
    )
    if not rows:
        raise PermissionNotFound(permission_id)
    return PermissionRequest.model_validate_json(rows[0][0])


async def list_(reader: Reader, run_id: int) -> list[PermissionRequest]:
    """Return all questions of a run, oldest first."""
    rows = await reader.read(
        "select payload from permission where run_id = :run_id order by id", {"run_id": run_id}
    )
    return [PermissionRequest.model_validate_json(payload) for (payload,) in rows]


async def pending(reader: Reader, run_id: int) -> list[PermissionRequest]:
    """Return the questions of a run that wait for an answer, oldest first."""
    rows = await reader.read(
        "select payload from permission where run_id = :run_id and state = :state order by id",
        {"run_id": run_id, "state": _PENDING},
    )
    return [PermissionRequest.model_validate_json(payload) for (payload,) in rows]


async def oldest_pending(reader: Reader, run_id: int) -> int | None:
    """Return the id of the question that waits longest, None when none waits."""
    rows = await reader.read(
        "select min(id) from permission where run_id = :run_id and state = :state",
        {"run_id": run_id, "state": _PENDING},
    )
    return rows[0][0]


async def answer(transaction: Transaction, permission_id: int, option_id: str) -> PermissionRequest:
    """Record the answer and tell subscribers; that the option is offered is the caller's check.

    Raises:
        PermissionNotFound: there is no such question.
        PermissionAnswered: it was answered or withdrawn before.
    """
    asked = await _locked(transaction, permission_id)
    if asked.state != _PENDING:
        raise PermissionAnswered(f"Permission request {permission_id} is {asked.state} already.")
    return await _close(transaction, asked, state=_ANSWERED, option_id=option_id)


async def withdraw(transaction: Transaction, permission_id: int) -> None:
    """Take a question back and tell subscribers; nothing happens when it was answered.

    Raises:
        PermissionNotFound: there is no such question.
    """
    asked = await _locked(transaction, permission_id)
    if asked.state == _PENDING:
        await _close(transaction, asked, state=_WITHDRAWN, option_id=None)


async def withdraw_all(transaction: Transaction, run_id: int) -> None:
    """Take back all questions of a run that wait for an answer."""
    for asked in await pending(transaction, run_id):
        await withdraw(transaction, asked.id)


async def _locked(transaction: Transaction, permission_id: int) -> PermissionRequest:
    rows = await transaction.execute(
        f"select payload from permission where id = :id{transaction.for_update}",
        {"id": permission_id},
    )
    if not rows:
        raise PermissionNotFound(permission_id)
    return PermissionRequest.model_validate_json(rows[0][0])


async def _close(
    transaction: Transaction, asked: PermissionRequest, *, state: str, option_id: str | None
) -> PermissionRequest:
    answered = asked.model_dump() | {
        "state": state,
        "option_id": option_id,
        "answered_at": now() if state == _ANSWERED else None,
    }
    return await _write(transaction, answered, EventKind.PERMISSION_ANSWERED)


async def _write(
    transaction: Transaction, fields: dict[str, JSON], kind: EventKind
) -> PermissionRequest:
    payload = dump(fields, transaction.redact)
    request = PermissionRequest.model_validate_json(payload)
    await transaction.write(
        "update permission set state = :state, payload = :payload where id = :id",
        {"state": request.state, "payload": payload, "id": request.id},
    )
    transaction.outbox.add_event(kind, request.agent_run_id, payload)
    return request


def _option(option: Mapping[str, JSON]) -> dict[str, JSON]:
    option_id = option.get("optionId", option.get("option_id"))
    return {"option_id": option_id, "name": option.get("name", ""), "kind": option.get("kind", "")}
