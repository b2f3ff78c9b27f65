"""Shows why a hit matches: a short piece of its text with marks."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from agent_runs.store.engine.words import fold

SNIPPET_LENGTH = 240
"""Longest snippet in characters, without the dots at its ends."""

_WORD = re.compile("[^\\W_](?:[^\\W_]|[\u0300-\u036f])*")
_BEFORE = 60


class Mark(NamedTuple):
    """A range of a text, in characters: from `start` to before `end`."""

    start: int
    end: int


class Snippet(NamedTuple):
    """A piece of a text on one line, and the ranges of the hits in it."""

    text: str
    marks: list[Mark]


class Stems:
    """Finds phrases in texts whatever the endings of their words."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._stem = _make_stem()
        self._phrases = [
            stems for phrase in phrases if (stems := [self._stem(w) for w in fold(phrase).split()])
        ]
        # A stem differs from its word only at the end, so few words need to be stemmed.
        self._beginnings = tuple({stem[:-1] or stem for stems in self._phrases for stem in stems})
        first = sorted({re.escape(stems[0][:-1] or stems[0]) for stems in self._phrases})
        # It begins with letters, not with a lookbehind: `re` then searches for them directly.
        self._likely = re.compile(f"(?:{'|'.join(first)})[a-z0-9]*")
        self._cache: dict[str, str] = {}

    def marks(self, text: str) -> Iterator[Mark]:
        """Yield where the phrases are in `text`, in order and without overlap."""
        if not self._phrases:
            return
        end = 0
        for word in self._words(text):
            start = word.start()
            if start >= end:
                end = max([self._end(phrase, text, word) for phrase in self._phrases])
                if end:
                    yield Mark(start, end)

    def snippet(self, text: str) -> Snippet:
        """Return the piece of `text` that begins shortly before the first hit."""
        first = next(self.marks(text), Mark(0, 0))
        start = max(first.start - _BEFORE, 0)
        if start:
            # At the beginning of a word, unless the word is longer than that.
            space = text.find(" ", start, first.start)
            start = space + 1 if space >= 0 else start
        end = start + SNIPPET_LENGTH
        piece = " ".join(text[start:end].split())
        before = "…" if start else ""
        marks = [
            Mark(mark.start + len(before), mark.end + len(before)) for mark in self.marks(piece)
        ]
        return Snippet(f"{before}{piece}{'…' if end < len(text) else ''}", marks)

    def _words(self, text: str) -> Iterator[re.Match[str]]:
        """The words that a phrase may begin with; in ASCII text only likely ones."""
        if not text.isascii():
            yield from _WORD.finditer(text)
            return
        text = text.lower()
        for word in self._likely.finditer(text):
            start = word.start()
            if start == 0 or not text[start - 1].isalnum():
                yield word

    def _end(self, phrase: list[str], text: str, word: re.Match[str]) -> int:
        """Where a phrase that begins with `word` ends; 0 if none does."""
        if self._stem_of(word[0]) != phrase[0]:
            return 0
        end = word.end()
        for stem in phrase[1:]:
            following = _WORD.search(text, end)
            if following is None or self._stem_of(following[0]) != stem:
                return 0
            end = following.end()
        return end

    def _stem_of(self, word: str) -> str:
        stem = self._cache.get(word)
        if stem is None:
            folded = fold(word).strip()
            stem = self._stem(folded) if folded.startswith(self._beginnings) else ""
            self._cache[word] = stem
        return stem


def _make_stem() -> Callable[[str], str]:
    # Late: it loads every language, and few processes search.
    from snowballstemmer.porter_stemmer import PorterStemmer  # noqa: PLC0415

    return PorterStemmer().stemWord  # pyright: ignore  # noqa: PGH003  # it has no types
