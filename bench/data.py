"""A database of the size named in the goals, filled without the search index for speed."""

import asyncio
import keyword
import random
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import orjson

from agent_runs.models import NewLog
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.payloads import now
from agent_runs.store.runs import logs, runs

_WORDS = sorted(keyword.kwlist)


def entry(number: int, chance: random.Random) -> NewLog:
    """A log entry like those of real agents: 0.2 to 20 kB of text, 1.2 kB on average."""
    length = min(int(chance.lognormvariate(4.3, 1.0)), 2500)
    text = " ".join(chance.choices(_WORDS, k=length))
    return NewLog(
        created_at=now(),
        message_type="ACTION",
        thought=f"Step {number}: look at the result and go on.",
        tool_name=("bash", "read_file", "edit_file", "search")[number % 4],
        tool_input={"command": f"grep -n {_WORDS[number % len(_WORDS)]} src"},
        tool_output={"status": "completed", "duration_ms": number % 900, "exit_code": 0},
        observation=text,
        duration_ms=number % 900,
    )


def fill(path: Path, *, run_total: int, entry_total: int, per_run: int = 1000) -> None:
    """Create a database with these runs; the first ones get the entries, `per_run` each."""
    asyncio.run(_one_of_each(path))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma synchronous=off")
    connection.execute("begin")
    triggers = connection.execute(
        "select name, sql from sqlite_master where type = 'trigger' and tbl_name = 'log'"
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f"drop trigger {name}")
    first = _first(connection, "run")
    _insert(connection, "run", (_run_row(first, n, run_total) for n in range(2, run_total + 1)))
    first = _first(connection, "log")
    connection.execute("delete from log")
    _insert(connection, "log", _entry_rows(first, entry_total, per_run))
    for _, sql in triggers:
        connection.execute(sql)
    shared = {"count": per_run, "last": entry_total // per_run}
    connection.execute(
        "update run set log_count = :count,"
        " payload = json_set(payload, '$.log_count', :count) where id <= :last",
        shared,
    )
    connection.execute("update run_total set total = ? where total > 0", (run_total,))
    connection.execute("commit")
    connection.execute("analyze")
    connection.close()


async def _one_of_each(path: Path) -> None:
    database = await Database.open(f"sqlite:///{path}")
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="Fix the login form " * 8, agent="scripted")
        await logs.append(transaction, run.id, None, [entry(0, random.Random(1))])
        # The server would start to work on an unfinished run.
        await runs.change(transaction, run, status="COMPLETE")
    await database.close()


def _first(connection: sqlite3.Connection, table: str) -> dict[str, object]:
    cursor = connection.execute(f"select * from {table} order by id limit 1")
    return dict(zip((column[0] for column in cursor.description), cursor.fetchone(), strict=True))


def _insert(connection: sqlite3.Connection, table: str, rows: Iterator[tuple[object, ...]]) -> None:
    names = [row[1] for row in connection.execute(f"pragma table_info({table})")]
    marks = ", ".join("?" * len(names))
    connection.executemany(f"insert into {table} ({', '.join(names)}) values ({marks})", rows)


def _run_row(first: dict[str, object], number: int, total: int) -> tuple[object, ...]:
    payload = orjson.loads(str(first["payload"])) | {"id": number}
    created_at = int(time.time() * 1000) - (total - number) * 1000
    changed = {"id": number, "created_at": created_at, "payload": orjson.dumps(payload).decode()}
    return tuple((first | changed).values())


def _entry_rows(first: dict[str, object], total: int, per_run: int) -> Iterator[tuple[object, ...]]:
    chance = random.Random(7)
    kinds = [entry(n, chance).model_dump(mode="json") for n in range(1000)]
    for number in range(total):
        run_id, seq = number // per_run + 1, number % per_run
        payload = kinds[number % 1000] | {"agent_run_id": run_id, "seq": seq}
        row = first | {
            "id": number + 1,
            "run_id": run_id,
            "seq": seq,
            "tool_name": payload["tool_name"],
            "payload": orjson.dumps(payload).decode(),
        }
        yield tuple(row.values())
