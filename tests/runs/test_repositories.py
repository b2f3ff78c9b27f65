"""What may be registered: a repository has one name, from wherever in it one points at it."""

import os
import subprocess
from pathlib import Path

import anyio
import pytest

from agent_runs.errors import Conflict, InvalidRequest
from agent_runs.runs.repositories import add_repo, read_source
from agent_runs.store.engine.database import Database
from agent_runs.store.organization import repos

pytestmark = pytest.mark.anyio
CLEAN = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": os.devnull}
AUTHOR = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "protocol.file.allow=always"]


def git(*words: object, cwd: Path) -> None:
    command = ["git", *AUTHOR, *map(str, words)]
    subprocess.run(command, cwd=cwd, env=os.environ | CLEAN, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with a folder, a submodule, a worktree beside it, and a bare copy."""
    inner = tmp_path / "inner"
    for folder in (inner, tmp_path / "clone"):
        folder.mkdir()
        git("init", "-q", "-b", "main", cwd=folder)
        git("commit", "-q", "--allow-empty", "-m", "first", cwd=folder)
    clone = tmp_path / "clone"
    (clone / "source" / "deep").mkdir(parents=True)
    (clone / "source" / "file.py").touch()
    git("submodule", "add", "-q", inner, "sub", cwd=clone)
    git("worktree", "add", "-q", "-b", "side", tmp_path / "side", cwd=clone)
    git("clone", "-q", "--bare", clone, tmp_path / "bare.git", cwd=tmp_path)
    (tmp_path / "link").symlink_to(clone / "source")
    (tmp_path / "plain").mkdir()
    return clone


@pytest.mark.parametrize(
    ("written", "top"),
    [
        ("clone", "clone"),
        ("clone/", "clone"),
        ("clone/.git", "clone"),
        ("clone/.git/refs/heads", "clone"),
        ("clone/.git/modules/sub", "clone"),
        ("clone/.git/worktrees/side", "clone"),
        ("clone/source/deep", "clone"),
        ("clone/source/file.py", "clone"),
        ("clone/source/../source//deep/.", "clone"),
        ("link/deep", "clone"),
        ("clone/sub", "clone/sub"),
        ("clone/sub/.git", "clone/sub"),
        ("side", "side"),
        ("side/.git", "side"),
        ("bare.git", "bare.git"),
        ("bare.git/refs", "bare.git"),
    ],
)
def test_wherever_one_points_the_top_level_is_named(clone: Path, written: str, top: str) -> None:
    folder = clone.parent
    for url in (f"{folder}/{written}", f"file://{folder}/{written}"):
        assert read_source(url).url == str(folder / top)


def test_the_branch_is_that_of_the_top_level(clone: Path) -> None:
    assert read_source(str(clone / "source")).default_branch == "main"
    assert read_source(str(clone.parent / "bare.git")).default_branch == "main"


async def test_a_repository_is_never_registered_twice(database: Database, clone: Path) -> None:
    first = await add_repo(database, str(clone / "source"))
    assert (first.name, first.url) == ("clone", str(clone))
    for again in (clone, clone / ".git", clone / "source", clone.parent / "link"):
        with pytest.raises(Conflict, match=f"repo_id {first.id}"):
            await add_repo(database, str(again))
    _, total = await repos.page(database, skip=0, limit=10)
    assert total == 1


async def test_who_registers_it_at_the_same_time_waits_and_is_refused(
    database: Database, clone: Path
) -> None:
    has_answer = anyio.Event()
    refused: list[Conflict] = []

    async def add() -> None:
        try:
            await add_repo(database, str(clone))
        except Conflict as conflict:
            refused.append(conflict)
        has_answer.set()

    async with anyio.create_task_group() as tasks, database.begin() as transaction:
        await repos.insert(transaction, name="clone", url=str(clone))
        tasks.start_soon(add)
        with anyio.move_on_after(0.5):
            await has_answer.wait()
        assert not has_answer.is_set()
    assert len(refused) == 1


def test_what_is_no_repository_is_refused_in_one_sentence(clone: Path) -> None:
    folder = clone.parent
    (folder / "plain" / ".git").mkdir()  # an empty one makes no repository
    (folder / "loop").symlink_to(folder / "loop")
    for written in ("plain", "clone/missing", "loop", "x" * 300, "clone/.git/nothing"):
        with pytest.raises(InvalidRequest) as refused:
            read_source(str(folder / written))
        assert refused.value.message.startswith("url: ")
    with pytest.raises(InvalidRequest):
        read_source("~nobody-of-this-name/x")


def test_a_repository_cannot_make_the_server_run_anything(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touched = clone.parent / "touched"
    trap = f"touch {touched}; false"
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "alias.rev-parse"):
        git("config", name, f"!{trap}" if name.startswith("alias") else trap, cwd=clone)
    hostile = clone.parent / "hostile"
    hostile.write_text(f"[core]\n\tfsmonitor = {trap}\n[safe]\n\tdirectory = *\n")
    monkeypatch.setenv("GIT_CONFIG", str(hostile))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(hostile))
    monkeypatch.setenv("GIT_DIR", str(clone.parent / "inner" / ".git"))
    assert read_source(str(clone / "source")).url == str(clone)
    assert not touched.exists()
