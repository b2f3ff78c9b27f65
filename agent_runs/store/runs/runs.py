"""Runs: one row each, with JSON text and the columns that are searched.

Every change rewrites the text, notifies subscribers and updates the totals of the list, all in the
caller's transaction. `RunPrivate` has what only a worker needs.
"""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

import orjson

from agent_runs.errors import Conflict, RunNotFound
from agent_runs.events import EventKind
from agent_runs.models import JSON, AgentRun, AgentRunStatus
from agent_runs.store.engine.database import Database, Reader, Transaction
from agent_runs.store.engine.payloads import now
from agent_runs.store.figures import figures
from agent_runs.store.runs import texts, times, turns
from agent_runs.store.runs.changes import PrivateChanges, RunChanges, RunFields
from agent_runs.store.runs.lists import RunCounts, counts, page
from agent_runs.store.runs.rows import (
    columns,
    count_change,
    count_in_totals,
    encode,
    is_terminal,
    locked,
    parse,
    served,
    whole_texts,
)

__all__ = [
    "RunCounts",
    "RunPrivate",
    "advance_fence",
    "by_upstream",
    "change",
    "change_private",
    "changing",
    "claim",
    "counts",
    "find_pull_request",
    "get",
    "insert",
    "latest",
    "lock",
    "page",
    "private",
    "text",
    "unfinished",
]

_UNFINISHED = (
    AgentRunStatus.PENDING,
    AgentRunStatus.ACTIVE,
    AgentRunStatus.EVALUATION,
    AgentRunStatus.PAUSED,
)


@dataclass(frozen=True)
class RunPrivate:
    """What is stored about a run only for its worker.

    Attributes:
        session_id: ACP session of the latest turn.
        worker: the one that claimed it or will claim it.
        fence: rises with each claim; a write with an older one is refused.
    """

    session_id: str | None
    worker: str | None
    fence: int


async def insert(
    transaction: Transaction,
    *,
    prompt: str,
    images: Sequence[str] = (),
    created_at: datetime | None = None,
    extra: Mapping[str, JSON] | None = None,
    **fields: Unpack[RunFields],
) -> AgentRun:
    """Create a run and its first turn.

    Args:
        transaction: the run exists once it commits.
        prompt: whole; stored with the turn.
        images: data URIs, stored with the turn.
        created_at: now, unless it was created elsewhere.
        extra: fields from another server that we do not know.
    """
    created_at = created_at or now()
    run = AgentRun(
        id=0,
        prompt=prompt,
        created_at=created_at,
        updated_at=created_at,
        **fields,
        **(extra or {}),
    )
    row: dict[str, Any] = columns(run)
    ((run_id,),) = await transaction.execute(
        f"insert into run ({', '.join(row)}, log_count, payload, fence)"
        f" values ({', '.join(f':{name}' for name in row)}, 0, '', 0) returning id",
        row,
    )
    payload = encode(transaction, run.model_dump() | {"id": run_id})
    run = parse(transaction, payload, run_id)
    await _write(transaction, run, payload)
    await turns.insert(
        transaction,
        run_id,
        run.turn,
        prompt=prompt,
        images=images,
        model=run.model,
        created_at=created_at,
    )
    count_in_totals(transaction, run, 1)
    figures.count(transaction.outbox, run, {}, 1)
    transaction.outbox.add_event(
        EventKind.RUN_CREATED, run_id, served(transaction, payload, run_id)
    )
    return run


async def get(reader: Reader, run_id: int) -> AgentRun:
    """Return a run with its whole prompt and result.

    Raises:
        RunNotFound: there is no such run.
    """
    payload = await _payload(reader, run_id)
    run = parse(reader, payload, run_id)
    whole = await whole_texts(reader, payload, run_id)
    return run.model_copy(update=whole) if whole else run


