"""No secret of the manager reaches an agent, and each agent gets what is its own."""

import json
import os
from pathlib import Path

import pytest
from acp_parts import odd_agent, work

from agent_runs.providers.acp.agents import BUILT_IN, AgentProfile
from agent_runs.providers.acp.environment import agent_command, agent_environment
from agent_runs.providers.acp.pins import Pin
from agent_runs.providers.acp.private_home import write_home
from agent_runs.providers.acp.workspace import RunFolder

CANARIES = {
    "CODEGEN_API_TOKEN": "canary-token",
    "AGENT_RUNS_API_TOKEN": "canary-api",
    "AGENT_RUNS_DATABASE_URL": "postgresql://user:canary-db@localhost/db",
    "AWS_SECRET_ACCESS_KEY": "canary-aws",
    "ANTHROPIC_API_KEY": "canary-other-agent",
    "GITHUB_TOKEN": "canary-github",
    "SSH_AUTH_SOCK": "/canary-ssh",
}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "runs/1")
    folder.make()
    return folder


@pytest.mark.anyio
async def test_the_managers_secrets_never_reach_an_agent_or_its_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CANARIES.items():
        monkeypatch.setenv(name, value)
    body = """
class Odd(Scripted):
    async def answer(self, method, params):
        if method == "session/prompt":
            own = " ".join(f"{name}={value}" for name, value in os.environ.items())
            params["prompt"][0]["text"] = "/run env\\n/say " + own
        return await super().answer(method, params)
"""
    outcome, recorder = await work(
        tmp_path, "Hi", odd_agent(body, env_keys=("ODD_KEY",), env={"SET": "1"}), agent="odd"
    )
    assert outcome.status == "COMPLETE"
    seen = f"{outcome.result}\n{recorder.entries}"
    assert "SET=1" in seen
    assert "canary" not in seen


def test_an_agent_gets_the_keys_of_its_own_profile_only(folder: RunFolder) -> None:
    manager = {"PATH": "/bin", "OPENAI_API_KEY": "o", "ANTHROPIC_API_KEY": "a", "OTHER": "x"}
    environment = agent_environment(
        BUILT_IN["claude"], folder, Pin(), model="opus", marker="1:x", manager=manager
    )
    assert environment["ANTHROPIC_API_KEY"] == "a"
    assert environment["ANTHROPIC_MODEL"] == "opus"
    assert environment["CLAUDE_CONFIG_DIR"] == f"{folder.home}/.claude"
    assert environment["HOME"] == str(folder.home)
    assert environment["TMPDIR"] == str(folder.tmp)
    assert environment["AGENT_RUNS_RUN"] == "1:x"
    assert "OPENAI_API_KEY" not in environment
    assert "OTHER" not in environment


def test_words_in_braces_are_filled_in_and_other_braces_stay(folder: RunFolder) -> None:
    profile = AgentProfile(
        name="odd",
        command=("sh", "--home", "{home}", '{"json": true}'),
        model_args=("--model", "{model}"),
    )
    command = agent_command(profile, folder, model="m")
    assert command[1:] == ["--home", str(folder.home), '{"json": true}', "--model", "m"]
    assert os.path.isabs(command[0])
    assert agent_command(profile, folder, model=None)[-1] == '{"json": true}'


def test_a_newer_login_is_copied_and_an_older_one_is_not(folder: RunFolder, tmp_path: Path) -> None:
    profile = AgentProfile(
        name="odd", command=("odd",), login_files=(".odd/auth.json",), files={"a/b": "{work}"}
    )
    user = tmp_path / "user"
    write_home(profile, folder, Pin(), user_home=user)
    assert (folder.home / "a/b").read_text() == str(folder.work)
    assert not (folder.home / ".odd").exists()

    login = user / ".odd/auth.json"
    login.parent.mkdir(parents=True)
    login.write_text("first")
    write_home(profile, folder, Pin(), user_home=user)
    copied = folder.home / ".odd/auth.json"
    assert copied.read_text() == "first"
    assert copied.stat().st_mode & 0o777 == 0o600

    copied.write_text("renewed by the agent")
    os.utime(login, (0, 0))
    write_home(profile, folder, Pin(), user_home=user)
    assert copied.read_text() == "renewed by the agent"


def test_a_pin_wins_over_what_the_person_has_set(folder: RunFolder) -> None:
    config = '{"model": "m", "agent": {"build": {"steps": 5, "permission": "allow"}}}'
    environment = agent_environment(
        BUILT_IN["opencode"],
        folder,
        BUILT_IN["opencode"].pin("reject"),
        model=None,
        marker="1:x",
        manager={"OPENCODE_CONFIG_CONTENT": config, "OPENCODE_PERMISSION": "{}"},
    )
    merged = json.loads(environment["OPENCODE_CONFIG_CONTENT"])
    assert merged["model"] == "m"
    assert merged["agent"]["build"]["steps"] == 5
    assert merged["agent"]["build"]["permission"]["*"] == "ask"
    assert merged["agent"]["plan"]["permission"]["*"] == "ask"
    assert json.loads(environment["OPENCODE_PERMISSION"])["*"] == "ask"


def test_the_files_of_a_pin_are_written_before_each_turn(folder: RunFolder, tmp_path: Path) -> None:
    pin = Pin(files={".odd/rules": "ask in {work}"})
    profile = AgentProfile(name="odd", command=("odd",))
    for _ in range(2):
        write_home(profile, folder, pin, user_home=tmp_path / "user")
        assert (folder.home / ".odd/rules").read_text() == f"ask in {folder.work}"
        (folder.home / ".odd/rules").write_text("never ask")


def test_symlinks_that_an_agent_left_in_its_home_are_not_followed(
    folder: RunFolder, tmp_path: Path
) -> None:
    outside, user = tmp_path / "outside", tmp_path / "user"
    outside.mkdir()
    (outside / "auth.json").write_text("the person's own")
    (user / ".odd").mkdir(parents=True)
    (user / ".odd/auth.json").write_text("login")
    profile = AgentProfile(
        name="odd", command=("odd",), login_files=(".odd/auth.json",), files={".more/file": "x"}
    )
    (folder.home / ".odd").symlink_to(outside)
    (folder.home / ".more").symlink_to(outside)
    (folder.home / "rules").symlink_to(outside / "rules")
    write_home(profile, folder, Pin(files={"rules": "ask"}), user_home=user)
    assert [path.name for path in outside.iterdir()] == ["auth.json"]
    assert (outside / "auth.json").read_text() == "the person's own"
    assert (folder.home / ".odd/auth.json").read_text() == "login"
    assert (folder.home / "rules").read_text() == "ask"


def test_the_folders_that_variables_name_exist_before_the_agent_starts(
    folder: RunFolder, tmp_path: Path
) -> None:
    env = {"A": "{home}/.odd/inner", "B": "{home}/conf/odd.json", "C": "{home}/../x", "D": "/y"}
    profile = AgentProfile(name="odd", command=("odd",), env=env)
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder.home / ".odd").symlink_to(outside)
    for _ in range(2):
        write_home(profile, folder, Pin(), user_home=tmp_path / "user")
    assert sorted(str(path.relative_to(folder.home)) for path in folder.home.rglob("*")) == [
        ".odd",
        ".odd/inner",
        "conf",
    ]
    assert list(outside.iterdir()) == []
    assert not (folder.root / "x").exists()
