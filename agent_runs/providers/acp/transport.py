"""JSON-RPC messages as lines over the pipes of an agent process.

It replaces the SDK's line reader, because agents print notices on their standard output. Here what
is not a JSON object is skipped, and an endless line cannot fill the memory.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Awaitable, Callable

import orjson

from agent_runs.models import JSON
from agent_runs.processes import Child
from agent_runs.providers.acp.text import ClippedText
from agent_runs.reading.shapes import object_or_empty

_NOISE_KEPT = 2000


class LineTransport:
    """The transport of an SDK `Connection`. Source: `acp.transports.Transport`.

    Attributes:
        noise: what the agent printed outside of the protocol, clipped.
        overlong: True if a line exceeded the limit, which ended the connection.
    """

    def __init__(
        self,
        child: Child,
        *,
        line_bytes: int,
        room: Callable[[], Awaitable[None]],
        redact: Callable[[str], str] = str,
    ) -> None:
        self._child = child
        self._limit = line_bytes
        self._room = room
        self._ready: deque[bytes] = deque()
        self._partial: list[bytes] = []
        self._partial_size = 0
        self._ended = False
        self.noise = ClippedText(_NOISE_KEPT, redact)
        self.overlong = False

    async def send(self, message: dict[str, JSON]) -> None:
        """Write one message; if the agent is gone, drop it: `receive` reports the end."""
        # `json` takes lone surrogates, which orjson refuses; the agent may have sent us some.
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with contextlib.suppress(ConnectionError):
            await self._child.write(line)

    async def receive(self) -> dict[str, JSON] | None:
        """Return the next message, None at the end of the stream."""
        while True:
            while self._ready:
                if (message := self._parse(self._ready.popleft())) is not None:
                    return message
            if self._ended:
                return None
            await self._room()
            # Reading a full pipe never waits: under a flood nothing else would run.
            await asyncio.sleep(0)
            self._take(await self._child.stdout.read())

    async def close(self) -> None:
        """Take nothing more; the pipes belong to the process."""
        self._ended = True

    def _take(self, chunk: bytes) -> None:
        if not chunk:
            self._ended = True
            self._ready.append(b"".join(self._partial))
            return
        first, *rest = chunk.split(b"\n")
        self._partial.append(first)
        self._partial_size += len(first)
        if rest:
            self._ready.append(b"".join(self._partial))
            self._ready.extend(rest[:-1])
            self._partial = [rest[-1]]
            self._partial_size = len(rest[-1])
        elif self._partial_size > self._limit:
            self.overlong = self._ended = True
            self._partial.clear()

    def _parse(self, line: bytes) -> dict[str, JSON] | None:
        if not line or line.isspace():
            return None
        message = object_or_empty(_decoded(line))
        if message:
            return message
        self.noise.append(line.decode("utf-8", "replace") + "\n")
        return None


def _decoded(line: bytes) -> JSON:
    try:
        return orjson.loads(line)
    except ValueError:
        # An emoji cut between two chunks arrives as lone surrogates, which only `json` takes.
        with contextlib.suppress(ValueError):
            return json.loads(line.decode("utf-8", "replace"))
        return None
