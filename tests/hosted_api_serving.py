"""Serves an application over real HTTP in a thread."""

import contextlib
import threading
from collections.abc import Generator
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.patience import PATIENCE_SECONDS

_connections: dict[tuple[str, int] | None, Any] = {}


class _Protocol(H11Protocol):
    """Lets an application reach its connection, to break it."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if self.client:
            _connections[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.client:
            _connections.pop(self.client, None)


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def config_of(app: ASGIApp, port: int = 0) -> uvicorn.Config:
    """How an application is served; it finds its transport under `twin.transport`."""

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            client: Any = scope["client"]
            transport = _connections.get(tuple(client) if client else None)
            scope.setdefault("extensions", {})["twin.transport"] = transport
        await app(scope, receive, send)

    return uvicorn.Config(
        outer,
        port=port,
        http=_Protocol,
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=1,
        loop="asyncio",
    )


@contextlib.contextmanager
def serve_app(app: ASGIApp, port: int = 0) -> Generator[str]:
    """Serve an application over real HTTP in a thread; gives its address."""
    server = _Server(config_of(app, port))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.ready.wait(PATIENCE_SECONDS)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
