"""Agent profiles: the built-in ones, and those of a person's TOML file."""

import json
from pathlib import Path

import pytest

from agent_runs.errors import InvalidRequest
from agent_runs.providers.acp.agents import BUILT_IN, AgentProfile
from agent_runs.providers.acp.profiles import load_profiles


def write(folder: Path, text: str) -> Path:
    path = folder / "agents.toml"
    path.write_text(text)
    return path


def test_without_a_file_there_are_the_built_in_agents(tmp_path: Path) -> None:
    assert load_profiles() == BUILT_IN
    assert load_profiles(tmp_path / "none.toml") == BUILT_IN


def test_agents_of_a_file_come_after_the_built_in_ones(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [agents.mine]
        title = "Mine"
        command = ["mine", "--acp"]
        env = { MODE = "x" }
        env_keys = ["MINE_KEY"]
        images = false
        """,
    )
    profiles = load_profiles(path)
    assert list(profiles)[-1] == "mine"
    assert profiles["mine"] == AgentProfile(
        name="mine",
        title="Mine",
        command=("mine", "--acp"),
        env={"MODE": "x"},
        env_keys=("MINE_KEY",),
        images=False,
        built_in=False,
    )


def test_a_built_in_agent_is_changed_key_by_key_and_can_be_extended(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [agents.claude]
        env = { ANTHROPIC_BASE_URL = "http://gateway.example" }

        [agents.claude-fast]
        extends = "claude"
        title = "Fast"
        """,
    )
    profiles = load_profiles(path)
    for name in ("claude", "claude-fast"):
        assert profiles[name].env["ANTHROPIC_BASE_URL"] == "http://gateway.example"
        assert profiles[name].env["DISABLE_TELEMETRY"] == "1"
        assert profiles[name].command == BUILT_IN["claude"].command
        assert profiles[name].built_in is False
    assert profiles["claude-fast"].title == "Fast"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[agents.x", "cannot be read as TOML"),
        ("colour = 1", "unknown key `colour`"),
        ("agents = 1", "`agents` must hold tables"),
        ("[agents]\nx = 1", "`agents.x` must be a table"),
        ("[agents.x]", "`agents.x.command`: Field required"),
        ("[agents.x]\ncommand = []", "`agents.x.command`"),
        ('[agents.x]\ncommand = "x"', "`agents.x.command`"),
        ('[agents.x]\ncommand = ["x"]\ncolor = 1', "`agents.x.color`: Extra inputs"),
        ('[agents.x]\ncommand = ["x"]\nenv = { "a b" = "1" }', "`agents.x.env.a b"),
        ('[agents.x]\ncommand = ["x"]\nenv = 1', "`agents.x.env`"),
        ('[agents.x]\ncommand = ["x"]\nfiles = { "../x" = "" }', "`agents.x.files.../x"),
        ('[agents.x]\ncommand = ["x"]\nlogin_files = ["/etc/passwd"]', "`agents.x.login_files.0`"),
        ('[agents."Bad Name"]\ncommand = ["x"]', "`agents.Bad Name.name`"),
        ('[agents.x]\nextends = "nobody"', "`agents.x.extends` is 'nobody'"),
        ('[agents.x]\nextends = ["a"]', "`agents.x.extends` is ['a']"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_file_and_key(
    tmp_path: Path, text: str, words: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InvalidRequest) as raised:
        load_profiles(path)
    assert str(path) in raised.value.message
    assert words in raised.value.message


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "agents.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidRequest, match="cannot be read"):
        load_profiles(path)


def test_the_version_of_an_npm_program_is_read_without_running_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "lib/node_modules/@x/agent"
    (package / "dist").mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"name": "@x/agent", "version": "1.2.3"}))
    program = package / "dist/index.js"
    program.write_text("#!/bin/false\n")
    program.chmod(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/codex-acp").symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    info = BUILT_IN["codex"].info()
    assert info.available
    assert info.reason is None
    assert info.version == "1.2.3"
    assert BUILT_IN["claude"].info().version is None


def test_programs_named_in_detect_must_all_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = AgentProfile(name="x", command=("sh", "x"), detect=("sh", "no-such-program"))
    assert profile.unavailable_reason() == "`no-such-program` was not found on PATH"
    assert AgentProfile(name="x", command=("sh",)).unavailable_reason() is None
