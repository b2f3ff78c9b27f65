"""Logins that a run gets for one turn, and what becomes of them afterwards.

Some services renew a login while it is used and refuse the old one from then on. So after a turn a
renewed login goes back to the person, and the copy leaves the run's HOME. The agent could have
written anything there: only tokens and times may differ from what it got. See decision 0021.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import stat
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path

from agent_runs.models import JSON
from agent_runs.providers.acp.private_home import opened
from agent_runs.reading.shapes import object_or_empty

_MOST_BYTES = 64 * 1024
_RENEWED_KEYS = re.compile(r"token|expir|refresh|^access$", re.IGNORECASE)


def take_back(
    lent: Mapping[str, str], renewed: Iterable[str], home: Path, user_home: Path | None = None
) -> list[str]:
    """Remove the logins from a run's HOME; give those that were renewed back to the person.

    Args:
        lent: path in HOME → digest of the person's file when the run got it; from `write_home`.
        renewed: paths of logins that the agent may renew.
        home: of the run; the agent has ended.
        user_home: of the person.

    Returns:
        The paths of the logins that were given back.
    """
    user_home = Path.home() if user_home is None else user_home
    given: list[str] = []
    for name, digest in lent.items():
        content = _taken(home, name)
        if name in renewed and content and _give(content, digest, user_home / name):
            given.append(name)
    return given


def is_renewal(old: bytes, new: bytes) -> bool:
    """Tell whether two logins differ in tokens and times only."""
    try:
        before, after = json.loads(old), json.loads(new)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(before, dict) and isinstance(after, dict) and _differs_in_tokens(before, after)
    )


def _differs_in_tokens(old: JSON, new: JSON) -> bool:
    before, after = object_or_empty(old), object_or_empty(new)
    for key in before.keys() | after.keys():
        was, now = before.get(key), after.get(key)
        if isinstance(was, dict) and isinstance(now, dict):
            if not _differs_in_tokens(was, now):
                return False
        elif was != now and not (_RENEWED_KEYS.search(key) and isinstance(now, str | int | float)):
            return False
    return True


def _taken(home: Path, name: str) -> bytes:
    """Return the content of a plain file in HOME and remove it; no symlink is followed."""
    *folders, last = Path(name).parts
    with contextlib.suppress(OSError), opened(home, folders) as folder:
        content = b""
        with contextlib.suppress(OSError):
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(last, flags, dir_fd=folder), "rb") as file:
                if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    content = file.read(_MOST_BYTES + 1)
        os.unlink(last, dir_fd=folder)
        return content if len(content) <= _MOST_BYTES else b""
    return b""


def _give(content: bytes, digest: str, target: Path) -> bool:
    """Write a renewed login to the person, unless theirs is another one by now."""
    if digest_of(content) == digest:
        return False
    target = Path(os.path.realpath(target))
    with contextlib.suppress(OSError), _locked(target.parent):
        present = target.read_bytes()
        if digest_of(present) != digest or not is_renewal(present, content):
            return False
        building = target.with_name(f"{target.name}.{os.getpid()}.new")
        with os.fdopen(
            os.open(building, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        ) as file:
            file.write(content)
        building.replace(target)
        return True
    return False


def digest_of(content: bytes) -> str:
    """Return what tells one login from another."""
    return hashlib.sha256(content).hexdigest()


@contextlib.contextmanager
def _locked(folder: Path) -> Generator[None]:
    """Hold the lock of a folder: other turns, and other servers, wait for it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
