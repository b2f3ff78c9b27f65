"""The server is killed with -9 in the middle of things: nothing acknowledged is ever lost."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import pytest
from live_server import LiveServer, free_port, start_server

from agent_runs import CodegenClient
from agent_runs.models import JSON, TERMINAL_STATUSES
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.soak

Fits = Callable[[dict[str, JSON]], bool]
"""Whether a run is in the state that is waited for."""


@pytest.fixture
def server(tmp_path: Path) -> Generator[LiveServer]:
    with start_server(tmp_path / "home") as running:
        yield running


def _until(client: CodegenClient, run_id: int, fits: Fits) -> None:
    """Wait for the run to be in a state, by its events and not by sleeping."""
    for event in client.events(after=0):
        if event.kind.startswith("run.") or event.kind == "logs.appended":
            run = dict(client.get_agent_run(run_id))
            if fits(run):
                return


FAULTS: dict[str, tuple[str, Fits]] = {
    "working": ("/say first words\n/run echo done\n/sleep 600", lambda run: run["log_count"] >= 3),
    "silent": ("/silent", lambda run: run["status"] == "ACTIVE"),
    "flooding": ("/flood 20000\n/sleep 600", lambda run: run["status"] == "ACTIVE"),
    "ignoring cancel": ("/stubborn\n/sleep 600", lambda run: run["status"] == "ACTIVE"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_after_kill_9_no_run_stays_active_and_no_entry_is_missing(
    server: LiveServer, fault: str
) -> None:
    prompt, fits = FAULTS[fault]
    with CodegenClient(base_url=server.url) as client:
        run = client.create_agent_run(prompt)
        _until(client, run["id"], fits)
        seen = client.get_agent_run_logs(run["id"])["logs"]
    server.kill()
    server.start()
    with CodegenClient(base_url=server.url) as client:
        after = client.get_agent_run(run["id"])
        logs = client.get_agent_run_logs(run["id"])["logs"]
        assert after["status"] == "ERROR"
        assert after["status_reason"] == "interrupted"
        assert [dict(log) for log in logs[: len(seen)]] == [dict(log) for log in seen]
        assert logs[-1]["message_type"] == "ERROR"
        assert "Resume the run" in str(logs[-1]["observation"])

        client.resume_agent_run(run["id"], "/say back again")
        done = client.wait(run["id"], timeout=PATIENCE_SECONDS)
        assert done["status"] == "COMPLETE"


def test_runs_that_waited_for_room_start_after_the_restart(tmp_path: Path) -> None:
    with start_server(tmp_path / "home", AGENT_RUNS_CONCURRENCY="1") as server:
        with CodegenClient(base_url=server.url) as client:
            first = client.create_agent_run("/sleep 600")
            waiting = [client.create_agent_run(f"/say number {n}") for n in range(3)]
            _until(client, first["id"], lambda run: run["status"] == "ACTIVE")
        server.kill()
        server.start()
        with CodegenClient(base_url=server.url) as client:
            for run in waiting:
                assert client.wait(run["id"], timeout=PATIENCE_SECONDS)["status"] == "COMPLETE"
            assert client.get_agent_run(first["id"])["status"] == "ERROR"


def test_every_acknowledged_run_is_there_after_kill_9_during_a_burst(server: LiveServer) -> None:
    with CodegenClient(base_url=server.url) as client:
        created = [client.create_agent_run(f"/say {n}")["id"] for n in range(20)]
    server.kill()
    server.start()
    with CodegenClient(base_url=server.url) as client:
        for run_id in created:
            assert client.wait(run_id, timeout=PATIENCE_SECONDS)["status"] in TERMINAL_STATUSES
            first = client.get_agent_run_logs(run_id, limit=1)["logs"][0]
            assert first["message_type"] == "USER_MESSAGE"


def test_agents_of_a_killed_manager_are_ended_at_the_next_start(server: LiveServer) -> None:
    with CodegenClient(base_url=server.url) as client:
        run = client.create_agent_run("/stubborn\n/run setsid sleep 600")
        _until(client, run["id"], lambda run: "sleep 600" in str(run["activity"] or ""))
    mark = f"AGENT_RUNS_RUN={run['id']}:"
    left = _marked(mark, server.home)
    assert left
    server.kill()
    server.start()
    assert _marked(mark, server.home) == []


def test_a_second_server_on_the_same_home_is_refused_with_a_clear_sentence(
    server: LiveServer,
) -> None:
    again = subprocess.run(
        [sys.executable, "api.py"],
        env=server.env | {"AGENT_RUNS_PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert again.returncode != 0
    assert "Another server" in again.stderr
    assert "Traceback" not in again.stderr


def test_a_polite_stop_of_the_server_marks_its_runs_and_ends_their_agents(
    server: LiveServer,
) -> None:
    with CodegenClient(base_url=server.url) as client:
        run = client.create_agent_run("/sleep 600")
        _until(client, run["id"], lambda run: "sleep" in str(run["activity"] or ""))
    mark = f"AGENT_RUNS_RUN={run['id']}:"
    assert _marked(mark, server.home)
    server.stop()
    assert _marked(mark, server.home) == []
    server.start()
    with CodegenClient(base_url=server.url) as client:
        assert client.get_agent_run(run["id"])["status_reason"] == "interrupted"


def _marked(mark: str, home: Path) -> list[int]:
    """Processes of this home's agents that carry the run's mark."""
    pids: list[int] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            environ = process.environ()
            if (
                any(f"{name}={value}".startswith(mark) for name, value in environ.items())
                and str(home) in environ.get("HOME", "")
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                pids.append(process.pid)
    return pids
