"""Files on this machine: opened for reading, and named only once they are complete."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from typing import BinaryIO

from agent_runs.errors import InvalidRequest


@contextlib.contextmanager
def opened(path: Path) -> Generator[BinaryIO]:
    """Open a file to read.

    Raises:
        InvalidRequest: it cannot be read.
    """
    try:
        file = path.open("rb")
    except OSError as exc:
        raise InvalidRequest(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    with file:
        yield file


@contextlib.contextmanager
def named_when_whole(path: Path) -> Generator[Path]:
    """Yield a name to write to; the file becomes `path` at the end, or is removed on failure.

    Raises:
        InvalidRequest: the file cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as exc:
        raise InvalidRequest(f"{path} cannot be written: {exc.strerror or exc}.") from exc
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
