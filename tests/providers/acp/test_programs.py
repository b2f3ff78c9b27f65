"""Agents start in the sandbox however people have installed them."""

import os
import sys
from pathlib import Path

import pytest
from acp_parts import MemoryRecorder, provider, request

from agent_runs.providers.acp.agents import SCRIPTED_PATH, AgentProfile
from agent_runs.providers.acp.programs import needed_by, path_for, real_program
from agent_runs.providers.acp.sandbox import find_sandbox, hidden_paths


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_interpreter_of_a_script_and_all_links_to_it_are_needed(tmp_path: Path) -> None:
    real = script(tmp_path / "pythons/3.13.1/bin/python3.13", "binary")
    (tmp_path / "pythons/3.13").symlink_to("3.13.1")
    venv = tmp_path / "tools/vibe"
    agent = script(venv / "bin/vibe-acp", f"#!{venv}/bin/python\nprint()\n")
    (venv / "bin/python").symlink_to(tmp_path / "pythons/3.13/bin/python3.13")
    (venv / "pyvenv.cfg").write_text(f"home = {tmp_path}/pythons/3.13/bin\n")
    link = tmp_path / "local/bin/vibe-acp"
    link.parent.mkdir(parents=True)
    link.symlink_to(agent)
    needed = needed_by([str(link)])
    assert {link, agent, venv / "bin/python", real} <= needed
    assert tmp_path / "pythons/3.13/bin/python3.13" in needed


@pytest.mark.parametrize(
    "text",
    ["#!{python} -I\n", "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"],
    ids=["plain", "long"],
)
def test_both_ways_to_name_an_interpreter_are_read(tmp_path: Path, text: str) -> None:
    python = script(tmp_path / "python dir/bin/python" if "exec" in text else tmp_path / "py", "")
    agent = script(tmp_path / "agent", text.format(python=python))
    assert python in needed_by([str(agent)])


def test_env_finds_the_interpreter_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = script(tmp_path / "node/bin/odd-node", "")
    monkeypatch.setenv("PATH", f"{node.parent}{os.pathsep}{os.environ['PATH']}")
    agent = script(tmp_path / "agent.js", "#!/usr/bin/env -S X=1 odd-node --flag\n")
    assert node in needed_by([str(agent)])


def test_files_in_arguments_are_needed_and_folders_are_not(tmp_path: Path) -> None:
    file = script(tmp_path / "agent.py", "")
    needed = needed_by([sys.executable, str(file), "--dir", str(tmp_path), "--x", "\0", "agent.py"])
    assert file in needed
    assert tmp_path not in needed


def test_links_and_scripts_that_go_round_in_circles_come_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    agent = script(tmp_path / "agent", f"#!{tmp_path}/agent\n")
    assert tmp_path / "a" in needed_by([str(tmp_path / "a")])
    assert agent in needed_by([str(agent)])


@pytest.mark.parametrize(
    ("tool", "folder"),
    [("volta", ".volta/bin"), ("mise", "share/mise/shims"), ("asdf", ".asdf/shims")],
)
def test_what_stands_in_for_a_program_is_replaced_by_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, folder: str
) -> None:
    real = script(tmp_path / "installs/odd/bin/odd-agent", "")
    shims = tmp_path / folder
    shim = script(shims / "odd-agent", "#!/bin/sh\nexit 1\n")
    script(tmp_path / "tools" / tool, f'#!/bin/sh\ntest "$1 $2" = "which odd-agent" && echo {real}')
    path = os.pathsep.join((str(shims), str(tmp_path / "tools"), "/usr/bin", "/bin"))
    monkeypatch.setenv("PATH", path)
    assert real_program("odd-agent") == str(real)
    assert path_for("odd-agent", path) == f"{real.parent}{os.pathsep}{path}"
    script(tmp_path / "tools" / tool, "#!/bin/sh\necho nothing; exit 1\n")
    assert real_program("odd-agent") == str(shim)


def test_a_path_that_exists_outside_of_the_sandbox_only_is_named(tmp_path: Path) -> None:
    (tmp_path / "shown").mkdir()
    (tmp_path / "secret").mkdir()
    command = ["/usr/bin/bwrap", "--ro-bind", str(tmp_path / "shown"), str(tmp_path / "shown")]
    words = f"exec: {tmp_path}/secret: not found, {tmp_path}/shown, {tmp_path}/missing."
    assert hidden_paths(command, words) == [f"{tmp_path}/secret"]
    assert hidden_paths(["agent"], words) == []


@pytest.mark.anyio
async def test_a_start_that_the_sandbox_spoils_names_what_was_not_visible(tmp_path: Path) -> None:
    if not (await find_sandbox("auto")).program:
        pytest.skip("bubblewrap does not work here")
    elsewhere = script(tmp_path / "elsewhere/start", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    agent = script(tmp_path / "odd/bin/agent", f"#!/bin/sh\nexec {elsewhere} -IS {SCRIPTED_PATH}\n")
    profile = AgentProfile(name="odd", command=(str(agent),), fs=True, terminal=True)
    async with provider(tmp_path / "home", profile, sandbox="bubblewrap") as acp:
        outcome = await acp.work(request("Hi", agent="odd"), MemoryRecorder())
    assert outcome.status_reason == "agent_crashed"
    assert f"The sandbox does not show {elsewhere} to it" in (outcome.error or "")
    assert "`read_only`" in (outcome.error or "")

    shown = profile.model_copy(update={"read_only": (str(elsewhere.parent),)})
    async with provider(tmp_path / "home2", shown, sandbox="bubblewrap") as acp:
        outcome = await acp.work(request("/say Hi", agent="odd"), MemoryRecorder())
    assert outcome.result == "Hi"


@pytest.mark.anyio
async def test_an_agent_in_a_virtual_environment_starts_in_the_sandbox(tmp_path: Path) -> None:
    if not (await find_sandbox("auto")).program:
        pytest.skip("bubblewrap does not work here")
    # A Python of its own, as uv and pyenv install it, outside of everything that is shown.
    venv = tmp_path / "tools/odd"
    (venv / "bin").mkdir(parents=True)
    (tmp_path / "pythons/bin").mkdir(parents=True)
    (tmp_path / "pythons/bin/python3").symlink_to(os.path.realpath(sys.executable))
    (venv / "bin/python3").symlink_to(tmp_path / "pythons/bin/python3")
    (venv / "pyvenv.cfg").write_text(f"home = {tmp_path}/pythons/bin\n")
    agent = script(
        venv / "bin/odd",
        f"#!{venv}/bin/python3\nimport runpy\nrunpy.run_path({str(SCRIPTED_PATH)!r},"
        " run_name='__main__')\n",
    )
    (tmp_path / "local/bin").mkdir(parents=True)
    (tmp_path / "local/bin/odd").symlink_to(agent)
    profile = AgentProfile(
        name="odd", command=(str(tmp_path / "local/bin/odd"),), fs=True, terminal=True
    )
    async with provider(tmp_path / "home", profile, sandbox="bubblewrap") as acp:
        outcome = await acp.work(request("/say Hi", agent="odd"), MemoryRecorder())
    assert (outcome.result, outcome.error) == ("Hi", None)
