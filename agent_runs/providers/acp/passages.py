"""What an agent says between two tool calls: answers, thoughts, and remarks beside them.

An agent that numbers its messages sends remarks of its own, such as a warning, without a number.
They are not part of the answer. Agents that number nothing make no remarks that can be told apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent_runs.providers.acp.text import ANSWER_LIMIT, ClippedText, clip, whole_characters

TextKind = Literal["answer", "thought"]

_MOST_PASSAGES = 1000
_DRAFT = 4000


@dataclass
class _Passage:
    """Consecutive chunks of one kind and one message."""

    kind: TextKind
    message_id: str | None
    text: ClippedText
    begun_at: datetime


class Passages:
    """Collects chunks; bounded, however many there are."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self._passages: list[_Passage] = []
        self._are_numbered = False

    def add(self, kind: TextKind, message_id: str | None, text: str, at: datetime) -> bool:
        """Add a chunk and tell whether a new passage begins with it."""
        if kind == "answer" and message_id is not None:
            self._are_numbered = True
        passage = self._continued(kind, message_id)
        is_new = passage is None
        if passage is None:
            self._fold(at)
            passage = self._new(kind, message_id, at)
            self._passages.append(passage)
        passage.text.append(text)
        return is_new

    def draft(self) -> tuple[TextKind, str] | None:
        """Return kind and last part of the text that is being written, None if there is none."""
        if not self._passages:
            return None
        passage = self._passages[-1]
        return passage.kind, whole_characters(passage.text.tail(_DRAFT))

    def take_remarks(self) -> list[tuple[datetime, str]]:
        """Remove and return the remarks, each with its time."""
        remarks = [passage for passage in self._passages if self._is_remark(passage)]
        self._passages = [passage for passage in self._passages if not self._is_remark(passage)]
        texts = ((passage.begun_at, str(passage.text).strip()) for passage in remarks)
        return [(at, text) for at, text in texts if text]

    def joined(self, kind: TextKind | None, limit: int = ANSWER_LIMIT) -> str:
        """Return what was said of one kind, or altogether."""
        texts = (
            str(passage.text).strip()
            for passage in self._passages
            if kind is None or passage.kind == kind
        )
        return whole_characters(clip("\n\n".join(filter(None, texts)), limit))

    def clear(self) -> None:
        """Begin anew, after a tool call."""
        self._passages.clear()

    def _is_remark(self, passage: _Passage) -> bool:
        return self._are_numbered and passage.kind == "answer" and passage.message_id is None

    def _continued(self, kind: TextKind, message_id: str | None) -> _Passage | None:
        """Return the passage that a chunk continues; a remark does not interrupt a message."""
        for passage in reversed(self._passages):
            if passage.kind == kind and _same(kind, message_id, passage.message_id):
                return passage
            if message_id is None or not self._is_remark(passage):
                return None
        return None

    def _new(self, kind: TextKind, message_id: str | None, at: datetime) -> _Passage:
        return _Passage(kind, message_id, ClippedText(ANSWER_LIMIT, self._redact), at)

    def _fold(self, at: datetime) -> None:
        """Join the passages of an agent that keeps switching between thought and answer."""
        if len(self._passages) < _MOST_PASSAGES:
            return
        remarks = [passage for passage in self._passages if self._is_remark(passage)]
        self._passages = [passage for passage in self._passages if not self._is_remark(passage)]
        number = "" if self._are_numbered else None
        folded = [self._new("thought", number, at), self._new("answer", number, at)]
        for passage in folded:
            passage.text.append(self.joined(passage.kind))
        if remarks:
            whole = self._new("answer", None, remarks[0].begun_at)
            for remark in remarks:
                whole.text.append(f"{remark.text}\n\n")
            folded.insert(0, whole)
        self._passages = folded


def _same(kind: TextKind, one: str | None, other: str | None) -> bool:
    if kind == "answer":
        return one == other
    return one is None or other is None or one == other
