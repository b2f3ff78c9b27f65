"""Finds out what is new in upstream's log of a run, whatever happened to it meanwhile.

Upstream's entries have no id: their place is all there is. So the last two that are known are read
again with each page. Where they are as before, what comes after them is new. Where the last one
only says more, it was completed. Anything else means that the log was rewritten or has become
shorter: then all of it is read, and what is not here yet is new. Nothing is ever taken away here.
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
        count: entries of upstream's log, as it was then, that are here.
        tail: fingerprints of the last two of them, or of as many as there were.
    """

    count: int = 0
    tail: tuple[str, ...] = ()

    @property
    def skip(self) -> int:
        """The place to read from: the first entry that is compared."""
        return self.count - len(self.tail)


@dataclass(frozen=True)
class News:
    """What a page brought.

    Attributes:
        entries: new ones, in order.
        position: where it goes on.
        completed: what the last entry that is here has become; None: it is as it was.
        rewritten: the log is another one than before, or shorter: read all of it (`missing`).
    """

    entries: tuple[AgentRunLog, ...]
    position: Position
    completed: AgentRunLog | None = None
    rewritten: bool = False


def fingerprint(entry: AgentRunLog) -> str:
    """Return what tells an entry from others: `<what it is>.<what it says>`, each hashed."""
    return f"{_hash(entry, _WHAT)}.{_hash(entry, _CONTENT)}"


def news(position: Position, page: Sequence[AgentRunLog]) -> News:
    """Compare a page that was read from `position.skip` on with what is known."""
    prints = [fingerprint(entry) for entry in page]
    known = len(position.tail)
    completed = None
    for place, ours in enumerate(position.tail):
        if place < len(prints) and prints[place] == ours:
            continue
        is_last = place == known - 1
        if not is_last or place >= len(prints) or _what(prints[place]) != _what(ours):
            return News((), position, rewritten=True)
        completed = page[place]
    after = Position(position.skip + len(page), tuple(prints[-_OVERLAP:]))
    return News(tuple(page[known:]), after if page else position, completed)


def missing(position: Position, whole: Sequence[AgentRunLog], stored: Iterable[str]) -> News:
    """Return what of a rewritten log is not here yet.

    A log that is shorter than before leaves the position: it may be whole again next time.

    Args:
        whole: all of upstream's log.
        stored: fingerprints of all entries that are here.
    """
    here = Counter(stored)
    entries: list[AgentRunLog] = []
    for entry in whole:
        own = fingerprint(entry)
        if here[own]:
            here[own] -= 1
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
