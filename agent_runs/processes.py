"""Child processes in their own session, with our own pipes, that leave nothing behind.

A child ends in this order: close stdin, wait, SIGTERM to the group, wait, SIGKILL to the group. All
of it is bounded and shielded, so a cancelled caller still cleans up. What left the group is for the
caller to find.

We create the pipes ourselves. Asyncio waits until its own are closed at the other end, too: a
grandchild that keeps one open would keep us waiting for ever, even while a start is cancelled.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Self

import anyio

from agent_runs.tasks import outlast, to_its_end

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
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), _file(descriptor, "rb")
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
        self,
        process: asyncio.subprocess.Process,
        stdin: asyncio.StreamWriter | None,
        stdout: Output,
        stderr: Output | None,
    ) -> None:
        self.stdout = stdout
        self.stderr = stderr
        self._process = process
        self._stdin = stdin

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
        """Start a program. If the caller is cancelled meanwhile, the program is ended again.

        Args:
            command: program and arguments.
            cwd: folder to start in.
            env: the whole environment.
            stdin: True opens a pipe to it; otherwise its input is empty.
            merge: True sends its errors to its output.

        Raises:
            OSError: the program cannot be started.
        """
        starting = asyncio.create_task(
            cls._start(command, cwd, env, stdin, merge), name=f"start-{Path(command[0]).name}"
        )
        try:
            await outlast(starting)
        except asyncio.CancelledError:
            if starting.exception() is None:
                await starting.result().end(patience_seconds=0)
            raise
        return starting.result()

    @classmethod
    async def _start(
        cls, command: Sequence[str], cwd: Path, env: Mapping[str, str], stdin: bool, merge: bool
    ) -> Self:
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as its:

            def pipe(*, inwards: bool = False) -> tuple[int, int]:
                """Return our end and that of the child."""
                its_end, our_end = os.pipe() if inwards else reversed(os.pipe())
                ours.callback(os.close, our_end)
                its.callback(os.close, its_end)
                return our_end, its_end

            to_in, child_in = pipe(inwards=True) if stdin else (None, asyncio.subprocess.DEVNULL)
            from_out, child_out = pipe()
            from_err, child_err = (None, asyncio.subprocess.STDOUT) if merge else pipe()
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=cwd,
                env=dict(env),  # uvloop takes nothing else
                start_new_session=True,
                stdin=child_in,
                stdout=child_out,
                stderr=child_err,
            )
            ours.pop_all()
            return cls(
                process,
                None if to_in is None else await _writer(to_in),
                await Output.open(from_out),
                None if from_err is None else await Output.open(from_err),
            )

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
        if self._stdin is None or self._stdin.is_closing():
            raise ConnectionResetError("the process has no open standard input")
        self._stdin.write(content)
        await self._stdin.drain()

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
        if self._stdin is not None:
            self._stdin.close()
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
        await self.close()

    async def close(self) -> None:
        """Close the pipes of a process that has ended; what it left behind is not touched."""
        for pipe in (self._stdin, self.stdout, self.stderr):
            if pipe is not None:
                pipe.close()
        await asyncio.sleep(0)  # so that they are closed before a loop that ends now


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process group, if it exists."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


@dataclass(frozen=True)
class Finished:
    """What a command left: its exit code (negative for a signal), output and errors."""

    code: int
    output: bytes
    errors: bytes


async def run(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout_seconds: float
) -> Finished:
    """Run a command without input to its end; break it off with its group if that takes too long.

    Raises:
        OSError: it cannot be started.
        TimeoutError: it, or what it left behind with its output, took longer.
    """
    child = await Child.start(command, cwd=cwd, env=env)
    try:
        async with asyncio.timeout(timeout_seconds):
            output, errors = await asyncio.gather(_all(child.stdout), _all(child.stderr))
            finished = Finished(await child.wait(), output, errors)
    except BaseException:
        await child.end(patience_seconds=0)
        raise
    await child.close()
    return finished


async def _all(output: Output | None) -> bytes:
    chunks: list[bytes] = []
    while output is not None and (chunk := await output.read()):
        chunks.append(chunk)
    return b"".join(chunks)


async def _writer(descriptor: int) -> asyncio.StreamWriter:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), _file(descriptor, "wb")
    )
    return asyncio.StreamWriter(transport, protocol, None, loop)


def _file(descriptor: int, mode: str) -> FileIO:
    # uvloop closes the descriptor itself and then the file. By then another thread may have opened
    # something with the same number, so under uvloop the file must not close it.
    is_uvloop = type(asyncio.get_running_loop()).__module__.partition(".")[0] == "uvloop"
    return FileIO(descriptor, mode, closefd=not is_uvloop)
