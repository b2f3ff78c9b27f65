"""One server per home folder: a second one would consider the first one's runs dead."""

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path
from typing import TextIO

from agent_runs.errors import Conflict, Unavailable


@contextlib.contextmanager
def owned(home: Path) -> Generator[None]:
    """Hold the folder's lock; the system frees it when the process ends, however that happens.

    Raises:
        Conflict: another server holds it.
        Unavailable: the folder cannot be created or written to.
    """
    with _open_lock(home) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise Conflict(
                f"Another server (process {pid}) uses {home}. Stop it first, or give this one "
                "another folder with AGENT_RUNS_HOME."
            ) from exc
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _open_lock(home: Path) -> TextIO:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (home / "server.lock").open("a+", encoding="ascii")
    except OSError as exc:
        raise Unavailable(f"The folder {home} (AGENT_RUNS_HOME) cannot be used: {exc}") from exc
