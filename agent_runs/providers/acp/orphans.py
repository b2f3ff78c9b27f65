"""Processes of a run that are still there after their server was killed.

Two traces lead to them: `agent.json` in the run's folder (written when an agent starts, removed
when it has ended), and the variable `AGENT_RUNS_RUN` in the environment of everything it started. A
process id counts only together with its creation time, because ids are reused.
"""

import contextlib
import json
import logging
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from agent_runs.processes import signal_group
from agent_runs.providers.acp.environment import MARKER

logger = logging.getLogger(__name__)

_FILE = "agent.json"
_END_SECONDS = 3.0
_LOOK_SECONDS = 0.02
_SAME_SECONDS = 0.02


@dataclass(frozen=True)
class RunningAgent:
    """Which process works for a run.

    Attributes:
        pid: of the agent, and of its process group.
        created: creation time in seconds since the epoch, as psutil gives it.
        marker: value of `AGENT_RUNS_RUN`, unique to this start.
    """

    run_id: int
    pid: int
    created: float
    marker: str


def remember(folder: Path, run_id: int, pid: int, marker: str) -> None:
    """Note that an agent runs, so a later start of the program can end it.

    Args:
        folder: of the run.
        run_id: of the run.
        pid: 0 if it is about to start: a kill right after the start then loses nothing.
        marker: unique to this start.
    """
    try:
        created = psutil.Process(pid).create_time() if pid else 0.0
    except psutil.Error:
        # It has already ended; the marker still leads to what it left.
        created = 0.0
    agent = RunningAgent(run_id=run_id, pid=pid, created=created, marker=marker)
    path = folder / _FILE
    building = path.with_suffix(".new")
    building.write_text(json.dumps(asdict(agent)), "utf-8")
    building.replace(path)


def forget(folder: Path) -> None:
    """Note that the run's agent has ended."""
    (folder / _FILE).unlink(missing_ok=True)


def remembered(folder: Path) -> RunningAgent | None:
    """Return what was noted for a run, None if nothing usable was."""
    try:
        return RunningAgent(**json.loads((folder / _FILE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def end_strays(marker: str) -> list[int]:
    """Kill every process that carries the marker; return their ids. May block for seconds."""
    return _kill(_marked({marker}))


def end_orphans(runs: Path, *, keep: frozenset[int] = frozenset()) -> int:
    """End the agents that a killed manager left behind; return how many there were. Blocks.

    Args:
        runs: folder with one folder per run.
        keep: ids of runs that this manager works on.
    """
    agents = [
        agent
        for path in sorted(runs.glob(f"*/{_FILE}"))
        if (agent := remembered(path.parent)) is not None and agent.run_id not in keep
    ]
    if not agents:
        return 0
    for agent in agents:
        if _is_same(agent):
            signal_group(agent.pid, signal.SIGTERM)
    _wait([process for agent in agents for process in _leader(agent)])
    for agent in agents:
        if _is_same(agent):
            signal_group(agent.pid, signal.SIGKILL)
    _kill(_marked({agent.marker for agent in agents}))
    for agent in agents:
        forget(runs / str(agent.run_id))
        logger.warning("run %s: ended its agent, left by an earlier server", agent.run_id)
    return len(agents)


def _is_same(agent: RunningAgent) -> bool:
    return bool(_leader(agent))


def _leader(agent: RunningAgent) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(agent.pid) if agent.pid else None
        if process and abs(process.create_time() - agent.created) < _SAME_SECONDS:
            return [process]
    return []


def _marked(markers: set[str]) -> list[psutil.Process]:
    marked: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARKER) in markers:
                marked.append(process)
    return marked


def _kill(processes: list[psutil.Process]) -> list[int]:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            # psutil checks the creation time itself before it sends a signal.
            process.kill()
    _wait(processes)
    return [process.pid for process in processes]


def _wait(processes: list[psutil.Process]) -> None:
    """Wait until they have ended; a zombie has, even if its parent never collects it."""
    until = time.monotonic() + _END_SECONDS
    while any(map(_is_alive, processes)) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
