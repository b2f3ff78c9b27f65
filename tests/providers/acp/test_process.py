"""The end of a child process: complete, also when who waits for it is cancelled."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import psutil
import pytest
import uvloop

from agent_runs.providers.acp.process import Child, Output

STUBBORN = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('ready', flush=True)\n"
    "time.sleep(600)"
)


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


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_pipe_that_is_closed_leaves_no_descriptor_open(
    run: Callable[[Coroutine[None, None, int]], int],
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
        os.fstat(run(open_and_close()))
