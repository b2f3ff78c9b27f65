"""Workspaces with a real git: isolation of clones, diffs, confinement of paths."""

import os
import subprocess
from pathlib import Path

import pytest
from acp_parts import MemoryRecorder, provider, request

from agent_runs.errors import NotFound, TooLarge
from agent_runs.providers.acp.git import GitFailed
from agent_runs.providers.acp.workspace import (
    PathOutside,
    RunFolder,
    Workspaces,
    confine,
    open_beneath,
)

pytestmark = pytest.mark.anyio


def git(*arguments: str, cwd: Path) -> str:
    identity = ("-c", "user.name=n", "-c", "user.email=n@example.org", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two files."""
    path = tmp_path / "repository"
    path.mkdir()
    git("init", "-q", "-b", "main", cwd=path)
    (path / "README.md").write_text("# Demo\n")
    (path / "old.txt").write_text("one\ntwo\nthree\n")
    git("add", "--all", cwd=path)
    git("commit", "-qm", "First", cwd=path)
    return path


@pytest.fixture
def workspaces(tmp_path: Path) -> Workspaces:
    return Workspaces(tmp_path / "home")


@pytest.fixture
async def clone(workspaces: Workspaces, repository: Path) -> Path:
    """The work folder of run 1, cloned from the repository."""
    await workspaces.prepare(1, str(repository))
    return workspaces.folder(1).work


async def test_an_empty_workspace_is_a_repository_on_the_branch_of_the_run(
    workspaces: Workspaces,
) -> None:
    tree = await workspaces.prepare(7, None)
    work = workspaces.folder(7).work
    assert tree.branch == "run/7"
    assert git("branch", "--show-current", cwd=work).strip() == "run/7"
    assert git("rev-parse", "HEAD", cwd=work).strip() == tree.base_commit
    assert await workspaces.diff(7) == ""


async def test_a_clone_starts_at_the_head_of_the_repository(
    workspaces: Workspaces, repository: Path
) -> None:
    tree = await workspaces.prepare(1, str(repository))
    work = workspaces.folder(1).work
    assert tree.base_commit == git("rev-parse", "HEAD", cwd=repository).strip()
    assert (work / "README.md").read_text() == "# Demo\n"
    assert git("remote", cwd=work) == ""
    assert tree.read_only == (Path(os.path.realpath(repository)) / ".git/objects",)


async def test_preparing_again_keeps_what_the_agent_did(
    workspaces: Workspaces, repository: Path
) -> None:
    first = await workspaces.prepare(1, str(repository))
    (workspaces.folder(1).work / "new.txt").write_text("kept")
    assert await workspaces.prepare(1, None) == first
    assert (workspaces.folder(1).work / "new.txt").read_text() == "kept"


async def test_a_url_is_cloned_through_a_bare_clone_that_follows_it(
    tmp_path: Path, workspaces: Workspaces, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A transport that needs no network: git replaces the URL by the folder.
    config = tmp_path / "gitconfig"
    config.write_text(f'[url "{repository}"]\n  insteadOf = https://git.example/demo\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    url = "https://git.example/demo"
    await workspaces.prepare(1, url)
    (repository / "later.txt").write_text("later\n")
    git("add", "--all", cwd=repository)
    git("commit", "-qm", "Later", cwd=repository)
    await workspaces.prepare(2, url)
    assert not (workspaces.folder(1).work / "later.txt").exists()
    assert (workspaces.folder(2).work / "later.txt").exists()
    assert len(list((tmp_path / "home/mirrors").iterdir())) == 1
    origin = git("config", "remote.origin.url", cwd=workspaces.folder(2).work).strip()
    assert origin == url


async def test_an_empty_repository_can_be_worked_in(tmp_path: Path, workspaces: Workspaces) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    git("init", "-q", cwd=empty)
    await workspaces.prepare(1, str(empty))
    (workspaces.folder(1).work / "a.txt").write_text("a\n")
    assert "+a" in await workspaces.diff(1)


@pytest.mark.parametrize("url", ["--upload-pack=touch /tmp/x", "ext::sh -c true", "no such"])
async def test_a_url_that_is_none_is_refused(workspaces: Workspaces, url: str) -> None:
    with pytest.raises(GitFailed):
        await workspaces.prepare(1, url)
    assert not workspaces.folder(1).work.exists()


async def test_what_an_agent_configures_in_its_clone_does_not_reach_the_repository(
    clone: Path, repository: Path, tmp_path: Path, workspaces: Workspaces
) -> None:
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    witness = tmp_path / "ran"
    hooks = clone / "evil"
    hooks.mkdir()
    for name in ("pre-commit", "post-index-change", "post-checkout", "fsmonitor", "filter"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {witness}\ncat\n")
        (hooks / name).chmod(0o755)
    git("config", "core.hooksPath", str(hooks), cwd=clone)
    git("config", "core.fsmonitor", str(hooks / "fsmonitor"), cwd=clone)
    git("config", "diff.evil.command", str(hooks / "filter"), cwd=clone)
    git("config", "diff.evil.textconv", str(hooks / "filter"), cwd=clone)
    git("config", "filter.evil.clean", str(hooks / "filter"), cwd=clone)
    git("branch", "evil", cwd=clone)
    (clone / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (clone / "README.md").write_text("changed\n")
    witness.unlink(missing_ok=True)
    diff = await workspaces.diff(1)
    await workspaces.files(1)
    await workspaces.prepare(1, str(repository))
    assert "+changed" in diff
    assert not witness.exists()
    after = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    assert after == before
    assert git("branch", "--list", "evil", cwd=repository) == ""


async def test_the_diff_shows_committed_uncommitted_untracked_and_binary_files(
    clone: Path, workspaces: Workspaces
) -> None:
    (clone / "committed.txt").write_text("in a commit\n")
    git("add", "--all", cwd=clone)
    git("commit", "-qm", "By the agent", cwd=clone)
    git("checkout", "-q", "-b", "elsewhere", cwd=clone)
    (clone / "old.txt").write_text("one\n2\nthree\n")
    (clone / "untracked ü.txt").write_text("new\n")
    (clone / "picture.bin").write_bytes(b"\0\1\2")
    (clone / "latin.txt").write_bytes("naïve\n".encode("latin-1"))
    (clone / "README.md").unlink()
    (clone / ".gitignore").write_text("ignored/\n")
    (clone / "ignored").mkdir()
    (clone / "ignored/big.txt").write_text("not shown\n")
    nested = clone / "nested"
    nested.mkdir()
    git("init", "-q", cwd=nested)
    diff = await workspaces.diff(1)
    assert "+in a commit" in diff
    assert "-two\n+2\n" in diff
    assert "+new" in diff
    assert "Binary files /dev/null and b/picture.bin differ" in diff
    assert "+na\ufffdve" in diff
    assert "deleted file mode 100644" in diff
    assert "not shown" not in diff
    assert git("branch", "--show-current", cwd=clone).strip() == "elsewhere"


async def test_the_diff_of_a_run_whose_git_the_agent_destroyed_is_still_there(
    clone: Path, workspaces: Workspaces
) -> None:
    (clone / "a.txt").write_text("a\n")
    (clone / ".git/HEAD").write_text("nonsense")
    assert "+a" in await workspaces.diff(1)


async def test_a_repository_that_is_gone_is_told_and_files_stay(
    clone: Path, repository: Path, workspaces: Workspaces
) -> None:
    repository.rename(repository.with_name("moved"))
    with pytest.raises(GitFailed):
        await workspaces.diff(1)
    assert await workspaces.read(1, "README.md") == b"# Demo\n"


async def test_a_huge_diff_is_cut_with_the_number_said(clone: Path, workspaces: Workspaces) -> None:
    (clone / "huge.txt").write_text("x" * 99 + "\n" * 1 + ("y" * 99 + "\n") * 100_000)
    diff = await workspaces.diff(1)
    assert len(diff) < 9_000_000
    assert diff.endswith("bytes left out …\n")


async def test_files_are_listed_without_git_ignored_ones_and_links(
    clone: Path, workspaces: Workspaces
) -> None:
    (clone / ".gitignore").write_text("*.log\n")
    (clone / "noise.log").write_text("x")
    (clone / "deep").mkdir()
    (clone / "deep/a b.txt").write_text("hello")
    (clone / "link").symlink_to("/etc/passwd")
    os.mkfifo(clone / "pipe")
    sizes = {file.path: file.size for file in await workspaces.files(1)}
    assert sizes == {".gitignore": 6, "README.md": 7, "deep/a b.txt": 5, "old.txt": 14}
    await workspaces.diff(1)
    (clone / "old.txt").unlink()
    assert "old.txt" not in {file.path for file in await workspaces.files(1)}


async def test_reading_is_confined_to_plain_files_of_the_workspace(
    clone: Path, workspaces: Workspaces, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (clone / "link").symlink_to(secret)
    (clone / "folder").symlink_to(tmp_path)
    (clone / "inner").symlink_to("README.md")
    os.mkfifo(clone / "pipe")
    assert await workspaces.read(1, "README.md") == b"# Demo\n"
    assert await workspaces.read(1, "inner") == b"# Demo\n"
    for path in (
        "../secret.txt",
        "link",
        "folder/secret.txt",
        str(secret),
        ".git/config",
        "x/../.git/config",
        "pipe",
        "nowhere",
        "",
        ".",
        "a\0b",
        "README.md/x",
    ):
        with pytest.raises(NotFound):
            await workspaces.read(1, path)


async def test_a_file_that_is_too_large_is_not_read(clone: Path, workspaces: Workspaces) -> None:
    with (clone / "huge").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    with pytest.raises(TooLarge):
        await workspaces.read(1, "huge")


async def test_a_folder_swapped_for_a_link_after_the_check_is_not_followed(
    clone: Path, tmp_path: Path
) -> None:
    (clone / "folder").mkdir()
    (clone / "folder/a.txt").write_text("a")
    real = confine(clone, "folder/a.txt")
    (clone / "folder/a.txt").unlink()
    (clone / "folder").rmdir()
    (tmp_path / "a.txt").write_text("outside")
    (clone / "folder").symlink_to(tmp_path)
    with pytest.raises(OSError, match="folder"):
        open_beneath(clone, real, os.O_RDONLY)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", ".git/hooks/pre-commit", "a/../../x"])
def test_paths_that_lead_outside_are_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(PathOutside):
        confine(tmp_path, path)


async def test_an_agent_reads_and_writes_only_inside_its_workspace(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    recorder = MemoryRecorder()
    async with provider(tmp_path) as acp:
        prompt = (
            "/read ../../../secret.txt\n/write ../out.txt x\n/write .git/config x\n"
            f"/read {tmp_path}/secret.txt\n/write deep/in.txt fine\n/read deep/in.txt\n/read gone"
        )
        await acp.work(request(prompt), recorder)
    outputs = [entry.tool_output or {} for entry in recorder.of("ACTION")]
    statuses = [output["status"] for output in outputs]
    assert statuses == ["failed", "failed", "failed", "failed", "completed", "completed", "failed"]
    assert "secret" not in str(recorder.of("ACTION")[0].observation).replace("secret.txt", "")
    assert not (tmp_path / "runs/1/out.txt").exists()


async def test_without_git_an_empty_workspace_is_a_plain_folder(
    tmp_path: Path, workspaces: Workspaces, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    tree = await workspaces.prepare(1, None)
    assert (tree.branch, tree.base_commit) == (None, None)
    (workspaces.folder(1).work / "a.txt").write_text("a")
    assert [file.path for file in await workspaces.files(1)] == ["a.txt"]
    assert await workspaces.diff(1) == ""
    with pytest.raises(GitFailed, match="git cannot be started"):
        await workspaces.prepare(2, "https://git.example/demo")


def test_the_folder_of_a_run_is_for_its_user_only(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs/1")
    folder.make()
    assert [path.stat().st_mode & 0o777 for path in (folder.home, folder.tmp)] == [0o700] * 2


async def test_without_git_the_files_of_a_home_inside_of_a_git_folder_are_listed(
    tmp_path: Path,
) -> None:
    workspaces = Workspaces(tmp_path / ".git" / "home")
    work = workspaces.folder(1).work
    (work / ".git").mkdir(parents=True)
    (work / ".git" / "config").write_text("x")
    (work / "a.txt").write_text("x")
    assert [file.path for file in await workspaces.files(1)] == ["a.txt"]
