"""A real server for tests: `python api.py` in a process of its own, killed and started at will."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Self

import httpx

from agent_runs.addresses import place
from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parent.parent
# Unbuffered output on a developer's machine would hide a line that waits in a buffer.
_LOST = ("AGENT_RUNS_", "CODEGEN_", "PYTHONUNBUFFERED")


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LiveServer:
    """One home folder and the server process that works in it."""

    def __init__(self, home: Path, extra: dict[str, str]) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://{place(extra.get('AGENT_RUNS_HOST', '127.0.0.1'), self.port)}"
        self.output = home.parent / f"{home.name}-server.log"
        clean = {k: v for k, v in os.environ.items() if not k.startswith(_LOST)}
        self.env = clean | {
            "AGENT_RUNS_HOME": str(home),
            "AGENT_RUNS_PORT": str(self.port),
            "AGENT_RUNS_CANCEL_GRACE_SECONDS": "1",
        }
        self.env |= extra
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start the process and wait for its first healthy answer."""
        # Of its own, else the one of the project would be read: a developer's account, maybe.
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / ".env").touch()
        program = [sys.executable, str(ROOT / "api.py")]
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                program, cwd=self.home, env=self.env, stdout=output, stderr=output
            )
        try:
            self._wait_for_answer()
        except BaseException:
            self.kill()
            raise
        return self

    def _wait_for_answer(self) -> None:
        # The server answers only when it is ready; until then the port is closed.
        with httpx.Client(timeout=PATIENCE_SECONDS) as client:
            while self._process is not None and not self._ended_within(0.02):
                with contextlib.suppress(httpx.ConnectError):
                    client.get(f"{self.url}/health").raise_for_status()
                    return
        raise RuntimeError(self.output.read_text(errors="replace")[-4000:])

    def _ended_within(self, seconds: float) -> bool:
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
            return True
        return False

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it with SIGKILL, as a crash or the out-of-memory killer would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=PATIENCE_SECONDS)

    def stop(self) -> None:
        """End it as a person does with Ctrl-C."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=PATIENCE_SECONDS)


@contextlib.contextmanager
def start_server(home: Path, **extra: str) -> Generator[LiveServer]:
    """A running server with extra environment; stopped at the end."""
    server = LiveServer(home, extra).start()
    try:
        yield server
    finally:
        server.stop()
