"""docs/agents.md knows every agent, key, directive and reason that the code knows."""

import inspect
import re
from pathlib import Path

import pytest

from agent_runs.providers.acp import outcome
from agent_runs.providers.acp.agents import BUILT_IN, SCRIPTED_PATH, AgentProfile

DOCS = (Path(__file__).parents[3] / "docs/agents.md").read_text("utf-8")
DIRECTIVES = re.findall(r"async def _do_(\w+)", SCRIPTED_PATH.read_text("utf-8"))
KEYS = [key for key in AgentProfile.model_fields if key not in ("name", "built_in")]
REASONS = re.findall(r'^ +"([a-z_]+)",$', inspect.getsource(outcome), re.MULTILINE)


def test_all_kinds_were_found() -> None:
    assert len(DIRECTIVES) > 15
    assert {"agent_crashed", "refusal", "not_logged_in"} <= set(REASONS)


@pytest.mark.parametrize("word", [*BUILT_IN, *KEYS, *REASONS])
def test_a_word_is_documented(word: str) -> None:
    assert f"`{word}`" in DOCS


@pytest.mark.parametrize("directive", DIRECTIVES)
def test_a_directive_is_documented(directive: str) -> None:
    assert re.search(rf"`/{directive}\b", DOCS)


@pytest.mark.parametrize("profile", list(BUILT_IN.values())[1:], ids=lambda profile: profile.name)
def test_a_built_in_agent_says_how_to_install_it_and_to_log_in(profile: AgentProfile) -> None:
    assert profile.install_hint
    assert profile.login_hint
