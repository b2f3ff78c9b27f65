"""Parses Server-Sent Events from chunks of bytes. Source: WHATWG HTML, section 9.2.

Chunks can be cut anywhere, even inside a character or between CR and LF.
"""

import json
import re
from dataclasses import dataclass, field

from agent_runs.client.base import JSON
from agent_runs.errors import UnexpectedAnswer

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LIMIT_BYTES = 16 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class ServerEvent:
    """Something that happened on the server.

    Attributes:
        kind: `run.created`, `run.updated`, `run.finished`, `logs.appended`,
            `permission.requested`, `permission.answered`, `draft` or `reset`.
        id: pass it as `after` to continue from here; a draft has none.
        data: for `run.*` the run as in lists, for `permission.*` the request, for
            `logs.appended` what to read. After a `reset`, reload everything.
    """

    kind: str
    id: int | None
    data: JSON


@dataclass
class EventParser:
    """Turns the chunks of one connection into events.

    Attributes:
        last_id: id to continue from after a reconnect; a server can send it before any event.
    """

    last_id: int | None = None
    _rest: bytes = b""
    _started: bool = False
    _kind: str = ""
    _id: str = ""
    _lines: list[str] = field(default_factory=list[str])

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """Take the next bytes; return the events that they complete."""
        buffer = self._rest + chunk
        if not self._started and len(buffer) >= len(_BOM):
            buffer, self._started = buffer.removeprefix(_BOM), True
        # A CR at the very end may be the first half of CR LF: keep it for the next chunk.
        last_cr = b"\r" if buffer.endswith(b"\r") else b""
        *lines, rest = _LINE_END.split(buffer.removesuffix(last_cr))
        self._rest = rest + last_cr
        if len(self._rest) > _LIMIT_BYTES:
            raise UnexpectedAnswer("The server sends an event that does not end.")
        events = [self._take(line.decode(errors="replace")) for line in lines]
        return [event for event in events if event is not None]

    def _take(self, line: str) -> ServerEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._lines.append(value)
        elif name == "event":
            self._kind = value
        elif name == "id" and "\0" not in value:
            self._id = value
        return None

    def _dispatch(self) -> ServerEvent | None:
        text, kind, has_data = "\n".join(self._lines), self._kind or "message", bool(self._lines)
        own_id = int(self._id) if self._id.isascii() and self._id.isdigit() else None
        self.last_id = self.last_id if own_id is None else own_id
        self._kind, self._id = "", ""
        self._lines.clear()
        if not has_data:
            return None
        return ServerEvent(kind, own_id, _decode(text))


def _decode(text: str) -> JSON:
    try:
        return json.loads(text)
    except ValueError:
        return text
