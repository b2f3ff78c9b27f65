"""Child processes: started whole or not at all, and ended completely."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path

import anyio
import psutil
import pytest
import uvloop

from agent_runs.processes import Child, Finished, Output, run
from tests.patience import PATIENCE_SECONDS

STUBBORN = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('ready', flush=True)\n"
    "time.sleep(600)"
)


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Both event loops: a server has uvloop, tests and tools have asyncio's own."""
    return "asyncio", {"use_uvloop": request.param}


@pytest.mark.anyio
async def test_a_cancelled_caller_still_cleans_up(tmp_path: Path) -> None:
    child = await Child.start([sys.executable, "-c", STUBBORN], cwd=tmp_path, env={}, stdin=True)
    assert await child.stdout.read() == b"ready\n"
    ending = asyncio.create_task(child.end(patience_seconds=0.2))
    await asyncio.sleep(0)
    for _ in range(3):
        ending.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert child.returncode is not None
    assert not psutil.pid_exists(child.pid)
    assert await child.stdout.read() == b""


# Leaves a process outside of its group that keeps all its pipes, and ends when `gone` exists.
LEAVES_ANOTHER = """
import os, pathlib, sys, time
if os.fork():
    os._exit(3)
os.setsid()
while not pathlib.Path("gone").exists():
    time.sleep(0.05)
"""


@pytest.mark.anyio
async def test_an_end_is_noticed_while_others_keep_its_pipes(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LEAVES_ANOTHER]
    child = await Child.start(command, cwd=tmp_path, env={}, stdin=True)
    try:
        with anyio.fail_after(PATIENCE_SECONDS):
            assert await child.wait() == 3
            await child.end(patience_seconds=0)
    finally:
        (tmp_path / "gone").touch()


@pytest.mark.anyio
@pytest.mark.parametrize("turns_of_the_loop", range(12))
async def test_a_start_that_is_cancelled_leaves_no_process(
    tmp_path: Path, turns_of_the_loop: int
) -> None:
    marker = f"{tmp_path.name}-{turns_of_the_loop}"
    command = [sys.executable, "-c", STUBBORN, marker]
    starting = asyncio.create_task(Child.start(command, cwd=tmp_path, env={}, stdin=True))
    for _ in range(turns_of_the_loop):
        await asyncio.sleep(0)
    starting.cancel()
    with anyio.fail_after(PATIENCE_SECONDS), suppress(asyncio.CancelledError):
        await (await starting).end(patience_seconds=0)
    assert not [found for found in psutil.process_iter() if marker in arguments_of(found)]


def arguments_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.mark.anyio
async def test_a_command_that_takes_too_long_is_broken_off(tmp_path: Path) -> None:
    command = ["sh", "-c", "sleep 600 & echo $!; wait"]
    with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(TimeoutError):
        await run(command, cwd=tmp_path, env=os.environ, timeout_seconds=0.1)
    done = await run(
        ["sh", "-c", "echo said; echo why >&2; exit 5"],
        cwd=tmp_path,
        env=os.environ,
        timeout_seconds=PATIENCE_SECONDS,
    )
    assert done == Finished(5, b"said\n", b"why\n")


@pytest.mark.parametrize("run_loop", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_pipe_that_is_closed_leaves_no_descriptor_open(
    run_loop: Callable[[Coroutine[None, None, int]], int],
) -> None:
    async def open_and_close() -> int:
        descriptor, other = os.pipe()
        output = await Output.open(descriptor)
        os.write(other, b"last words")
        os.close(other)
        assert await output.read() == b"last words"
        output.close()
        for _ in range(3):
            await asyncio.sleep(0)
        return descriptor

    # Nothing else opens files here, so the number stays free.
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(run_loop(open_and_close()))
