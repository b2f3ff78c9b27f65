"""What several tests of the API share: an application in this process, a server in a thread."""

import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Generator

import uvicorn
from fastapi import FastAPI

from agent_runs.models import AgentRun
from tests.patience import PATIENCE_SECONDS

Finish = Callable[[int], Awaitable[AgentRun]]
"""Waits, by its events, for a run to end."""

TOKEN = "canary-of-the-api-7f3a"
UPSTREAM_TOKEN = "sk-canary-of-the-upstream-91bc"


@contextlib.contextmanager
def served(app: FastAPI) -> Generator[str]:
    """Serve an application over HTTP from a thread; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    ready = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready.set()

    config = uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=5)
    server = Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        assert ready.wait(PATIENCE_SECONDS), "the server did not start"
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        # In a thread no signal arrives, so what a signal does is done here.
        app.state.server.streams.end_soon()
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
        listener.close()
        assert not thread.is_alive(), "the server did not stop"
