"""What all commands print with: clean text, one JSON form, errors on one line.

Text of agents is hostile: it may hold colour codes, cursor moves, window titles or marks that turn
the direction of writing. None of that reaches a terminal: it is taken out, or shown as a mark.
"""

import io
import json
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast, runtime_checkable

from agent_runs.reading.text import HIDDEN, clean, one_line


@runtime_checkable
class Dumps(Protocol):
    """A model, seen without importing pydantic."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Return the model as JSON values."""
        ...


def write_by_lines() -> None:
    """Let every line go out at once, into a pipe too; a program that reads us waits for it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True, errors="replace")


def say(text: str = "") -> None:
    """Print clean text."""
    sys.stdout.write(clean(text) + "\n")


def complain(text: str) -> None:
    """Print one line on standard error."""
    sys.stderr.write(one_line(text, 2000) + "\n")


def say_fields(*fields: object) -> None:
    """Print one line for machines: fields between tabs."""
    say("\t".join(one_line("" if field is None else str(field)) for field in fields))


def say_json(value: object, *, lines: bool = False) -> None:
    """Print a value as JSON: indented on a terminal, else (or with `lines`) on one line."""
    indent = 2 if sys.stdout.isatty() and not lines else None
    text = json.dumps(_plain(value), ensure_ascii=False, indent=indent)
    # What JSON itself lets through, such as C1 controls, must not reach the terminal either.
    sys.stdout.write(HIDDEN.sub(_escaped, text) + "\n")


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _plain(value: object) -> Any:
    if isinstance(value, Dumps):
        return {name: _plain(each) for name, each in value.model_dump(mode="json").items()}
    if isinstance(value, Mapping):
        return {
            str(name): _plain(each) for name, each in cast("Mapping[str, object]", value).items()
        }
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(each) for each in cast("Iterable[object]", value)]
    return value
