"""Parts of the dashboard without a browser: an API of our own making, and states."""

import contextlib
import os
import socket
import threading
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import uvicorn
from starlette.types import ASGIApp

from agent_runs.dashboard.serving import access, web
from tests.dashboard.serving import Serve


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextlib.contextmanager
def _served(app: ASGIApp) -> Generator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        assert server.ready.wait(30), "the server did not start"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("AGENT_RUNS_", "CODEGEN_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)  # no .env of the person who runs the tests


@pytest.fixture
async def serve_as_api(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Serve]:
    """Makes an application the API that the dashboard talks to."""
    with contextlib.ExitStack() as stack:

        def serve(app: ASGIApp) -> str:
            url = stack.enter_context(_served(app))
            monkeypatch.setenv("AGENT_RUNS_API_URL", url)
            monkeypatch.setenv("AGENT_RUNS_API_TOKEN", "canary-of-the-dashboard")
            access.credentials.cache_clear()
            return url

        yield serve
        await web.close_forwarder()
        await access.close()
