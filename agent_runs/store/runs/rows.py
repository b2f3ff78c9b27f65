"""How a run is stored: the row of table `run`, and the JSON text in it.

The text holds the whole `AgentRun` with two exceptions: prompt and result are cut (table `turn` has
them whole), and `web_url` is added when it is served, because it depends on the settings.
"""

from typing import Any

import orjson

from agent_runs.errors import LostFence, RunNotFound
from agent_runs.models import JSON, TERMINAL_STATUSES, AgentRun
from agent_runs.reading.run import reading_of
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import CUT_LENGTH, clean_text, dump, milliseconds
from agent_runs.store.figures import tallies
from agent_runs.store.figures.figures import count, is_counted_alike, mode_of


def served(reader: Reader, payload: str, run_id: int) -> str:
    """Return the run as JSON text, as lists show it."""
    return f'{payload[:-1]},"web_url":"{reader.web_url}/runs/{run_id}"}}'


def parse(reader: Reader, payload: str, run_id: int) -> AgentRun:
    """Return the run of a row."""
    return AgentRun.model_validate_json(served(reader, payload, run_id))


def encode(transaction: Transaction, fields: dict[str, JSON]) -> str:
    """Return the payload for an AgentRun's fields: without secrets, prompt and result cut.

    Derived fields are worked out anew.
    """
    fields = {name: value for name, value in fields.items() if name != "web_url"}
    for name in ("prompt", "result"):
        if fields.get(name):
            # Redacted before it is cut: half a secret would not be recognised.
            fields[name] = transaction.redact(clean_text(fields[name]))[:CUT_LENGTH]
    return dump(fields | reading_of(fields, transaction.redact), transaction.redact)


def columns(run: AgentRun) -> dict[str, Any]:
    """Return the columns by which the row of a run is found and sorted."""
    return {
        "organization_id": run.organization_id,
        "status": run.status,
        "agent": run.agent,
        "source_type": run.source_type,
        "repo_id": run.repo_id,
        "user_id": run.user_id,
        # An imported run is found by its origin; we do not follow its upstream.
        "upstream_id": None if run.imported_at else run.upstream_id,
        "created_at": milliseconds(run.created_at),
        "archived_at": None if run.archived_at is None else milliseconds(run.archived_at),
        "title_folded": (run.title or "").casefold(),
        "mode": mode_of(run),
    }


async def locked(
    transaction: Transaction, run_id: int, fence: int | None = None
) -> tuple[str, int]:
    """Return `(payload, fence)` of a run that nobody else can change until the commit.

    Raises:
        RunNotFound: there is no such run.
        LostFence: `fence` was given, and the run was claimed again since.
    """
    rows = await transaction.execute(
        f"select payload, fence from run where id = :id{transaction.for_update}", {"id": run_id}
    )
    if not rows:
        raise RunNotFound(run_id)
    payload, present = rows[0]
    if fence is not None and fence != present:
        raise LostFence(f"Another worker took over run {run_id}; nothing was written.")
    return payload, present


def count_in_totals(transaction: Transaction, run: AgentRun, change: int) -> None:
    """Add a run to the stored totals (1), or remove it (-1)."""
    transaction.outbox.add_total(
        run.organization_id, run.status, archived=run.archived_at is not None, change=change
    )


async def count_change(transaction: Transaction, before: AgentRun, after: AgentRun) -> None:
    """Update the stored totals and figures for a change of a run."""
    count_in_totals(transaction, before, -1)
    count_in_totals(transaction, after, 1)
    if is_counted_alike(before, after):
        return
    has_tally = is_terminal(before) or is_terminal(after)
    tally = await tallies.read(transaction, after.id) if has_tally else {}
    count(transaction.outbox, before, tally, -1)
    count(transaction.outbox, after, tally, 1)


async def whole_texts(reader: Reader, payload: str, run_id: int) -> dict[str, str]:
    """Return the whole prompt and result, if they are cut in the payload."""
    fields = orjson.loads(payload)
    texts: dict[str, str] = {}
    if len(fields["prompt"]) >= CUT_LENGTH:
        rows = await reader.read(
            "select prompt from turn where run_id = :id and turn = 1", {"id": run_id}
        )
        texts["prompt"] = rows[0][0]
    if fields["result"] is not None and len(fields["result"]) >= CUT_LENGTH:
        rows = await reader.read(
            "select result from turn where run_id = :id and result is not null"
            " order by turn desc limit 1",
            {"id": run_id},
        )
        if rows:
            texts["result"] = rows[0][0]
    return texts


def is_terminal(run: AgentRun) -> bool:
    """Tell whether the run has ended."""
    return run.status in TERMINAL_STATUSES
