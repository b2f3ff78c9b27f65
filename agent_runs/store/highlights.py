"""Shows where a hit has what was looked for: a short piece of its text, and marks in it."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from agent_runs.store.words import fold

SNIPPET_LENGTH = 240
"""Most characters of a snippet, without the dots at its ends."""

_WORD = re.compile("[^\\W_](?:[^\\W_]|[\u0300-\u036f])*")
_BEFORE = 60


class Mark(NamedTuple):
    """A place in a text, in characters: from `start` up to, not with, `end`."""

    start: int
    end: int


class Snippet(NamedTuple):
    """A piece of a text on one line, and the places of the hits in it."""

    text: str
    marks: list[Mark]


class Stems:
    """Finds phrases in texts whatever the endings of their words."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._stem = _make_stem()
        self._phrases = [
            stems for phrase in phrases if (stems := [self._stem(w) for w in fold(phrase).split()])
        ]
        # A stem differs from its word only at the end, so few words need a look at theirs.
        self._beginnings = tuple({stem[:-1] or stem for stems in self._phrases for stem in stems})
        first = sorted({re.escape(stems[0][:-1] or stems[0]) for stems in self._phrases})
        self._likely = re.compile(
            f"(?<![A-Za-z0-9])(?:{'|'.join(first)})[A-Za-z0-9]*", re.IGNORECASE
        )
        self._known: dict[str, str] = {}

    def marks(self, text: str) -> Iterator[Mark]:
        """Yield where the phrases stand in `text`, in order and apart from each other."""
        if not self._phrases:
            return
        end = 0
        words = self._likely if text.isascii() else _WORD
        for word in words.finditer(text):
            if word.start() >= end:
                end = max((self._end(phrase, text, word) for phrase in self._phrases), default=0)
                if end:
                    yield Mark(word.start(), end)

    def snippet(self, text: str) -> Snippet:
        """Return the piece of `text` that begins shortly before the first hit."""
        first = next(self.marks(text), Mark(0, 0))
        start = max(first.start - _BEFORE, 0)
        if start:
            # At the beginning of a word, unless the word itself is longer than that.
            space = text.find(" ", start, first.start)
            start = space + 1 if space >= 0 else start
        end = start + SNIPPET_LENGTH
        piece = " ".join(text[start:end].split())
        before = "…" if start else ""
        marks = [
            Mark(mark.start + len(before), mark.end + len(before)) for mark in self.marks(piece)
        ]
        return Snippet(f"{before}{piece}{'…' if end < len(text) else ''}", marks)

    def _end(self, phrase: list[str], text: str, word: re.Match[str] | None) -> int:
        """Where a phrase that begins with `word` ends; 0 when none does."""
        end = 0
        for stem in phrase:
            if word is None or self._stem_of(word[0]) != stem:
                return 0
            end = word.end()
            word = _WORD.search(text, end)
        return end

    def _stem_of(self, word: str) -> str:
        stem = self._known.get(word)
        if stem is None:
            folded = fold(word).strip()
            stem = self._stem(folded) if folded.startswith(self._beginnings) else ""
            self._known[word] = stem
        return stem


def _make_stem() -> Callable[[str], str]:
    # Late: it brings every language there is, and few processes search.
    from snowballstemmer.porter_stemmer import PorterStemmer  # noqa: PLC0415

    return PorterStemmer().stemWord  # pyright: ignore  # noqa: PGH003  # it has no types
