"""The processes that browser tests start: the API, the dashboard, and how they are waited for."""

import contextlib
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, Playwright

from agent_runs.models import JSON
from tests.browser.chromium import find_chromium
from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
START_SECONDS = 420
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1280, "height": 800}


class Api:
    """The API process; it can be stopped and started again on the same port and folder."""

    def __init__(self, home: Path, dashboard_port: int) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE_SECONDS, trust_env=False)
        self.home = home
        self._dashboard_port = dashboard_port
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self.home / ".env").touch()  # else the one of the project would be read and written
        self._process = start(
            "api.py",
            self.home / "api.log",
            cwd=self.home,
            AGENT_RUNS_PORT=str(self.port),
            AGENT_RUNS_HOME=str(self.home / "data"),
            AGENT_RUNS_DASHBOARD_PORT=str(self._dashboard_port),
            AGENT_RUNS_SANDBOX="none",
        )
        wait_for(f"{self.url}/health", self._process, self.home / "api.log")

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)
            self._process = None

    def create(self, prompt: str, **more: object) -> int:
        body = {"prompt": prompt, "agent": "scripted", **more}
        answer = self.http.post("/agent_runs", json=body)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["id"])

    @property
    def env_file(self) -> Path:
        """Where the API saves settings."""
        return Path(self.http.get("/settings").json()["env_file"])

    def run(self, run_id: int) -> dict[str, JSON]:
        return self.http.get(f"/agent_runs/{run_id}").json()

    def finished(self, prompt: str, **more: object) -> int:
        """Create a run and wait for its end."""
        run_id = self.create(prompt, **more)
        self.wait_until(run_id, "COMPLETE", "ERROR", "CANCELLED")
        return run_id

    def wait_until(self, run_id: int, *statuses: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self.http.stream("GET", f"/agent_runs/{run_id}/events", params={"after": 0}) as events:
            for _ in events.iter_lines():
                if self.run(run_id)["status"] in statuses:
                    return
                assert time.monotonic() < deadline, self.run(run_id)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(script: str, log: Path, cwd: Path, **environment: str) -> subprocess.Popen[bytes]:
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AGENT_RUNS_", "CODEGEN_"))
    }
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, str(ROOT / script)],
            cwd=cwd,
            env={**clean, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def dashboard_process(
    port: int, api_url: str, log: Path, **environment: str
) -> subprocess.Popen[bytes]:
    """Start the dashboard with its launcher and wait until it answers."""
    with _building_alone():
        process = start(
            "dashboard.py",
            log,
            cwd=ROOT,
            AGENT_RUNS_DASHBOARD_PORT=str(port),
            AGENT_RUNS_API_URL=api_url,
            **environment,
        )
        wait_for(f"http://127.0.0.1:{port}/ping", process, log)
    return process


@contextlib.contextmanager
def _building_alone() -> Generator[None]:
    """Let one test process build the frontend; the next ones find it built."""
    name = f"agent-runs-build-{os.getuid()}.lock"
    with (Path(tempfile.gettempdir()) / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    pause = 0.1
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            assert process.poll() is None, log.read_text()
        time.sleep(pause)
    raise AssertionError(f"{url} did not answer:\n{log.read_text()}")


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)


def launch_options(driver: Playwright) -> dict[str, Any]:
    """Return what Chromium is started with."""
    return {"executable_path": find_chromium(driver.chromium.executable_path), "args": FLAGS}


@contextlib.contextmanager
def watched(page: Page, allowed: re.Pattern[str] | None = None) -> Generator[Page]:
    """Let the block run; afterwards nothing may have thrown or been an error in the page."""
    problems: list[str] = []

    def note(text: str) -> None:
        if allowed is None or not allowed.search(text):
            problems.append(text)

    page.on("pageerror", lambda error: note(str(error)))
    page.on("console", lambda message: note(message.text) if message.type == "error" else None)
    yield page
    page.close()
    assert not problems, problems
