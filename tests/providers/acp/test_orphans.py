"""Processes that outlive their run are ended, and never one that is not ours."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import psutil
import pytest
from acp_parts import MemoryRecorder, provider, request, work

from agent_runs.providers.acp import orphans
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

_MANAGER = """
import asyncio, sys
from pathlib import Path
from acp_parts import MemoryRecorder, provider, request

class Telling(MemoryRecorder):
    async def update(self, **changes):
        if "sleep 602" in str(changes.get("activity")):
            print("working", flush=True)

async def main():
    async with provider(Path(sys.argv[1])) as acp:
        await acp.work(request("/stray 601\\n/run sleep 602"), Telling())

asyncio.run(main())
"""


def marked(marker: str) -> list[psutil.Process]:
    """Living processes with this in the value of AGENT_RUNS_RUN."""
    processes: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            value = process.environ().get("AGENT_RUNS_RUN", "")
            if value == marker and process.status() != psutil.STATUS_ZOMBIE:
                processes.append(process)
        except psutil.Error:
            continue
    return processes


async def test_what_a_killed_manager_left_behind_is_ended_at_the_next_start(
    tmp_path: Path,
) -> None:
    tests = str(Path(__file__).parents[2])
    root = str(Path(__file__).parents[3])
    manager = subprocess.Popen(
        [sys.executable, "-c", _MANAGER, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join((root, tests))},
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    try:
        assert manager.stdout is not None
        with anyio.fail_after(PATIENCE_SECONDS):
            assert await asyncio.to_thread(manager.stdout.readline) == b"working\n"
        agent = orphans.remembered(tmp_path / "runs/1")
        assert agent is not None
        # Stopped first, it cannot notice that its manager is gone.
        os.kill(agent.pid, signal.SIGSTOP)
    finally:
        manager.kill()
        manager.communicate()
    commands = {" ".join(process.cmdline()[-2:]) for process in marked(agent.marker)}
    assert {"sleep 601", "-c sleep 602"} < commands or {"sleep 601", "sleep 602"} < commands
    async with provider(tmp_path) as acp:
        assert await acp.end_orphans() == 1
        assert await acp.end_orphans() == 0
    assert marked(agent.marker) == []
    assert not (tmp_path / "runs/1/agent.json").exists()


async def test_a_process_that_has_the_id_now_but_is_not_ours_is_left_alone(
    tmp_path: Path,
) -> None:
    (tmp_path / "runs/1").mkdir(parents=True)
    stranger = subprocess.Popen(["sleep", "600"], start_new_session=True)
    try:
        orphans.remember(tmp_path / "runs/1", 1, stranger.pid, "1:x")
        path = tmp_path / "runs/1/agent.json"
        created = psutil.Process(stranger.pid).create_time()
        path.write_text(path.read_text().replace(str(created), str(created - 5)))
        async with provider(tmp_path) as acp:
            assert await acp.end_orphans() == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_notes_that_cannot_be_read_harm_nothing(tmp_path: Path) -> None:
    for name, text in (("1", ""), ("2", "[]"), ("3", '{"pid": 1}')):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "agent.json").write_text(text)
    async with provider(tmp_path) as acp:
        assert await acp.end_orphans() == 0


async def test_runs_that_work_now_are_no_orphans(tmp_path: Path) -> None:
    recorder = MemoryRecorder()
    async with provider(tmp_path) as acp, asyncio.TaskGroup() as tasks:
        turn = tasks.create_task(acp.work(request("/say x\n/silent"), recorder))
        await recorder.until(lambda told: told.drafts)
        assert await acp.end_orphans() == 0
        await acp.cancel(1)
        await turn


async def test_strays_of_a_turn_end_with_the_turn(tmp_path: Path) -> None:
    outcome, recorder = await work(tmp_path, "/stray 604\n/run sleep 605 & env")
    assert outcome.status == "COMPLETE"
    output = str(recorder.of("ACTION")[0].observation)
    (line,) = [line for line in output.splitlines() if line.startswith("AGENT_RUNS_RUN=")]
    assert line.startswith("AGENT_RUNS_RUN=1:")
    assert marked(line.partition("=")[2]) == []
