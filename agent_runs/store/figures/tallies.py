"""What the entries of each run add up to: calls of each tool, and errors by likeness.

Table `run_tally` is written with the entries, in the same transaction and under the lock of their
run. The figures of all runs (`figures.py`) come from it, and filters use it to find runs with a
tool or an error.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from agent_runs.reading.likeness import LONGEST, likeness, message_of
from agent_runs.store.engine.database import Reader, Transaction

TOOL = "tool"
ERROR = "error"
_LONGEST_CALL_MS = 10**11
"""Three years; whatever an agent says, no call takes longer."""
_ADD = """
    insert into run_tally (run_id, kind, name, number, failed, total)
    values (:run_id, :kind, :name, :number, :failed, :total)
    on conflict (run_id, kind, name) do update set number = run_tally.number + excluded.number,
    failed = run_tally.failed + excluded.failed, total = run_tally.total + excluded.total
"""


class Amount(NamedTuple):
    """What is counted of one thing.

    Attributes:
        number: how often it occurred.
        failed: how often it failed.
        total: milliseconds, or the unit that the thing is measured in.
    """

    number: int = 0
    failed: int = 0
    total: int = 0

    def plus(self, other: "Amount", sign: int = 1) -> "Amount":
        """Return the sum, or the difference if `sign` is -1."""
        return Amount(
            self.number + sign * other.number,
            self.failed + sign * other.failed,
            self.total + sign * other.total,
        )


Tally = dict[tuple[str, str], Amount]
"""Amounts by kind and name."""


def of_rows(rows: Iterable[Mapping[str, Any]]) -> Tally:
    """Return what entries add up to.

    Args:
        rows: `tool_name`, `failed`, `payload` and, if known, `duration_ms`.
    """
    tally: Tally = {}
    for row in rows:
        tool, failed = row["tool_name"], row["failed"]
        if tool is None and not failed:
            continue
        if tool is not None:
            milliseconds = min(max(row["duration_ms"] or 0, 0), _LONGEST_CALL_MS)
            _add_to(tally, (TOOL, tool), Amount(1, failed, milliseconds))
        if failed:
            # From the stored text: it has no secrets, and a recount gives the same.
            name = likeness(message_of(orjson.loads(row["payload"]))) or "(no message)"
            _add_to(tally, (ERROR, name[:LONGEST]), Amount(1, 1))
    return tally


def of_stored(rows: Iterable[tuple[str | None, int, str]]) -> Tally:
    """Return what entries add up to, given as `(tool_name, failed, payload)` of their rows."""
    return of_rows(
        {
            "tool_name": tool,
            "failed": failed,
            "payload": payload,
            "duration_ms": None if tool is None else orjson.loads(payload).get("duration_ms"),
        }
        for tool, failed, payload in rows
    )


def joined(tally: Tally, other: Tally, sign: int = 1) -> Tally:
    """Return the sum of two tallies, or their difference if `sign` is -1."""
    result = dict(tally)
    for key, amount in other.items():
        result[key] = result.get(key, Amount()).plus(amount, sign)
    return {key: amount for key, amount in result.items() if amount.number > 0}


async def add(transaction: Transaction, run_id: int, tally: Tally, sign: int = 1) -> None:
    """Add to the tally of a run, or subtract if `sign` is -1."""
    await add_all(transaction, {run_id: tally}, sign)


async def add_all(transaction: Transaction, by_run: Mapping[int, Tally], sign: int = 1) -> None:
    """Add to the tallies of many runs, or subtract if `sign` is -1."""
    rows = [
        {
            "run_id": run_id,
            "kind": kind,
            "name": name,
            "number": sign * amount.number,
            "failed": sign * amount.failed,
            "total": sign * amount.total,
        }
        for run_id, tally in by_run.items()
        for (kind, name), amount in tally.items()
    ]
    if rows:
        await transaction.executemany(_ADD, rows)


async def read(reader: Reader, run_id: int) -> Tally:
    """Return the tally of a run."""
    rows = await reader.read(
        "select kind, name, number, failed, total from run_tally"
        " where run_id = :run_id and number > 0",
        {"run_id": run_id},
    )
    return {
        (kind, name): Amount(number, failed, int(total))
        for kind, name, number, failed, total in rows
    }


def _add_to(tally: Tally, key: tuple[str, str], amount: Amount) -> None:
    tally[key] = tally.get(key, Amount()).plus(amount)
