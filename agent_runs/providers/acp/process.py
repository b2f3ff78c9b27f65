"""A child process in its own session, with our own pipes, that leaves nothing behind.

It ends in this order: close stdin, wait, SIGTERM to the group, wait, SIGKILL to the group, then
kill whatever carries the run's marker in its environment although it left the group. All of it is
bounded and shielded, so a cancelled caller still cleans up.

We create the output pipes ourselves. With asyncio's, a grandchild that keeps one open would keep
the transport alive for ever.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import anyio

from agent_runs.tasks import to_its_end

_TERM_SECONDS = 2.0
_KILL_SECONDS = 5.0


class Output:
    """The reading end of a pipe that a child process writes to."""

    def __init__(self, reader: asyncio.StreamReader, transport: asyncio.ReadTransport) -> None:
        self._reader = reader
        self._transport = transport

    @classmethod
    async def open(cls, descriptor: int) -> Self:
        """Read from a file descriptor, which now belongs to the new object."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        # uvloop closes the descriptor itself and then the file. By then another thread may have
        # opened something with the same number, so under uvloop the file must not close it.
        is_uvloop = type(loop).__module__.partition(".")[0] == "uvloop"
        file = os.fdopen(descriptor, "rb", 0, closefd=not is_uvloop)
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), file
        )
        return cls(reader, transport)

    async def read(self) -> bytes:
        """Return the next bytes, empty at the end."""
        try:
            return await self._reader.read(1 << 16)
        except OSError:
            return b""

    def close(self) -> None:
        """Stop reading, even if somebody still has the writing end."""
        self._transport.close()


class Child:
    """A running child process, leader of its own session and process group."""

    def __init__(
        self, process: asyncio.subprocess.Process, stdout: Output, stderr: Output | None
    ) -> None:
        self._process = process
        self.stdout = stdout
        self.stderr = stderr

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: bool = False,
        merge: bool = False,
    ) -> Self:
        """Start a program.

        Args:
            command: program and arguments.
            cwd: folder to start in.
            env: the whole environment.
            stdin: True opens a pipe to it; otherwise its input is empty.
            merge: True sends its errors to its output.

        Raises:
            OSError: the program cannot be started.
        """
        out_read, out_write = os.pipe()
        err_read, err_write = (-1, asyncio.subprocess.STDOUT) if merge else os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=cwd,
                env=env,
                start_new_session=True,
                stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
                stdout=out_write,
                stderr=err_write,
            )
        except BaseException:
            os.close(out_read)
            if not merge:
                os.close(err_read)
            raise
        finally:
            os.close(out_write)
            if not merge:
                os.close(err_write)
        stdout = await Output.open(out_read)
        return cls(process, stdout, None if merge else await Output.open(err_read))

    @property
    def pid(self) -> int:
        """Process id, which is also the id of its group."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Exit status, negative for a signal; None while it runs."""
        return self._process.returncode

    async def write(self, content: bytes) -> None:
        """Write to its standard input.

        Raises:
            ConnectionError: it no longer reads.
        """
        stdin = self._process.stdin
        if stdin is None or stdin.is_closing():
            raise ConnectionResetError("the process has no open standard input")
        stdin.write(content)
        await stdin.drain()

    async def wait(self) -> int:
        """Wait for its end and return the exit status."""
        return await self._process.wait()

    async def end(self, *, patience_seconds: float) -> None:
        """End the process and its group.

        Args:
            patience_seconds: how long it may take to exit by itself once its stdin is closed.
        """
        await to_its_end(self._end(patience_seconds))

    async def _end(self, patience_seconds: float) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        for number, seconds in (
            (None, patience_seconds),
            (signal.SIGTERM, _TERM_SECONDS),
            (signal.SIGKILL, _KILL_SECONDS),
        ):
            if number is not None:
                signal_group(self.pid, number)
            with anyio.move_on_after(seconds):
                await self.wait()
            if self.returncode is not None:
                break
        # The leader may have left others of its group behind.
        signal_group(self.pid, signal.SIGKILL)
        self.stdout.close()
        if self.stderr is not None:
            self.stderr.close()
        await asyncio.sleep(0)  # so that the pipes are closed before a loop that ends now


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process group, if it exists."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
