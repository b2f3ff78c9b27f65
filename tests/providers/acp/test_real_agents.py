"""What every agent must do for us, tried with real programs.

`make test` takes the scripted agent, `TEST_LENGTH=long` all that are found on this machine. Those
work with the user's own logins, so they need the network and cost what they cost.
"""

import shutil
from pathlib import Path

import anyio
import pytest
from acp_parts import MemoryRecorder, provider, request

from agent_runs.providers.acp.agents import BUILT_IN
from tests.length import IS_LONG
from tests.patience import PATIENCE_SECONDS

pytestmark = [pytest.mark.anyio, pytest.mark.agents]

FOUND = [name for name, profile in BUILT_IN.items() if profile.info().available]
# The scripted agent does the lines that begin with a slash, the others read the sentence.
WRITE = """Write the word hello into the file hello.txt, and do nothing else.
/write hello.txt hello
/say done
"""
CHANGE = """Now write the word changed into hello.txt instead.
/write hello.txt changed
/say done
"""


@pytest.mark.parametrize("agent", FOUND if IS_LONG else ["scripted"])
async def test_an_agent_works_and_goes_on_in_its_session(tmp_path: Path, agent: str) -> None:
    first, second = MemoryRecorder(), MemoryRecorder()
    async with provider(tmp_path, sandbox="auto") as acp:
        with anyio.fail_after(2 * PATIENCE_SECONDS):
            outcome = await acp.work(request(WRITE, agent=agent), first)
            assert (outcome.status, outcome.error) == ("COMPLETE", None)
            assert "+hello" in await acp.diff(1)
            again = request(CHANGE, agent=agent, turn=2, session_id=first.run["session_id"])
            resumed = await acp.work(again, second)
        assert (resumed.status, resumed.error) == ("COMPLETE", None)
        assert (await acp.read_file(1, "hello.txt")).strip() == b"changed"
    assert first.of("ACTION")
    assert first.run["session_id"] == second.run.get("session_id", first.run["session_id"])
    assert shutil.which("git") is None or "+changed" in await acp.diff(1)
