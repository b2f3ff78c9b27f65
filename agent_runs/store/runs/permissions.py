"""Questions of agents that a person has to answer, and the answers.

A question is pending until it is answered, or withdrawn because its time is over or its turn ended.
"""

from collections.abc import Mapping, Sequence

from agent_runs.errors import PermissionAnswered, PermissionNotFound
from agent_runs.events import EventKind
from agent_runs.models import JSON
from agent_runs.questions import PermissionRequest, QuestionForm
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
    form: QuestionForm | None = None,
) -> PermissionRequest:
    """Record a question and notify subscribers.

    Args:
        transaction: the question exists once it commits.
        run_id: whose agent asks.
        turn: number of the turn.
        tool_call: as the agent described it.
        options: ACP option objects (`optionId`, `name`, `kind`).
        form: what the person is to fill in.
    """
    ((permission_id,),) = await transaction.execute(
        "insert into permission (run_id, state, payload) values (:run_id, :state, '') returning id",
        {"run_id": run_id, "state": _PENDING},
    )
    fields = {
        "id": permission_id,
        "agent_run_id": run_id,
        "turn": turn,
        "created_at": now(),
        "tool_call": tool_call,
        "options": [_option(option) for option in options],
        "form": form.model_dump() if form else None,
        "state": _PENDING,
        "option_id": None,
        "content": {},
        "answered_at": None,
    }
    return await _write(transaction, fields, EventKind.PERMISSION_REQUESTED)


async def put(transaction: Transaction, run_id: int, question: PermissionRequest) -> None:
    """Add a question from another server; one that was pending there is withdrawn."""
    state = _WITHDRAWN if question.state == _PENDING else question.state
    ((permission_id,),) = await transaction.execute(
        "insert into permission (run_id, state, payload) values (:run_id, :state, '') returning id",
        {"run_id": run_id, "state": clean_text(state)},
    )
    fields = question.model_dump() | {"id": permission_id, "agent_run_id": run_id, "state": state}
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
    """Return the pending questions of a run, oldest first."""
    rows = await reader.read(
        "select payload from permission where run_id = :run_id and state = :state order by id",
        {"run_id": run_id, "state": _PENDING},
    )
    return [PermissionRequest.model_validate_json(payload) for (payload,) in rows]


async def oldest_pending(reader: Reader, run_id: int) -> int | None:
    """Return the id of the oldest pending question, None if there is none."""
    rows = await reader.read(
        "select min(id) from permission where run_id = :run_id and state = :state",
        {"run_id": run_id, "state": _PENDING},
    )
    return rows[0][0]


async def answer(
    transaction: Transaction,
    permission_id: int,
    option_id: str,
    content: Mapping[str, JSON] | None = None,
) -> PermissionRequest:
    """Record the answer and notify subscribers; the caller checks that they are offered.

    Raises:
        PermissionNotFound: there is no such question.
        PermissionAnswered: it was already answered or withdrawn.
    """
    question = await _locked(transaction, permission_id)
    if question.state != _PENDING:
        raise PermissionAnswered(
            f"Permission request {permission_id} was already {question.state}. Nothing was changed."
        )
    return await _close(
        transaction, question, state=_ANSWERED, option_id=option_id, content=content
    )


async def withdraw(transaction: Transaction, permission_id: int) -> None:
    """Withdraw a pending question and notify subscribers.

    Raises:
        PermissionNotFound: there is no such question.
    """
    question = await _locked(transaction, permission_id)
    if question.state == _PENDING:
        await _close(transaction, question, state=_WITHDRAWN, option_id=None)


async def withdraw_all(transaction: Transaction, run_id: int) -> None:
    """Withdraw all pending questions of a run."""
    for question in await pending(transaction, run_id):
        await withdraw(transaction, question.id)


async def _locked(transaction: Transaction, permission_id: int) -> PermissionRequest:
    rows = await transaction.execute(
        f"select payload from permission where id = :id{transaction.for_update}",
        {"id": permission_id},
    )
    if not rows:
        raise PermissionNotFound(permission_id)
    return PermissionRequest.model_validate_json(rows[0][0])


async def _close(
    transaction: Transaction,
    question: PermissionRequest,
    *,
    state: str,
    option_id: str | None,
    content: Mapping[str, JSON] | None = None,
) -> PermissionRequest:
    fields = question.model_dump() | {
        "state": state,
        "option_id": option_id,
        "content": dict(content or {}),
        "answered_at": now() if state == _ANSWERED else None,
    }
    return await _write(transaction, fields, EventKind.PERMISSION_ANSWERED)


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