async def text(reader: Reader, run_id: int) -> str:
    """Return a run as it is served, with its whole prompt and result.

    Raises:
        RunNotFound: there is no such run.
    """
    payload = await _payload(reader, run_id)
    whole = await whole_texts(reader, payload, run_id)
    if whole:
        payload = orjson.dumps(orjson.loads(payload) | whole).decode()
    return served(reader, payload, run_id)


async def latest(reader: Reader) -> AgentRun | None:
    """Return the run created last, archived or not; None if there is none."""
    rows = await reader.read(
        "select payload, id from run order by created_at desc, id desc limit 1"
    )
    return parse(reader, *rows[0]) if rows else None


async def by_upstream(reader: Reader, organization_id: int, upstream_id: str) -> AgentRun | None:
    """Return the run with this id upstream; None if there is none."""
    rows = await reader.read(
        "select payload, id from run"
        " where organization_id = :organization_id and upstream_id = :upstream_id",
        {"organization_id": organization_id, "upstream_id": upstream_id},
    )
    return parse(reader, *rows[0]) if rows else None


async def find_pull_request(reader: Reader, pull_request_id: int) -> str | None:
    """Return the page of a pull request that a run shows; None if none does."""
    if reader.dialect == "postgresql":
        query = (
            "select pr ->> 'url' from run,"
            " json_array_elements(run.payload::json -> 'github_pull_requests') as pr"
            " where (pr ->> 'id')::bigint = :id"
        )
    else:
        query = (
            "select json_extract(pr.value, '$.url') from run,"
            " json_each(run.payload, '$.github_pull_requests') as pr"
            " where json_extract(pr.value, '$.id') = :id"
        )
    rows = await reader.read_heavy(
        f"{query} and run.payload like :some order by run.id desc limit 1",
        # Most runs show none, and their text need not be parsed.
        {"id": pull_request_id, "some": '%"github_pull_requests":[{%'},
    )
    return rows[0][0] if rows else None


async def unfinished(
    reader: Reader, worker: str | None = None
) -> list[tuple[AgentRun, str | None]]:
    """Return every run that has not ended, oldest id first, and its worker.

    Args:
        reader: where to look.
        worker: only its runs.
    """
    params = {f"status_{at}": status for at, status in enumerate(_UNFINISHED)}
    listed = ", ".join(f":{name}" for name in params)
    only = "" if worker is None else " and worker = :worker"
    rows = await reader.read(
        f"select payload, id, worker from run where status in ({listed}){only} order by id",
        params if worker is None else params | {"worker": worker},
    )
    return [(parse(reader, payload, run_id), owner) for payload, run_id, owner in rows]


async def lock(transaction: Transaction, run_id: int) -> AgentRun:
    """Return a run that nobody else can change until the commit; prompt and result are cut.

    Raises:
        RunNotFound: there is no such run.
    """
    payload, _ = await locked(transaction, run_id)
    return parse(transaction, payload, run_id)


@contextlib.asynccontextmanager
async def changing(database: Database, run_id: int) -> AsyncGenerator[tuple[Transaction, AgentRun]]:
    """Begin a transaction with a run locked; it commits unless the block raises.

    Raises:
        RunNotFound: there is no such run.
    """
    async with database.begin() as transaction:
        yield transaction, await lock(transaction, run_id)


