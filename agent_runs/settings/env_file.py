"""Changes variables in a `.env` file and leaves the rest of it alone."""

import os
import re
import tempfile
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from agent_runs.settings.fields import InvalidSettings


def save_env(path: Path, changes: Mapping[str, str | None]) -> None:
    """Set variables of a `.env` file (None removes one); all other lines stay as they are.

    The file is replaced in one step and gets mode 0600. The new text is read back first, so a value
    that the format cannot hold is refused and nothing changes.

    Raises:
        InvalidSettings: a name or value cannot be written, or the file cannot.
    """
    for name, value in changes.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise InvalidSettings(f"{name!r} is not a variable name.")
        if value is not None and not value.isprintable():
            raise InvalidSettings(f"{name} cannot be saved: it contains control characters.")
    if path.is_symlink():
        raise InvalidSettings(f"{path} is a symbolic link; change the file it points to.")
    try:
        old = path.read_bytes().decode() if path.exists() else ""
        new = with_changes(old, changes)
        _replace(path, new)
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidSettings(f"{path} cannot be changed: {exc}") from exc


def with_changes(old: str, changes: Mapping[str, str | None]) -> str:
    """Return the text of a file with these values changed; refuse what would not read back."""
    bindings = list(parse_stream(StringIO(old, newline="")))
    last = {binding.key: index for index, binding in enumerate(bindings) if binding.key}
    text = ""
    for index, binding in enumerate(bindings):
        name, original = binding.key, binding.original.string
        if name is None or name not in changes:
            text += original
        elif index == last[name]:
            lead = re.match(r"\s*(export\s+)?", original)
            text += _line(name, changes[name], lead.group() if lead else "")
    if text and not text.endswith("\n"):
        text += "\n"
    text += "".join(_line(name, changes[name]) for name in changes if name not in last)
    _check_reads_back(old, text, changes)
    return text


def _line(name: str, value: str | None, lead: str = "") -> str:
    if value is None:
        return ""
    if re.fullmatch(r"[A-Za-z0-9_./:@%+,=~?&-]*", value):
        return f"{lead}{name}={value}\n"
    quote = "'" if "'" not in value else '"'
    return f"{lead}{name}={quote}{value}{quote}\n"


def _check_reads_back(old: str, new: str, changes: Mapping[str, str | None]) -> None:
    others = {name: value for name, value in _read(old).items() if name not in changes}
    expected = others | {name: value for name, value in changes.items() if value is not None}
    if _read(new) != expected:
        names = ", ".join(changes)
        raise InvalidSettings(f"{names} cannot be saved: a .env file cannot hold such a value.")


def _read(text: str) -> dict[str, str | None]:
    return dotenv_values(stream=StringIO(text), interpolate=True)


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".env.")  # mode 0600
    try:
        with open(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
