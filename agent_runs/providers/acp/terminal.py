"""Commands that an agent runs through us (ACP `terminal/*`): own session, bounded output."""

import asyncio
import signal
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from agent_runs.processes import Child
from agent_runs.providers.acp.sandbox import limit_resources
from agent_runs.tasks import Background

MOST_TERMINALS = 16
_OUTPUT_BYTES = 1 << 20
_LAST_BYTES_SECONDS = 1.0

Wrap = Callable[[Sequence[str], Path], list[str]]
"""Puts a command, started in a folder, into the sandbox of its agent."""


class Terminal:
    """One command and the end of its output."""

    def __init__(self, child: Child, limit_bytes: int) -> None:
        self.child = child
        self._limit = limit_bytes
        self._output = bytearray()
        self.truncated = False
        self._read_all = asyncio.Event()

    @property
    def output(self) -> str:
        """The last bytes of output and errors, cut at a character."""
        return self._output.decode("utf-8", "ignore" if self.truncated else "replace")

    @property
    def exit_code(self) -> int | None:
        """Exit code; None while it runs and if a signal ended it."""
        code = self.child.returncode
        return code if code is not None and code >= 0 else None

    @property
    def signal_name(self) -> str | None:
        """Name of the signal that ended it, None if there was none."""
        code = self.child.returncode
        return _signal_name(-code) if code is not None and code < 0 else None

    async def read(self) -> None:
        """Collect the output until its end; keep at most the limit."""
        while chunk := await self.child.stdout.read():
            self._output += chunk
            if len(self._output) > self._limit:
                del self._output[: len(self._output) - self._limit]
                self.truncated = True
        self._read_all.set()

    async def wait(self) -> None:
        """Wait for the end of the command and its last output."""
        await self.child.wait()
        # Bounded: a background child of the command may keep the pipe open.
        with anyio.move_on_after(_LAST_BYTES_SECONDS):
            await self._read_all.wait()


@dataclass
class Terminals:
    """The terminals of one session.

    Attributes:
        background: owns the readers of output.
        wrap: puts a command into the agent's sandbox; otherwise it would run outside.
    """

    background: Background
    env: Mapping[str, str]
    wrap: Wrap
    _open: dict[str, Terminal] = field(default_factory=dict[str, Terminal])

    def __getitem__(self, terminal_id: str) -> Terminal:
        return self._open[terminal_id]

    def __len__(self) -> int:
        return len(self._open)

    async def create(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        limit_bytes: int | None,
    ) -> str:
        """Start a command and return the id of its terminal.

        Raises:
            OSError: it cannot be started.
        """
        child = await Child.start(
            self.wrap(command, cwd), cwd=cwd, env={**self.env, **env}, merge=True
        )
        limit_resources(child.pid)
        terminal = Terminal(child, min(limit_bytes or _OUTPUT_BYTES, _OUTPUT_BYTES))
        terminal_id = f"term_{uuid.uuid4().hex[:12]}"
        self._open[terminal_id] = terminal
        self.background.start(terminal.read(), f"terminal-{child.pid}")
        return terminal_id

    async def release(self, terminal_id: str) -> None:
        """End a terminal and forget it."""
        await self._open.pop(terminal_id).child.end(patience_seconds=0)

    async def close(self) -> None:
        """End all terminals."""
        for terminal_id in list(self._open):
            await self.release(terminal_id)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