async def change(
    transaction: Transaction,
    run: AgentRun,
    *,
    fence: int | None = None,
    **changes: Unpack[RunChanges],
) -> AgentRun:
    """Set fields of a run and notify subscribers.

    The other fields stay as they are in the database, whatever `run` says. The result is cut here;
    its turn has the whole one (`turns.finish`). A run that ends gets `finished_at`.

    Args:
        transaction: the change is visible once it commits.
        run: which run.
        fence: of the claim under which the change is made.

    Raises:
        RunNotFound: there is no such run.
        LostFence: the run was claimed again since.
    """
    unknown = changes.keys() - RunChanges.__optional_keys__
    if unknown:
        raise TypeError(f"AgentRun has no field {', '.join(sorted(unknown))} to change")
    payload, _ = await locked(transaction, run.id, fence)
    before = parse(transaction, payload, run.id)
    fields: dict[str, JSON] = orjson.loads(payload) | {"updated_at": now()} | changes
    ends = not is_terminal(before) and is_terminal(before.model_copy(update=changes))
    if ends and not changes.get("finished_at"):
        fields["finished_at"] = before.finished_at or fields["updated_at"]
    if "paused_at" not in changes:
        fields |= times.waiting(before, fields, fields["updated_at"])
    if ends and "worked_ms" not in changes:
        fields |= await times.worked(transaction, before, fields["finished_at"])
    payload = encode(transaction, fields)
    after = parse(transaction, payload, run.id)
    await _write(transaction, after, payload)
    if after.title != before.title:
        await texts.keep(transaction, run.id)
    await count_change(transaction, before, after)
    transaction.outbox.add_event(
        EventKind.RUN_FINISHED if ends else EventKind.RUN_UPDATED,
        run.id,
        served(transaction, payload, run.id),
    )
    return after


async def claim(transaction: Transaction, run_id: int, worker: str) -> tuple[AgentRun, int]:
    """Give a PENDING run to the worker: it becomes ACTIVE, and so does its latest turn.

    Returns:
        (run, fence): every write of the worker must show the fence.

    Raises:
        RunNotFound: there is no such run.
        Conflict: it is not PENDING, because somebody else was faster.
    """
    run = await lock(transaction, run_id)
    if run.status != AgentRunStatus.PENDING:
        raise Conflict(f"Run {run_id} is {run.status} and does not wait for a worker.")
    fence = await advance_fence(transaction, run_id)
    await change_private(transaction, run_id, worker=worker)
    await turns.start(transaction, run_id, run.turn)
    run = await change(
        transaction, run, status=AgentRunStatus.ACTIVE, started_at=run.started_at or now()
    )
    return run, fence


async def advance_fence(transaction: Transaction, run_id: int) -> int:
    """Refuse all further writes of the run's worker; return the new fence.

    Raises:
        RunNotFound: there is no such run.
    """
    rows = await transaction.execute(
        "update run set fence = fence + 1 where id = :id returning fence", {"id": run_id}
    )
    if not rows:
        raise RunNotFound(run_id)
    return rows[0][0]


async def private(reader: Reader, run_id: int) -> RunPrivate:
    """Return what is stored for the run's worker.

    Raises:
        RunNotFound: there is no such run.
    """
    rows = await reader.read(
        "select session_id, worker, fence from run where id = :id", {"id": run_id}
    )
    if not rows:
        raise RunNotFound(run_id)
    return RunPrivate(*rows[0])


async def change_private(
    transaction: Transaction,
    run_id: int,
    *,
    fence: int | None = None,
    **changes: Unpack[PrivateChanges],
) -> None:
    """Set what is stored for the run's worker.

    Raises:
        RunNotFound: there is no such run.
        LostFence: the run was claimed again since.
    """
    unknown = changes.keys() - PrivateChanges.__optional_keys__
    if unknown:
        raise TypeError(f"RunPrivate has no field {', '.join(sorted(unknown))} to change")
    await locked(transaction, run_id, fence)
    sets = ", ".join(f"{name} = :{name}" for name in changes)
    await transaction.write(f"update run set {sets} where id = :id", changes | {"id": run_id})


async def _payload(reader: Reader, run_id: int) -> str:
    rows = await reader.read("select payload from run where id = :id", {"id": run_id})
    if not rows:
        raise RunNotFound(run_id)
    return rows[0][0]


async def _write(transaction: Transaction, run: AgentRun, payload: str) -> None:
    row = columns(run)
    sets = ", ".join(f"{name} = :{name}" for name in row)
    await transaction.write(
        f"update run set {sets}, payload = :payload where id = :id",
        row | {"payload": payload, "id": run.id},
    )
