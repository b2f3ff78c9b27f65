"""The official packages, installed aside, and a server of ours for them to talk to.

They live in the user's cache, for all runs of the tests and all clones. `codegen` reads the next
file `.env` at or above its own folder and lets it win over the environment, so an empty one lies
there. On Python 3.11 it is installed against its own bound; only its
choice of environment (`ENV`) does not work there, so it is left alone.
"""

import fcntl
import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from tests.live_server import LiveServer, start_server
from tests.official.programs import Outside, Run
from tests.patience import PATIENCE_SECONDS

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


@pytest.fixture(scope="session")
def official() -> Path:
    """The folder with `python` and `codegen`; made once for these requirements."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = user_cache_path("agent-runs") / f"official-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder / "venv"], check=True)
            install = [folder / "venv/bin/python", "-m", "pip", "install", "--quiet", "--no-deps"]
            options = ["--require-hashes", "--ignore-requires-python", "-r", REQUIREMENTS]
            subprocess.run([*install, "--disable-pip-version-check", *options], check=True)
            (folder / "venv/.env").touch()
            (folder / "complete").touch()
    return folder / "venv" / "bin"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[LiveServer]:
    with start_server(tmp_path_factory.mktemp("official") / "home") as running:
        yield running


@pytest.fixture
def outside() -> Generator[Outside]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Outside(listener)
        thread = threading.Thread(target=proxy.listen, daemon=True)
        thread.start()
        yield proxy
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(PATIENCE_SECONDS)


@pytest.fixture
def environment(server: LiveServer, tmp_path: Path, outside: Outside) -> dict[str, str]:
    """A home of its own, our server, and no way out."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TERM": "xterm",
        "COLUMNS": "200",
        "CODEGEN_API_BASE_URL": server.url,
        "TELEMETRY_CONSENT_PROMPTED": "true",
        "TELEMETRY_ENABLED": "false",
        "HTTP_PROXY": outside.url,
        "HTTPS_PROXY": outside.url,
        "NO_PROXY": "127.0.0.1,localhost",
    }


@pytest.fixture
def run(official: Path, environment: dict[str, str], tmp_path: Path) -> Run:
    """Run one of the official programs to its end."""

    def call(program: str, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [official / program, *words],
            env=environment | more,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    return call
