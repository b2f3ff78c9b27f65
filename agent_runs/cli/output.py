"""How all commands print: clean text, one JSON form, errors on one line.

Text of agents is hostile: it can contain colour codes, cursor moves, window titles or marks that
reverse the direction of writing. None of that reaches a terminal: it is removed or named.
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
    """A model, recognised without importing pydantic."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Return the model as JSON values."""
        ...


def write_by_lines() -> None:
    """Send every line at once, also into a pipe: the program at its other end waits for it."""
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
    """Print a value as JSON: indented on a terminal, on one line elsewhere or with `lines`."""
    indent = 2 if sys.stdout.isatty() and not lines else None
    text = json.dumps(_plain(value), ensure_ascii=False, indent=indent)
    # JSON permits C1 controls and the like, which must not reach the terminal either.
    sys.stdout.write(HIDDEN.sub(_escaped, text) + "\n")


def say_done(value: object, text: str, *, as_json: bool) -> None:
    """Print what was done: as JSON, or in words."""
    if as_json:
        say_json(value)
    else:
        say(text)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _plain(value: object) -> Any:
    if isinstance(value, Dumps):
        return {name: _plain(field) for name, field in value.model_dump(mode="json").items()}
    if isinstance(value, Mapping):
        return {
            str(name): _plain(field) for name, field in cast("Mapping[str, object]", value).items()
        }
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(item) for item in cast("Iterable[object]", value)]
    return value
