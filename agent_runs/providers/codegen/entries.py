"""Finds out what is new in upstream's log of a run, whatever happened to it in the meantime.

Upstream's entries have no id, only a position. So each page begins with the last two entries that
we have. If they have not changed, what comes after them is new. If the last one has only grown, it
was completed. Anything else means that the log was rewritten or has become shorter; then all of it
is read, and what is not here yet is new. Nothing is ever removed here.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_runs.models import AgentRunLog

_OVERLAP = 2
_WHAT = ("created_at", "message_type", "tool_name", "tool_input")
_CONTENT = ("thought", "tool_output", "observation")


@dataclass(frozen=True)
class Position:
    """How far a log was read.

    Attributes:
        count: how many entries of upstream's log, as it was then, are here.
        tail: fingerprints of the last two of them, or fewer if there were fewer.
    """

    count: int = 0
    tail: tuple[str, ...] = ()

    @property
    def skip(self) -> int:
        """The position to read from: that of the first entry to compare."""
        return self.count - len(self.tail)


@dataclass(frozen=True)
class News:
    """What is new on a page.

    Attributes:
        entries: new ones, in order.
        position: where to continue.
        completed: what our last entry has become; None: it has not changed.
        rewritten: the log is different from before, or shorter: read all of it (`missing`).
    """

    entries: tuple[AgentRunLog, ...]
    position: Position
    completed: AgentRunLog | None = None
    rewritten: bool = False


def fingerprint(entry: AgentRunLog) -> str:
    """Return what identifies an entry: `<what it is>.<what it says>`, both hashed."""
    return f"{_hash(entry, _WHAT)}.{_hash(entry, _CONTENT)}"


def news(position: Position, page: Sequence[AgentRunLog]) -> News:
    """Compare a page, read from `position.skip`, with what is here."""
    prints = [fingerprint(entry) for entry in page]
    overlap = len(position.tail)
    completed = None
    for place, ours in enumerate(position.tail):
        if place < len(prints) and prints[place] == ours:
            continue
        is_last = place == overlap - 1
        if not is_last or place >= len(prints) or _what(prints[place]) != _what(ours):
            return News((), position, rewritten=True)
        completed = page[place]
    after = Position(position.skip + len(page), tuple(prints[-_OVERLAP:]))
    return News(tuple(page[overlap:]), after if page else position, completed)


def missing(position: Position, whole: Sequence[AgentRunLog], prints: Iterable[str]) -> News:
    """Return the entries of a rewritten log that are not here yet.

    A log that is shorter than before keeps the position: it may be complete again next time.

    Args:
        whole: all of upstream's log.
        prints: fingerprints of all entries that are here.
    """
    here = Counter(prints)
    entries: list[AgentRunLog] = []
    for entry in whole:
        mark = fingerprint(entry)
        if here[mark]:
            here[mark] -= 1
        else:
            entries.append(entry)
    if len(whole) < position.count:
        return News(tuple(entries), position)
    tail = tuple(fingerprint(entry) for entry in whole[-_OVERLAP:])
    return News(tuple(entries), Position(len(whole), tail))


def _hash(entry: AgentRunLog, names: tuple[str, ...]) -> str:
    fields = entry.model_dump(mode="json", include=set(names))
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _what(print_: str) -> str:
    return print_.partition(".")[0]
