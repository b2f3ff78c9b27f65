"""What each line of a unified diff is.

A line of a hunk is text, whatever it looks like: `--- a` in it is a removed line that begins with
`-- a`. The first line of a hunk says how many lines follow. The page's `reading.js` does the same;
the tests of both read `tests/reading/cases/diff_lines.json`.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["h", "@", "+", "-", " "]
"""A header or note, the beginning of a hunk, an added, removed or unchanged line."""

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


class Changes(NamedTuple):
    """Numbers of lines that a diff adds and removes."""

    added: int
    removed: int


def lines_of(diff: str) -> Iterator[tuple[Kind, str]]:
    """Yield each line with its kind; also for a part of a diff that has no beginning."""
    old_left = new_left = 0
    for line in diff.split("\n"):
        if old_left > 0 or new_left > 0:
            kind = _kind_in_hunk(line)
            old_left -= kind in {"-", " "}
            new_left -= kind in {"+", " "}
            yield kind, line
        elif hunk := _HUNK.match(line):
            old_left, new_left = (1 if count is None else int(count) for count in hunk.groups())
            yield "@", line
        elif line.startswith(("+++ ", "--- ")):
            yield "h", line
        else:
            yield "+" if line.startswith("+") else "-" if line.startswith("-") else "h", line


def changes_of(diff: str) -> Changes:
    """Return how many lines a diff adds and removes."""
    kinds = Counter(kind for kind, _ in lines_of(diff))
    return Changes(kinds["+"], kinds["-"])


def _kind_in_hunk(line: str) -> Kind:
    match line[:1]:
        case "+" | "-" as kind:
            return kind
        case "\\":
            return "h"  # "\ No newline at end of file"
        case _:
            return " "
