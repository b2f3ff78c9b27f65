"""The end of a child process: complete, also when who waits for it is cancelled."""

import asyncio
import sys
from pathlib import Path

import psutil
import pytest

from agent_runs.providers.acp.process import Child

pytestmark = pytest.mark.anyio
STUBBORN = (
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('ready', flush=True)\n"
    "time.sleep(600)"
)


async def test_a_cancelled_caller_still_cleans_up(tmp_path: Path):
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
