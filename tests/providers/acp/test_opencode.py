"""A real third-party agent, OpenCode, end to end and offline: its model is a script on loopback."""

import shutil
from pathlib import Path

import anyio
import pytest
from acp_parts import MemoryRecorder, provider, request

from agent_runs.providers.acp.limits import AgentLimits
from agent_runs.providers.acp.profiles import load_profiles
from agent_runs.providers.acp.sandbox import SandboxChoice
from tests.offline_model.agents import agents_file
from tests.offline_model.server import offline_model
from tests.patience import PATIENCE_SECONDS

pytestmark = [
    pytest.mark.agents,
    pytest.mark.anyio,
    pytest.mark.skipif(
        shutil.which("opencode") is None,
        reason="needs the program `opencode` on PATH (npm install -g opencode-ai); see "
        "docs/agents.md, 'Drive OpenCode offline'",
    ),
]


@pytest.mark.parametrize("sandbox", ["none", "auto"])
async def test_opencode_works_and_resumes(tmp_path: Path, sandbox: SandboxChoice) -> None:
    limits = AgentLimits(start_seconds=90, idle_seconds=60, turn_seconds=90)
    first, second = MemoryRecorder(), MemoryRecorder()
    agents = tmp_path / "agents.toml"
    with offline_model() as model:
        agents.write_text(agents_file(model.url), "utf-8")
        opencode = load_profiles(agents)["opencode"]
        async with provider(tmp_path, opencode, limits=limits, sandbox=sandbox) as acp:
            with anyio.fail_after(PATIENCE_SECONDS):
                outcome = await acp.work(request("Write hello.txt", agent="opencode"), first)
                again = request(
                    "And again", agent="opencode", turn=2, session_id=first.run["session_id"]
                )
                resumed = await acp.work(again, second)
            diff = await acp.diff(1)
    assert (outcome.status, outcome.error) == ("COMPLETE", None)
    assert outcome.result == "I wrote **hello.txt** and checked it: 2 lines. Done."
    actions = first.of("ACTION")
    assert [entry.tool_name for entry in actions] == ["todowrite", "write", "bash"]
    assert actions[0].thought == (
        "The user wants a small file. I will write it.\n\nNow I use todowrite."
    )
    written, shown = actions[1].tool_output or {}, actions[2].observation
    assert written["permission"]["kind"] == "allow_once"
    assert written["diffs"][0]["path"] == "hello.txt"
    assert "hello from the offline model" in str(shown)
    assert outcome.usage["last_turn"]["totalTokens"] == 150
    assert "+hello from the offline model\n+second line\n" in diff
    assert resumed.status == "COMPLETE"
    assert second.run["session_id"] == first.run["session_id"]
