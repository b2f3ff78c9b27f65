"""Log entries of runs: appended in batches, read in pages by their dense `seq`.

The hottest path of the program. An entry becomes JSON text once, here, and is served as that text.
Only `failed`, which has its own column, is added then.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from agent_runs.errors import RunNotFound
from agent_runs.events import EventKind
from agent_runs.filters import LogFilter
from agent_runs.models import JSON, TERMINAL_STATUSES, AgentRun, AgentRunLog, MessageType, NewLog
from agent_runs.reading.failure import has_failed, is_failure
from agent_runs.store.engine.database import Reader, Transaction
from agent_runs.store.engine.payloads import clean_text, dump, milliseconds, now, search_text
from agent_runs.store.engine.terms import all_of, any_of
from agent_runs.store.engine.words import fold
from agent_runs.store.figures import figures, tallies
from agent_runs.store.runs.rows import locked, parse

# Characters of a name in the facets: longer ones would not fit into a PostgreSQL index.
_FACET_LENGTH = 200
_COLUMNS = "run_id, seq, ts, turn, message_type, tool_name, failed, payload"
_VALUES = ":run_id, :seq, :ts, :turn, :message_type, :tool_name, :failed, :payload"


class AppendedLogs(NamedTuple):
    """Where a batch went.

    Attributes:
        first_seq: `seq` of its first entry.
        log_count: entries of the run, this batch included.
    """

    first_seq: int
    log_count: int


class LogCounts(NamedTuple):
    """How many entries a run has, for its filters.

    Attributes:
        message_type: kind → number.
        tool_name: tool → number.
        failed: entries that failed (`reading/failure.py`).
    """

    message_type: dict[str, int]
    tool_name: dict[str, int]
    failed: int


async def append(
    transaction: Transaction, run_id: int, fence: int | None, entries: Sequence[NewLog]
) -> AppendedLogs:
    """Add entries at the end of a run and notify subscribers.

    Args:
        transaction: the entries exist once it commits.
        run_id: whose entries they are.
        fence: of the claim under which they are written; None if nobody works on the run.
        entries: in order.

    Raises:
        RunNotFound: there is no such run.
        LostFence: the run was claimed again since; nothing was written.
    """
    payload, _ = await locked(transaction, run_id, fence)
    run: dict[str, JSON] = orjson.loads(payload)
    first_seq: int = run["log_count"]
    if not entries:
        return AppendedLogs(first_seq, first_seq)
    run["log_count"] = log_count = first_seq + len(entries)
    run["updated_at"] = now()
    if run.get("first_step_at") is None:
        run["first_step_at"] = _first_step(entries)
    rows = [_row(transaction, run_id, seq, entry) for seq, entry in enumerate(entries, first_seq)]
    tally = tallies.of_rows(rows)
    if run["status"] in TERMINAL_STATUSES:
        before, after = (parse(transaction, text, run_id) for text in (payload, dump(run, str)))
        await _count_late(transaction, before, after, tally, {})
    await tallies.add(transaction, run_id, tally)
    await _insert(transaction, rows)
    await transaction.write(
        "update run set payload = :payload, log_count = :log_count where id = :id",
        {"payload": dump(run, str), "log_count": log_count, "id": run_id},
    )
    _tell(transaction, run_id, first_seq, log_count)
    return AppendedLogs(first_seq, log_count)


async def complete(transaction: Transaction, run_id: int, entry: NewLog) -> int:
    """Replace the last entry of a run with `entry` and notify subscribers; return its `seq`.

    For entries that grow. Live followers see it when they read the run again.

    Raises:
        RunNotFound: there is no such run.
    """
    payload, _ = await locked(transaction, run_id)
    log_count: int = orjson.loads(payload)["log_count"]
    seq = log_count - 1
    # Not an update: SQLite's search index follows inserts and deletes.
    old = await transaction.execute(
        "delete from log where run_id = :run_id and seq = :seq"
        " returning tool_name, failed, payload",
        {"run_id": run_id, "seq": seq},
    )
    rows = [_row(transaction, run_id, seq, entry)]
    gone, come = tallies.of_stored(old), tallies.of_rows(rows)
    if orjson.loads(payload)["status"] in TERMINAL_STATUSES:
        run = parse(transaction, payload, run_id)
        await _count_late(transaction, run, run, come, gone)
    await tallies.add(transaction, run_id, gone, -1)
    await tallies.add(transaction, run_id, come)
    await _insert(transaction, rows)
    _tell(transaction, run_id, seq, log_count)
    return seq


async def stage(
    transaction: Transaction, run_id: int, entries: Sequence[dict[str, JSON]], *, under: int
) -> None:
    """Add entries of a run that nobody sees yet: `store/files/imports.py` publishes it later.

    Args:
        run_id: the id that the run will have, as in the entries.
        entries: `AgentRunLog` as JSON values, with their `seq`; without `failed`.
        under: the id under which they wait until then: the run's, or its negative.
    """
    rows = [_staged(transaction, run_id, entry, under) for entry in entries]
    await tallies.add(transaction, under, tallies.of_rows(rows))
    await _insert(transaction, rows)


async def page(
    reader: Reader,
    run_id: int,
    *,
    skip: int,
    limit: int,
    reverse: bool = False,
    filter: LogFilter = LogFilter(),  # noqa: A002, B008 - the word of the contract; frozen
) -> tuple[list[str], int]:
    """Return `(items, total)`: JSON texts, oldest first unless `reverse`, at most `limit`.

    Raises:
        RunNotFound: there is no such run.
    """
    log_count = await _log_count(reader, run_id)
    if not filter.is_empty:
        return await _filtered_page(reader, run_id, filter, skip=skip, limit=limit, reverse=reverse)
    first, last = skip, min(skip + limit, log_count)
    if reverse:
        first, last = max(log_count - skip - limit, 0), log_count - skip
    rows = await reader.read(
        "select payload, failed from log where run_id = :run_id and seq >= :first and seq < :last"
        f" order by seq{' desc' if reverse else ''}",
        {"run_id": run_id, "first": first, "last": last},
    )
    return [_served(*row) for row in rows], log_count


async def read(
    reader: Reader, run_id: int, *, after_seq: int = -1, limit: int
) -> list[AgentRunLog]:
    """Return the entries after `after_seq`, oldest first, at most `limit`."""
    rows = await reader.read(
        "select payload, failed from log where run_id = :run_id and seq > :after"
        " order by seq limit :limit",
        {"run_id": run_id, "after": after_seq, "limit": limit},
    )
    return [AgentRunLog.model_validate_json(_served(*row)) for row in rows]


async def counts(reader: Reader, run_id: int) -> LogCounts:
    """Return how many entries of each kind and tool a run has.

    Raises:
        RunNotFound: there is no such run.
    """
    await _log_count(reader, run_id)
    rows = await reader.read_heavy(
        "select message_type, tool_name, count(*), sum(failed) from log where run_id = :run_id"
        " group by message_type, tool_name order by message_type, tool_name",
        {"run_id": run_id},
    )
    totals = LogCounts({}, {}, sum(int(failed) for *_, failed in rows))
    for message_type, tool_name, number, _ in rows:
        for facet, name in ((totals.message_type, message_type), (totals.tool_name, tool_name)):
            if name is not None:
                facet[name] = facet.get(name, 0) + number
    return totals


def filter_terms(log_filter: LogFilter) -> tuple[list[str], dict[str, Any]]:
    """Return the conditions of a filter on table `log`, and their parameters."""
    terms: list[str] = []
    params: dict[str, Any] = {}
    if log_filter.message_type:
        terms.append(any_of("message_type", map(_facet, log_filter.message_type), params))
    if log_filter.tool_name:
        terms.append(any_of("tool_name", map(_facet, log_filter.tool_name), params))
    if log_filter.turn is not None:
        terms.append("turn = :turn")
        params["turn"] = log_filter.turn
    if log_filter.failed:
        terms.append("failed = 1")
    return terms, params


async def _filtered_page(
    reader: Reader, run_id: int, log_filter: LogFilter, *, skip: int, limit: int, reverse: bool
) -> tuple[list[str], int]:
    terms, params = filter_terms(log_filter)
    terms.append("run_id = :run_id")
    params["run_id"] = run_id
    where, order = all_of(terms), " desc" if reverse else ""
    ((total,),) = await reader.read_heavy(f"select count(*) from log{where}", params)
    # No index is sorted by `seq + 0`, so SQLite uses the one with all needed columns and reads only
    # the entries of the page.
    rows = await reader.read_heavy(
        "select payload, failed from log where run_id = :run_id and seq in"
        f" (select seq from log{where} order by seq + 0{order} limit :limit offset :skip)"
        f" order by seq{order}",
        params | {"limit": limit, "skip": skip},
    )
    return [_served(*row) for row in rows], total


def _served(payload: str, failed: int) -> str:
    """The entry as it is served, as JSON text."""
    return f'{payload[:-1]},"failed":{"true" if failed else "false"}}}'


async def _log_count(reader: Reader, run_id: int) -> int:
    rows = await reader.read("select log_count from run where id = :id", {"id": run_id})
    if not rows:
        raise RunNotFound(run_id)
    return rows[0][0]


async def _insert(transaction: Transaction, rows: list[dict[str, Any]]) -> None:
    if transaction.dialect == "postgresql":
        insert = (
            f"insert into log ({_COLUMNS}, search)"
            f" values ({_VALUES}, to_tsvector('agent_runs', :search))"
        )
        for row in rows:
            row["search"] = fold(search_text(row["payload"]))
    else:
        # A trigger fills the search index.
        insert = f"insert into log ({_COLUMNS}) values ({_VALUES})"
    await transaction.executemany(insert, rows)


def _tell(transaction: Transaction, run_id: int, first_seq: int, log_count: int) -> None:
    transaction.outbox.add_event(
        EventKind.LOGS_APPENDED,
        run_id,
        f'{{"agent_run_id":{run_id},"first_seq":{first_seq},"log_count":{log_count}}}',
    )


def _row(transaction: Transaction, run_id: int, seq: int, entry: NewLog) -> dict[str, Any]:
    # `__dict__` has the fields in order; model_dump would copy every value.
    fields: dict[str, JSON] = {"agent_run_id": run_id, **entry.__dict__, "seq": seq}
    if entry.created_at.tzinfo is not UTC:
        fields["created_at"] = entry.created_at.astimezone(UTC)
    return {
        "run_id": run_id,
        "seq": seq,
        "ts": milliseconds(entry.created_at),
        "turn": entry.turn,
        "message_type": _facet(entry.message_type),
        "tool_name": None if entry.tool_name is None else _facet(entry.tool_name),
        "failed": int(is_failure(entry.message_type, entry.tool_output)),
        "duration_ms": entry.duration_ms,
        "payload": dump(fields, transaction.redact),
    }


def _first_step(entries: Sequence[NewLog]) -> datetime | None:
    """When the agent first did or said something in these entries."""
    steps = (e.created_at for e in entries if e.message_type != MessageType.USER_MESSAGE)
    return next(steps, None)


async def _count_late(
    transaction: Transaction,
    before: AgentRun,
    after: AgentRun,
    come: tallies.Tally,
    gone: tallies.Tally,
) -> None:
    """Update the figures of a run that has ended for entries that come and go."""
    tally = await tallies.read(transaction, before.id)
    figures.count(transaction.outbox, before, tally, -1)
    tally = tallies.joined(tallies.joined(tally, gone, -1), come)
    figures.count(transaction.outbox, after, tally, 1)


def _staged(
    transaction: Transaction, run_id: int, fields: dict[str, JSON], under: int
) -> dict[str, Any]:
    tool = fields.get("tool_name")
    return {
        "run_id": under,
        "seq": fields["seq"],
        "ts": milliseconds(datetime.fromisoformat(fields["created_at"])),
        "turn": fields["turn"],
        "message_type": _facet(fields["message_type"]),
        "tool_name": None if tool is None else _facet(tool),
        "failed": int(has_failed(fields)),
        "duration_ms": fields.get("duration_ms"),
        "payload": dump(fields | {"agent_run_id": run_id}, transaction.redact),
    }


def _facet(name: str) -> str:
    return clean_text(name)[:_FACET_LENGTH]
