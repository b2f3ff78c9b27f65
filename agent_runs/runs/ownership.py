"""One server per home folder: a second one would take the first one's runs for dead."""

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path
from typing import TextIO

from agent_runs.errors import Conflict, Unavailable


@contextlib.contextmanager
def owned(home: Path) -> Generator[None]:
    """Hold the folder's lock; the system frees it with the process, however that ends.

    Raises:
        Conflict: another server holds it.
        Unavailable: it cannot be made or written to.
    """
    with _opened(home) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            raise Conflict(
                f"Another server (process {pid}) works in {home}. Stop it first, or give this one "
                "a folder of its own with AGENT_RUNS_HOME."
            ) from exc
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _opened(home: Path) -> TextIO:
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return (home / "server.lock").open("a+", encoding="ascii")
    except OSError as exc:
        raise Unavailable(f"The folder {home} (AGENT_RUNS_HOME) cannot be used: {exc}") from exc
