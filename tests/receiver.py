"""A receiver of webhooks: a real HTTP server that keeps what it gets and answers as told."""

import queue
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.patience import PATIENCE_SECONDS


@dataclass(frozen=True)
class Received:
    """One request: header names are as they were sent."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """What came, and what is answered to the next requests (200 when nothing is said)."""

    def __init__(self, port: int = 0) -> None:
        self.requests: queue.Queue[Received] = queue.Queue()
        self.answers: queue.Queue[tuple[int, dict[str, str]]] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def next(self) -> Received:
        """Wait for the next request."""
        return self.requests.get(timeout=PATIENCE_SECONDS)

    def run(self) -> None:
        """Serve until `stop`."""
        self._server.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                receiver.requests.put(Received(self.path, dict(self.headers.items()), body))
                try:
                    status, headers = receiver.answers.get_nowait()
                except queue.Empty:
                    status, headers = 200, {}
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object, **__: object) -> None:
                pass

        return Handler


@contextmanager
def receiving(port: int = 0) -> Generator[Receiver]:
    """A receiver on loopback."""
    receiver = Receiver(port)
    thread = threading.Thread(target=receiver.run, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.stop()
        thread.join(PATIENCE_SECONDS)
