"""Text of agents, tools and people, made safe to show: on one line, cut, and without tricks.

Such text is hostile. What a terminal would obey is removed; what hides, moves or reverses other
text is named instead of written. The page's `reading.js` follows the same rules, and the tests of
both read `tests/reading/cases/text.json`.
"""

import re

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # titles, links, strings for the terminal
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"
)
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff]"
)
"""Marks that hide, move or reverse the text around them."""


def without_escapes(text: str) -> str:
    """Return `text` without the escape codes of terminals."""
    return _ESCAPES.sub("", text) if "\x1b" in text or "\x9b" in text else text


def clean(text: str) -> str:
    """Return `text` without anything that hides, moves or reverses other text."""
    if text.isprintable():
        return text
    text = without_escapes(text).replace("\r\n", "\n").replace("\r", "\n")
    return HIDDEN.sub(lambda sign: f"⟨U+{ord(sign[0]):04X}⟩", text)


def one_line(text: str | None, most: int = 300) -> str:
    """Return clean `text` on one line of at most `most` characters."""
    line = " ".join((text or "")[: most * 10].split())
    return cut(line if line.isprintable() else " ".join(clean(line).split()), most)


def first_line(text: str | None, most: int = 200) -> str:
    """Return the first line that is not blank, unchanged, at most `most` characters."""
    lines = (line.strip() for line in (text or "").splitlines())
    return cut(next(filter(None, lines), ""), most)


def cut(text: str, most: int) -> str:
    """Return at most `most` characters of `text`, with a sign at the end if some are left out."""
    return text if len(text) <= most else text[: most - 1] + "…"
