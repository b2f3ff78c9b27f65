"""up, serve, doctor, and what they say when something is in the way."""

import json
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.calls import Cli
from tests.live_server import ROOT, LiveServer, free_port
from tests.patience import PATIENCE_SECONDS


def start(server: LiveServer, *words: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env=server.env | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_python_api_py_says_where_it_is(server: LiveServer) -> None:
    assert f"API        http://localhost:{server.port}" in server.output.read_text()
    assert f"API docs   http://localhost:{server.port}/docs" in server.output.read_text()


def test_a_second_server_on_the_port_says_so_and_touches_nothing(server: LiveServer) -> None:
    process = start(server, "api.py")
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, out) == (1, "")
    assert err == (
        f"127.0.0.1:{server.port} is in use: agent_runs already runs there. Stop it, or choose "
        f"another port: AGENT_RUNS_PORT={server.port + 1}.\n"
    )


def test_another_program_on_the_port_is_told_apart(server: LiveServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        process = start(server, "api.py", AGENT_RUNS_PORT=str(other.getsockname()[1]))
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert "another program listens there" in err


def test_settings_that_cannot_be_used_are_named_without_a_traceback(server: LiveServer) -> None:
    process = start(server, "-m", "agent_runs", "serve", AGENT_RUNS_CONCURRENCY="many")
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert "AGENT_RUNS_CONCURRENCY" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("variable", "value"),
    [("AGENT_RUNS_HOME", "/proc/nowhere"), ("AGENT_RUNS_DEFAULT_AGENT", "nobody")],
)
def test_a_server_that_cannot_start_says_why_and_fails(
    server: LiveServer, tmp_path: Path, variable: str, value: str
) -> None:
    own = {"AGENT_RUNS_HOME": str(tmp_path), "AGENT_RUNS_PORT": str(free_port()), variable: value}
    process = start(server, "-m", "agent_runs", "serve", **own)
    _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert variable in err
    assert "Traceback" not in err


def test_up_starts_the_api_and_ends_it(server: LiveServer, tmp_path: Path) -> None:
    port = free_port()
    own = {"AGENT_RUNS_HOME": str(tmp_path / "home"), "AGENT_RUNS_PORT": str(port)}
    # A dashboard that has to be built first would take a minute.
    blocker = tmp_path / "reflex.py"
    blocker.write_text("raise ImportError('not in this test')")
    process = start(server, "-m", "agent_runs", "up", PYTHONPATH=str(tmp_path), **own)
    assert process.stdout
    lines = iter(process.stdout.readline, "")
    assert any(f"http://localhost:{port}/docs" in line for line in lines)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_an_open_stream_of_events_does_not_keep_the_server_alive(
    server: LiveServer, tmp_path: Path
) -> None:
    port = free_port()
    own = {"AGENT_RUNS_HOME": str(tmp_path / "home"), "AGENT_RUNS_PORT": str(port)}
    process = start(server, "api.py", **own)
    assert process.stdout
    lines = iter(process.stdout.readline, "")
    assert any("/docs" in line for line in lines)
    with socket.create_connection(("127.0.0.1", port)) as stream:
        stream.sendall(f"GET /events HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        assert b"200" in stream.recv(1000)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0


def test_doctor_looks_at_everything(cli: Cli, server: LiveServer) -> None:
    done = cli("doctor", "--json")
    findings = {each["name"]: each for each in json.loads(done.out)}
    assert list(findings) == (
        [
            "python",
            "git",
            "bubblewrap",
            "settings",
            "folder",
            "database",
            "disk",
            "server",
            "agents",
        ]
    )
    assert findings["server"]["state"] == "ok"
    assert server.url in findings["server"]["text"]
    assert done.code == 0
    assert re.search(r"^ok +python +3\.", cli("doctor").out)


def test_doctor_says_how_to_start_a_server_that_does_not_run(cli: Cli) -> None:
    done = cli("--url", f"http://127.0.0.1:{free_port()}", "doctor")
    assert done.code == 0
    assert re.search(r"^warning +server .*agent-runs up$", done.out, re.MULTILINE)


def test_doctor_finds_what_is_wrong(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    monkeypatch.setenv("AGENT_RUNS_HOME", str(file / "home"))
    done = cli("doctor")
    assert done.code == 1
    assert re.search(r"^problem +folder .*AGENT_RUNS_HOME$", done.out, re.MULTILINE)


def test_doctor_tells_another_program_from_a_server(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
        done = cli("--url", url, "doctor")
    assert done.code == 1
    assert re.search(r"^problem +server", done.out, re.MULTILINE)


def test_the_version_is_printed(cli: Cli) -> None:
    assert cli("version").out == cli("--version").out
    assert cli("version").out.startswith("agent-runs ")
    assert list(json.loads(cli("version", "--json").out)) == ["version"]
