"""A command on a pseudo-terminal: what it shows, and keys for it."""

import os
import pty
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.patience import PATIENCE_SECONDS


@dataclass(frozen=True)
class Command:
    """A command with what it is started with; each call is a process of its own."""

    argv: tuple[str, ...]
    cwd: Path
    env: dict[str, str]

    def __call__(
        self,
        *words: object,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        start_new_session: bool = False,
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self.argv, *map(str, words)],
            cwd=self.cwd,
            env=self.env,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=start_new_session,
        )


class Screen:
    """A command on a pseudo-terminal."""

    def __init__(self, command: Command, *words: object) -> None:
        self._own, other = pty.openpty()
        # Tests that run in the background of a shell have Ctrl-C ignored, and children inherit it.
        inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self.process = command(
                *words, stdin=other, stdout=other, stderr=other, start_new_session=True
            )
        finally:
            signal.signal(signal.SIGINT, inherited)
        os.close(other)
        self.text = ""

    def read_until(self, pattern: str) -> re.Match[str]:
        """Read until the screen shows it."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (match := re.search(pattern, self.text)):
            assert time.monotonic() < deadline, self.text
            try:
                chunk = os.read(self._own, 65536)
            except OSError:  # the other end is closed
                chunk = b""
            assert chunk, self.text
            self.text += chunk.decode(errors="replace")
        return match

    def type(self, keys: str) -> None:
        os.write(self._own, keys.encode())

    def close(self) -> int:
        """Read the rest and return the exit code."""
        with os.fdopen(self._own, "rb", buffering=0) as own:
            while True:
                try:
                    if not (chunk := own.read(65536)):
                        break
                except OSError:
                    break
                self.text += chunk.decode(errors="replace")
        return self.process.wait(PATIENCE_SECONDS)
