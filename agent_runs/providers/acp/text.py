"""Bounded text: a flood from an agent may cost time, but never unbounded memory or storage."""

from collections.abc import Callable

OUTPUT_LIMIT = 16_000
"""Characters kept of one tool output, thought or error."""

ANSWER_LIMIT = 1_000_000
"""Characters kept of what an agent says between two tool calls."""


def clip(text: str, limit: int = OUTPUT_LIMIT) -> str:
    """Return `text`, or its head and tail with the number of characters left out between."""
    left_out = len(text) - limit
    if left_out <= 0:
        return text
    return _join(text[: limit // 2], left_out, text[len(text) - (limit - limit // 2) :])


def whole_characters(text: str) -> str:
    """Join surrogate pairs that arrived in halves, and replace halves without a partner."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


class ClippedText:
    """Text that grows by chunks and keeps its head and its tail: `clip` for a stream.

    Chunks are collected in a list and joined on demand: joining at each of 20 000 chunks would be
    quadratic. At most three times `limit` is held in memory. `redact` removes secrets before each
    cut: half a secret is not recognised.
    """

    def __init__(self, limit: int = OUTPUT_LIMIT, redact: Callable[[str], str] = str) -> None:
        self._limit = limit
        self._redact = redact
        self._head = ""
        self._left_out = 0
        self._parts: list[str] = []
        self._size = 0

    def append(self, chunk: str) -> None:
        """Add text at the end."""
        self._parts.append(chunk)
        self._size += len(chunk)
        if self._size > 2 * self._limit:
            self._compact()

    def restate(self, text: str) -> None:
        """Add text of a source that may repeat all that it sent before; then it replaces that."""
        beginning = self._head or "".join(self._parts)
        if beginning and len(text) >= len(self) and text.startswith(beginning):
            self._head, self._left_out, self._parts, self._size = "", 0, [], 0
        if text:
            self.append(text)

    def tail(self, size: int) -> str:
        """Return the last `size` characters, without joining more than needed."""
        parts: list[str] = []
        length = 0
        for part in reversed(self._parts):
            parts.append(part)
            length += len(part)
            if length >= 2 * size:  # what begins before is cut off again
                break
        return self._redact("".join(reversed(parts)))[-size:]

    def __str__(self) -> str:
        text = self._redact("".join(self._parts))
        if not self._left_out:
            return clip(text, self._limit)
        tail_size = self._limit - self._limit // 2
        more = len(text) - tail_size
        return _join(self._head, self._left_out + max(more, 0), text[-tail_size:])

    def __len__(self) -> int:
        return len(self._head) + self._left_out + self._size

    def _compact(self) -> None:
        text = self._redact("".join(self._parts))
        self._parts, self._size = [text], len(text)
        if self._size <= 2 * self._limit:
            return
        if not self._left_out:
            self._head, text = text[: self._limit // 2], text[self._limit // 2 :]
        tail_size = self._limit - self._limit // 2
        self._left_out += len(text) - tail_size
        self._parts = [text[-tail_size:]]
        self._size = tail_size


def _join(head: str, left_out: int, tail: str) -> str:
    return f"{head}\n… {left_out} characters left out …\n{tail}"
