"""A real line between two parts, that tests can make slow, failing or cut.

It stands between the dashboard and the API, or between the browser and the dashboard, and passes
bytes on. It reads no more of HTTP than the first line of a request.
"""

import asyncio
import contextlib
import re
import threading
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

from tests.patience import PATIENCE_SECONDS

T = TypeVar("T")
_BODY = b'{"error":"InternalError","message":"Broken on purpose","detail":null,"status_code":500}'
_FAILURE = (
    b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%s" % (len(_BODY), _BODY)
)
_REQUEST = re.compile(rb"^[A-Z]+ (\S+) HTTP/1\.1\r\n")


class Line:
    """Listens on a port of its own and passes everything on to `target`.

    Attributes:
        delay: seconds that every request waits before it is passed on.
        fails: requests whose path matches are answered with status 500.
        loses: the answer to the next request whose path matches gets lost: the line breaks instead.
        passed: paths of the requests that came.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.delay = 0.0
        self.fails: re.Pattern[str] | None = None
        self.loses: re.Pattern[str] | None = None
        self.passed: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._losing: set[asyncio.StreamWriter] = set()
        self._passing: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def cut(self) -> None:
        """Break every connection and let nobody in until `mend`."""
        self._do(self._cut())

    def mend(self) -> None:
        """Pass on everything again, fast and whole."""
        self.delay, self.fails, self.loses = 0.0, None, None
        if self._server is None:
            self._do(self._listen())

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_SECONDS)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        if self._server is not None:
            # What is just being accepted is let in first: a closed server would lose it open.
            for listener in self._server.sockets:
                self._loop.remove_reader(listener.fileno())
            for _ in range(5):
                await asyncio.sleep(0)
            self._server.close()
            self._server = None
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*self._passing)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._pass_on(reader, writer))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            self._open.discard(writer)
            return
        self._open.add(back)
        answers = asyncio.ensure_future(self._copy(there, writer))
        with contextlib.suppress(OSError):
            while chunk := await reader.read(1 << 16):
                if request := _REQUEST.match(chunk):
                    path = request[1].decode()
                    self.passed.append(path)
                    await asyncio.sleep(self.delay)
                    if self.fails and self.fails.search(path):
                        writer.write(_FAILURE)
                        await writer.drain()
                        break
                    if self.loses and self.loses.search(path):
                        self.loses = None
                        self._losing.add(writer)
                back.write(chunk)
                await back.drain()
        for end in (writer, back):
            self._open.discard(end)
            end.close()
        await answers

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(1 << 16):
                if writer in self._losing:
                    self._losing.discard(writer)
                    writer.transport.abort()
                    return
                writer.write(chunk)
                await writer.drain()
        writer.close()

    @contextlib.contextmanager
    def running(self) -> Generator["Line"]:
        """Serve for as long as the block runs."""
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        self._do(self._listen())
        yield self
        self._do(self._cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        thread.join(PATIENCE_SECONDS)
        self._loop.close()
