"""How the official programs are run in tests, and the proxy that keeps them in."""

import contextlib
import socket
import subprocess
from typing import Protocol

from tests.patience import PATIENCE_SECONDS


class Outside:
    """A proxy that lets nothing through and notes who wanted to leave this machine."""

    def __init__(self, listener: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.seen: list[bytes] = []
        self._listener = listener

    def listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    connection.settimeout(PATIENCE_SECONDS)
                    self.seen.append(connection.recv(200))


class Run(Protocol):
    """Runs one of the official programs to its end; `more` is put into its environment."""

    def __call__(
        self, program: str, *words: str, **more: str
    ) -> subprocess.CompletedProcess[str]: ...
