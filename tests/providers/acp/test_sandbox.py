"""The sandbox: what its command says, and a real run inside where bubblewrap works."""

import ctypes
import os
from pathlib import Path
from shlex import quote

import pytest
from acp_parts import MemoryRecorder, provider, request

from agent_runs.errors import InvalidRequest
from agent_runs.providers.acp.sandbox import Sandbox, find_sandbox, hide_memory
from agent_runs.providers.acp.workspace import RunFolder

pytestmark = pytest.mark.anyio

_PR_GET_DUMPABLE = 3


async def test_a_real_run_is_confined_where_bubblewrap_works_and_says_none_elsewhere(
    tmp_path: Path,
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    (tmp_path / "runs/2/work").mkdir(parents=True)
    recorder = MemoryRecorder()
    async with provider(tmp_path, sandbox="auto") as acp:
        prompt = (
            f"/write in.txt hello\n/read in.txt\n/run cat {quote(str(secret))} 2>&1\n"
            f"/run ls {quote(str(tmp_path))}/runs"
            "\n/run ls /proc | grep -c '^[0-9]'\n/run echo x > $HOME/kept && ls $TMPDIR"
        )
        outcome = await acp.work(request(prompt), recorder)
        name = acp.sandbox.name
    assert outcome.status == "COMPLETE"
    assert recorder.run["sandbox"] == name
    assert (tmp_path / "runs/1/work/in.txt").read_text() == "hello\n"
    assert (tmp_path / "runs/1/home/kept").read_text() == "x\n"
    observations = [str(entry.observation) for entry in recorder.of("ACTION")]
    if name == "none":
        assert (await find_sandbox("auto")).program is None
        assert "the secret" in observations[2]
        return
    assert "No such file" in observations[2]
    assert observations[3] == "1\n"
    assert int(observations[4]) < 10


async def test_a_sandboxed_run_can_work_in_a_clone(tmp_path: Path) -> None:
    source = tmp_path / "source"
    recorder = MemoryRecorder()
    async with provider(tmp_path / "home", sandbox="auto") as acp:
        await acp.work(request("/write a.txt hello\n/run git add -A && git commit -qm x"), recorder)
        (tmp_path / "home/runs/1/work").rename(source)
        prompt = "/run git log --format=%s && git status --short && git branch --show-current"
        recorder = MemoryRecorder()
        await acp.work(request(prompt, run_id=2, repo_url=str(source)), recorder)
    assert recorder.of("ACTION")[0].observation == "x\nStart of the run\nrun/2\n"


def test_the_command_shows_the_run_and_hides_the_rest(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs/1")
    tool = tmp_path / "tool/bin/agent"
    words = Sandbox("/usr/bin/bwrap").wrap(
        [str(tool), "--acp"], folder, cwd=folder.work, read_only=[Path("/objects")], network=False
    )
    line = " ".join(words)
    assert line.startswith("/usr/bin/bwrap --unshare-all --die-with-parent --new-session ")
    assert "--share-net" not in line
    assert f"--bind {folder.work} {folder.work}" in line
    assert "--ro-bind-try /objects /objects" in line
    assert f"--ro-bind-try {tmp_path}/tool {tmp_path}/tool" in line
    assert line.endswith(f"--chdir {folder.work} -- {tool} --acp")
    for hidden in (str(folder.review), str(tmp_path / "runs"), "/home", "/var"):
        assert hidden not in words
    open_words = Sandbox("/usr/bin/bwrap").wrap(["sh"], folder, cwd=folder.work)
    assert "--share-net" in open_words


def test_without_a_sandbox_the_command_stays_as_it_is(tmp_path: Path) -> None:
    assert Sandbox().wrap(["a", "b"], RunFolder(tmp_path), cwd=tmp_path) == ["a", "b"]
    assert Sandbox().name == "none"


async def test_a_bubblewrap_that_does_not_work_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert (await find_sandbox("auto")).name == "none"
    with pytest.raises(InvalidRequest, match="does not work here"):
        await find_sandbox("bubblewrap")
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert (await find_sandbox("none")).name == "none"
    with pytest.raises(InvalidRequest, match="was not found"):
        await find_sandbox("bubblewrap")


def test_the_managers_memory_is_hidden_from_other_processes() -> None:
    hide_memory()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        assert libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
