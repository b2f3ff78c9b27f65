"""Runs from a file: staged first, where nobody sees them, then published.

A staged run is an id with entries, without a row in table `run`. Its entries come in many small
transactions, between which others can write. If the import fails or is killed, the rows in table
`staged_run` say what to discard. A run that was imported before keeps its id; its newer entries
wait under the negative of that id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from agent_runs.events import EventKind
from agent_runs.models import AgentRun, Turn
from agent_runs.questions import PermissionRequest
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import clean_text
from agent_runs.store.figures import figures, tallies
from agent_runs.store.organization import repos
from agent_runs.store.runs import permissions, texts, turns
from agent_runs.store.runs.rows import columns, count_in_totals, encode, parse, served
from agent_runs.store.runs.runs import by_upstream

_PART = 1000


@dataclass(frozen=True)
class ExistingRun:
    """A run that is already here.

    Attributes:
        run_id: its id here.
        updated_at: of the imported run, as stored; None: it was not imported and stays as it is.
    """

    run_id: int
    updated_at: str | None


@dataclass(frozen=True)
class Whole:
    """A run with all that belongs to it except its entries."""

    run: AgentRun
    origin: str
    repo: repos.NewRepo | None
    turns: Sequence[Turn]
    permissions: Sequence[PermissionRequest]
    diff: str


async def find(reader: Reader, run: AgentRun, origin: str, server: str) -> ExistingRun | None:
    """Return the run here that equals a file's run, None if there is none.

    Args:
        server: name of this server, whose own runs may come back.
    """
    rows = await reader.read(
        "select run.id, run.payload from imported_run join run on run.id = imported_run.run_id"
        " where imported_run.organization_id = :organization_id and origin = :origin",
        {"organization_id": run.organization_id, "origin": origin},
    )
    if rows:
        return ExistingRun(rows[0][0], str(orjson.loads(rows[0][1])["updated_at"] or ""))
    home, _, number = origin.rpartition(":")
    if home == server and number.isdigit():
        rows = await reader.read(
            "select id from run where id = :id and organization_id = :organization_id",
            {"id": int(number), "organization_id": run.organization_id},
        )
        if rows:
            return ExistingRun(rows[0][0], None)
    if run.upstream_id is not None:
        mirrored = await by_upstream(reader, run.organization_id, run.upstream_id)
        return None if mirrored is None else ExistingRun(mirrored.id, None)
    return None


async def stage(transaction: Transaction, import_id: str, worker: str, old_id: int | None) -> int:
    """Make room for a run; return the id under which its entries wait until it is published.

    Args:
        import_id: shared by all runs of one import.
        worker: the process that imports.
        old_id: of the run to replace.
    """
    if old_id is not None:
        under = -old_id
    else:
        # An id is never given twice, so this one stays free until the run comes.
        ((under,),) = await transaction.execute(
            "insert into run (organization_id, status, source_type, created_at, log_count,"
            " title_folded, payload, fence) values (0, '', '', 0, 0, '', '{}', 0) returning id"
        )
        await transaction.write("delete from run where id = :id", {"id": under})
    await transaction.write(
        "insert into staged_run (run_id, import_id, worker) values (:run_id, :import_id, :worker)",
        {"run_id": under, "import_id": import_id, "worker": worker},
    )
    return under


async def publish(transaction: Transaction, under: int, whole: Whole) -> AgentRun:
    """Let everybody see a staged run, in place of the run that it replaces."""
    run_id = abs(under)
    if under < 0:
        await _remove_run(transaction, run_id)
        await transaction.write("delete from log where run_id = :id", {"id": run_id})
        await transaction.write(
            "update log set run_id = :id where run_id = :under", {"id": run_id, "under": under}
        )
        await transaction.write(
            "update run_tally set run_id = :id where run_id = :under",
            {"id": run_id, "under": under},
        )
        await transaction.write("delete from staged_run where run_id = :id", {"id": under})
    run = whole.run
    repo_id = await _repo_id(transaction, run.organization_id, whole.repo)
    fields = run.model_dump() | {"id": run_id, "repo_id": repo_id, "origin": whole.origin}
    payload = encode(transaction, fields)
    run = parse(transaction, payload, run_id)
    row: dict[str, Any] = columns(run) | {
        "id": run_id,
        "log_count": run.log_count,
        "payload": payload,
        "fence": 0,
    }
    own_id = " overriding system value" if transaction.dialect == "postgresql" else ""
    await transaction.write(
        f"insert into run ({', '.join(row)}){own_id}"
        f" values ({', '.join(f':{name}' for name in row)})",
        row,
    )
    await transaction.write(
        "insert into imported_run (organization_id, origin, run_id, diff)"
        " values (:organization_id, :origin, :run_id, :diff)",
        {
            "organization_id": run.organization_id,
            "origin": whole.origin,
            "run_id": run_id,
            "diff": transaction.redact(clean_text(whole.diff)),
        },
    )
    for turn in whole.turns:
        await turns.put(transaction, run_id, turn)
    for question in whole.permissions:
        await permissions.put(transaction, run_id, question)
    await texts.keep(transaction, run_id)
    count_in_totals(transaction, run, 1)
    figures.count(transaction.outbox, run, await tallies.read(transaction, run_id), 1)
    kind = EventKind.RUN_UPDATED if under < 0 else EventKind.RUN_CREATED
    transaction.outbox.add_event(kind, run_id, served(transaction, payload, run_id))
    return run


async def complete(transaction: Transaction, import_id: str) -> None:
    """End an import: its runs stay."""
    await transaction.write("delete from staged_run where import_id = :id", {"id": import_id})


async def staged(reader: Reader, import_id: str | None = None) -> list[tuple[int, str]]:
    """Return `(under, worker)` of the staged runs, of one import or of all."""
    where = "" if import_id is None else " where import_id = :id"
    rows = await reader.read(
        f"select run_id, worker from staged_run{where}",
        {} if import_id is None else {"id": import_id},
    )
    return [(under, worker) for under, worker in rows]


async def discard(transaction: Transaction, under: int) -> bool:
    """Remove a part of a staged run; return whether nothing of it is left."""
    if under > 0:
        await _remove_run(transaction, under)
    gone = await transaction.execute(
        "delete from log where id in (select id from log where run_id = :id limit :part)"
        " returning id",
        {"id": under, "part": _PART},
    )
    if len(gone) == _PART:
        return False
    await transaction.write("delete from run_tally where run_id = :id", {"id": under})
    await transaction.write("delete from staged_run where run_id = :id", {"id": under})
    return True


async def diff(reader: Reader, run_id: int) -> str:
    """Return the diff that came with an imported run; empty if none did."""
    rows = await reader.read("select diff from imported_run where run_id = :id", {"id": run_id})
    return rows[0][0] if rows else ""


async def _remove_run(transaction: Transaction, run_id: int) -> None:
    """Remove an imported run except for its entries."""
    rows = await transaction.execute(
        f"select payload from run where id = :id{transaction.for_update}", {"id": run_id}
    )
    if not rows:
        return
    run = parse(transaction, rows[0][0], run_id)
    count_in_totals(transaction, run, -1)
    figures.count(transaction.outbox, run, await tallies.read(transaction, run_id), -1)
    await transaction.write("delete from run where id = :id", {"id": run_id})
    for table in ("imported_run", "turn", "permission", "run_text", "run_tally"):
        await transaction.write(f"delete from {table} where run_id = :id", {"id": run_id})


async def _repo_id(
    transaction: Transaction, organization_id: int, repo: repos.NewRepo | None
) -> int | None:
    """The repository with the same address; register it if it is new."""
    if repo is None:
        return None
    rows = await transaction.execute(
        "select id from repo where organization_id = :organization_id and url = :url",
        {"organization_id": organization_id, "url": repo["url"]},
    )
    if rows:
        return rows[0][0]
    new: repos.NewRepo = {**repo, "organization_id": organization_id}
    return (await repos.insert(transaction, **new)).id
