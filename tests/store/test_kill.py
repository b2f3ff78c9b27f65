"""A process that is killed while it writes loses nothing that it had acknowledged."""

import asyncio
import signal
import subprocess
import sys

import pytest

from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events, logs, runs

pytestmark = [pytest.mark.anyio, pytest.mark.soak]

WRITER = """
import asyncio, sys
from store_samples import add_entries, new_run
from agent_runs.store.engine.database import Database

async def main():
    async with Database.open(sys.argv[1]) as database:
        run = await new_run(database)
        while True:
            await add_entries(database, run.id, 5)
            print("stored", flush=True)

asyncio.run(main())
"""


def write_until_killed(url: str, batches: int) -> int:
    """Kill a writer after so many batches; returns how many it had acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, url],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    ) as writer:
        assert writer.stdout is not None
        for _ in range(batches):
            assert writer.stdout.readline() == "stored\n"
        writer.send_signal(signal.SIGKILL)
        return batches + writer.stdout.read().count("stored\n")


async def test_no_acknowledged_batch_is_lost(database_url: str) -> None:
    batches = sum([await asyncio.to_thread(write_until_killed, database_url, 20) for _ in range(3)])
    async with Database.open(database_url) as database:
        entries = 0
        for run, _ in await runs.unfinished(database):
            stored = await logs.read(database, run.id, limit=100_000)
            assert [log.seq for log in stored] == list(range(run.log_count))
            entries += run.log_count
            news = await events.after(database, 0, 100_000, run.id)
            assert len(news) == 1 + run.log_count // 5
        # One more batch per kill may have been stored but not said so any more.
        assert batches * 5 <= entries <= (batches + 3) * 5
        if database.dialect == "sqlite":
            assert await database.read("pragma integrity_check") == [("ok",)]
