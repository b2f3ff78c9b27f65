"""Sums up a unified diff, as git writes it, with one item per file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agent_runs.reading.diff_lines import lines_of
from agent_runs.schemas.answers import DiffFile

_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f"}


@dataclass
class _File:
    path: str
    added: int = 0
    removed: int = 0
    status: Literal["added", "deleted", "modified", "renamed"] = "modified"


def summarize(diff: str) -> list[DiffFile]:
    """Return what a diff does to each file, in its order."""
    return [
        DiffFile(path=file.path, added=file.added, removed=file.removed, status=file.status)
        for file in _files(diff)
    ]


def _files(diff: str) -> Iterator[_File]:
    file: _File | None = None
    for kind, line in lines_of(diff):
        if kind == "h" and line.startswith("diff --git "):
            if file is not None:
                yield file
            file = _File(_path_of(line.removeprefix("diff --git ")))
        elif file is not None:
            file.added += kind == "+"
            file.removed += kind == "-"
            if kind == "h":
                _read_header(file, line)
    if file is not None:
        yield file


def _read_header(file: _File, line: str) -> None:
    if line.startswith("new file mode"):
        file.status = "added"
    elif line.startswith("deleted file mode"):
        file.status = "deleted"
    elif line.startswith("rename to "):
        file.status = "renamed"
        file.path = _unquoted(line.removeprefix("rename to "))
    elif line.startswith(("--- ", "+++ ")) and not line.endswith("/dev/null"):
        file.path = _unquoted(line[4:].rstrip("\t"))[2:]


def _path_of(names: str) -> str:
    """The path in `a/x b/x`, where both are the same unless a rename line follows."""
    if names.startswith('"'):
        return _unquoted(names[names.rindex(' "') + 1 :])[2:]
    return names[len(names) // 2 + 3 :]


def _unquoted(name: str) -> str:
    """Undo git's quoting of unusual names."""
    if not name.startswith('"'):
        return name

    def letter(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8) & 255]) if len(code) > 1 else _LETTERS.get(code, code)

    return _ESCAPE.sub(letter, name[1:-1].encode()).decode("utf-8", "replace")
