"""The offline model's HTTP server: four dialects on one loopback address.

It keeps what it received, for tests: `OfflineModel.received`, or `GET /received` of another
process. Requests whose key is `WRONG_KEY` are refused as each vendor does it.
"""

import json
import threading
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any, cast

from tests.offline_model import anthropic, chat, gemini, responses
from tests.offline_model.asked import Asked, Json
from tests.offline_model.script import reply

KEY = "sk-not-a-secret"
WRONG_KEY = "sk-wrong"
MODEL = "offline-model"
_KEPT = 1_000
_KEY_HEADERS = ("authorization", "x-api-key", "x-goog-api-key")
_DIALECTS: tuple[tuple[str, ModuleType], ...] = (
    ("/chat/completions", chat),
    ("/responses", responses),
    ("/messages", anthropic),
    ("enerateContent", gemini),
)


@dataclass(frozen=True)
class Received:
    """One request of an agent."""

    path: str
    model: str
    key: str
    prompt: str
    tools: tuple[str, ...]
    everything: str


class OfflineModel(ThreadingHTTPServer):
    """Serves on 127.0.0.1 once `serve_forever` runs; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Requests)
        self.received: deque[Received] = deque(maxlen=_KEPT)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: agents that are stopped leave in the middle of an answer."""


@contextmanager
def offline_model() -> Generator[OfflineModel]:
    """Serve in a thread for as long as the context lasts."""
    model = OfflineModel()
    thread = threading.Thread(target=model.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield model
    finally:
        model.shutdown()
        thread.join()
        model.server_close()


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _model(self) -> OfflineModel:
        return cast("OfflineModel", self.server)

    def do_GET(self) -> None:
        if self.path == "/received":
            self._send_json([asdict(each) for each in self._model.received])
            return
        models = [{"id": MODEL, "object": "model", "created": 1, "owned_by": "offline"}]
        self._send_json({"object": "list", "data": models, "models": []})

    def do_POST(self) -> None:
        body = self._body()
        path = self.path.partition("?")[0]
        dialect = next((module for words, module in _DIALECTS if path.endswith(words)), None)
        if path.endswith((":countTokens", "/count_tokens")):
            self._send_json({"totalTokens": 10, "input_tokens": 10})
        elif dialect is None:
            self._send_json({})
        else:
            self._answer(dialect, path, body)

    def _answer(self, dialect: ModuleType, path: str, body: Json) -> None:
        asked: Asked = dialect.read(body)
        key = self._key()
        model = str(body.get("model") or path.rpartition("/")[2].partition(":")[0])
        tools = tuple(asked.tools)
        self._model.received.append(
            Received(path, model, key, asked.prompt, tools, asked.everything)
        )
        if key == WRONG_KEY:
            status, error = dialect.refusal()
            self._send_json(error, status)
        elif body.get("stream") or "stream" in path:
            events = [*dialect.stream(body, reply(asked))]
            lines = [
                (f"event: {name}\n" if name else "") + f"data: {json.dumps(event)}\n\n"
                for name, event in events
            ]
            end = "data: [DONE]\n\n" if dialect is chat else ""
            self._send("".join([*lines, end]).encode(), "text/event-stream")
        else:
            self._send_json(dialect.whole(body, reply(asked)))

    def _key(self) -> str:
        given = next((self.headers[name] for name in _KEY_HEADERS if name in self.headers), "")
        return given.removeprefix("Bearer ")

    def _body(self) -> Json:
        content = bytearray()
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline().strip() or b"0", 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            content += self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body: Any = json.loads(content or b"{}")
        except ValueError:
            return {}
        return cast("Json", body) if isinstance(body, dict) else {}

    def _send_json(self, content: object, status: int = 200) -> None:
        self._send(json.dumps(content).encode(), status=status)

    def _send(self, content: bytes, kind: str = "application/json", status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("x-should-retry", "false")  # as Anthropic says it
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - given by the library
        """Say nothing."""
