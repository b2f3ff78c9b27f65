"""Counts all figures anew from what is stored, if they were counted by other rules.

A special row in table `figure` says by which rules they were counted. If the rules change
(`VERSION`), the next start counts again. Everything is one transaction: readers see the old figures
until the new ones are complete.
"""

import itertools
import logging
import operator
import time

import orjson

from agent_runs.models import JSON, AgentRun
from agent_runs.reading.failure import has_failed
from agent_runs.reading.run import reading_of
from agent_runs.store.engine.database import Database, Rows, Transaction
from agent_runs.store.engine.outbox import EVENT_LOCK
from agent_runs.store.engine.payloads import dump
from agent_runs.store.figures import figures, tallies
from agent_runs.store.runs.rows import parse

logger = logging.getLogger(__name__)

VERSION = "7"
"""Version of the rules of counting; after a change the next start counts everything anew."""

_MARK = "counted"
_RUNS = 2000
_ENTRIES = 5000
_IS_COUNTED = "select 1 from figure where scope = 0 and kind = :kind and name = :version"
_MARK_COUNTED = """
    insert into figure
    (scope, kind, span, day, agent, repo_id, mode, name, organization_id, number, failed, total)
    values (0, :kind, 1, 0, '*', -1, '*', :version, 0, 1, 0, 0)
"""
_THIS = {"kind": _MARK, "version": VERSION}


async def ensure_counted(database: Database) -> None:
    """Count all figures unless these rules already did; call it before anybody writes."""
    if not await database.read(_IS_COUNTED, _THIS):
        await recount(database, unless_done=True)


async def recount(database: Database, *, unless_done: bool = False) -> None:
    """Count all figures anew.

    Args:
        unless_done: do nothing if another process has done it in the meantime.
    """
    begun = time.monotonic()
    number = 0
    async with database.begin() as transaction:
        if transaction.dialect == "postgresql":
            # What others change in the meantime is added to the new figures when they commit.
            await transaction.execute(f"select pg_advisory_xact_lock({EVENT_LOCK})")
        if unless_done and await transaction.execute(_IS_COUNTED, _THIS):
            return
        await transaction.write("delete from figure")
        await transaction.write("delete from run_figure")
        # Tallies of runs that are being imported have no row in `run` yet, and stay.
        await transaction.write("delete from run_tally where run_id in (select id from run)")
        await transaction.write(_MARK_COUNTED, _THIS)
        after = 0
        while rows := await transaction.execute(
            "select id, payload from run where id > :after order by id limit :limit",
            {"after": after, "limit": _RUNS},
        ):
            run_tallies = await _tallies(transaction, rows[0][0], rows[-1][0])
            await tallies.add_all(transaction, run_tallies)
            for run_id, payload in rows:
                tally = run_tallies.get(run_id, {})
                run = await _read_anew(transaction, run_id, payload)
                figures.count(transaction.outbox, run, tally, 1)
            number += len(rows)
            # Written part by part: memory must not grow with the number of runs.
            for sql, figure_rows in transaction.outbox.figures.take(transaction.dialect):
                await transaction.executemany(sql, figure_rows)
            after = rows[-1][0]
        if transaction.dialect == "postgresql":
            # Until the next autovacuum, nothing else tells the planner how large the table is now.
            await transaction.write("analyze figure, run_figure")
    if number:
        logger.info("counted %s runs for analytics in %.1f s", number, time.monotonic() - begun)


async def _tallies(transaction: Transaction, first: int, last: int) -> dict[int, tallies.Tally]:
    """What the entries of the runs from one id to another add up to."""
    run_tallies: dict[int, tallies.Tally] = {}
    position = (first, -1)
    while rows := await transaction.execute(
        "select run_id, tool_name, failed, payload, seq from log"
        " where (run_id, seq) > (:run_id, :seq) and run_id <= :last"
        " order by run_id, seq limit :limit",
        {"run_id": position[0], "seq": position[1], "last": last, "limit": _ENTRIES},
    ):
        rows = await _judged(transaction, rows)
        for run_id, group in itertools.groupby(rows, key=operator.itemgetter(0)):
            tally = tallies.of_stored(row[1:4] for row in group)
            run_tallies[run_id] = tallies.joined(run_tallies.get(run_id, {}), tally)
        position = rows[-1][0], rows[-1][4]
    return run_tallies


async def _judged(transaction: Transaction, rows: Rows) -> Rows:
    """Return entries with whether they failed by the present rule, which is stored with them."""
    judged = [(*row[:2], int(has_failed(orjson.loads(row[3]))), *row[3:]) for row in rows]
    changes = [new for old, new in zip(rows, judged, strict=True) if old[2] != new[2]]
    if changes:
        await transaction.executemany(
            "update log set failed = :failed where run_id = :run_id and seq = :seq",
            [{"run_id": row[0], "failed": row[2], "seq": row[4]} for row in changes],
        )
    return judged


async def _read_anew(transaction: Transaction, run_id: int, payload: str) -> AgentRun:
    """Return a run with what the present rules read in it, which is stored with it."""
    fields: dict[str, JSON] = orjson.loads(payload)
    present = fields | reading_of(fields)
    if present != fields:
        payload = dump(present, str)
        await transaction.write(
            "update run set payload = :payload where id = :id", {"payload": payload, "id": run_id}
        )
    return parse(transaction, payload, run_id)
