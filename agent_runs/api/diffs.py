"""Sums up a unified diff, as git writes it, with one item per file."""

import re

from agent_runs.models import JSON
from agent_runs.reading.diff_lines import lines_of
from agent_runs.schemas.answers import DiffFile

_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f"}


def summarize(diff: str) -> tuple[DiffFile, ...]:
    """Return what a diff does to each file, in its order."""
    files: list[dict[str, JSON]] = []
    for kind, line in lines_of(diff):
        if kind == "h" and line.startswith("diff --git "):
            path = _path_of(line.removeprefix("diff --git "))
            files.append({"path": path, "added": 0, "removed": 0})
        elif files:
            files[-1]["added"] += kind == "+"
            files[-1]["removed"] += kind == "-"
            if kind == "h":
                files[-1] |= _read_header(line)
    return tuple(DiffFile(**file) for file in files)


def _read_header(line: str) -> dict[str, JSON]:
    if line.startswith("new file mode"):
        return {"status": "added"}
    if line.startswith("deleted file mode"):
        return {"status": "deleted"}
    if line.startswith("rename to "):
        return {"status": "renamed", "path": _unquoted(line.removeprefix("rename to "))}
    if line.startswith(("--- ", "+++ ")) and not line.endswith("/dev/null"):
        return {"path": _unquoted(line[4:].rstrip("\t"))[2:]}
    return {}


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
