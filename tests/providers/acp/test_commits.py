"""An agent commits in the name of the person, and pushes nothing."""

import os
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from acp_parts import odd_agent, work

from agent_runs.providers.acp.commits import NO_CREDENTIALS

pytestmark = pytest.mark.anyio

COMMIT = "echo hi > a.txt; git add a.txt; git commit -qm x; git log -1 --format='%an <%ae> %cn'"


def person(home: Path, monkeypatch: pytest.MonkeyPatch, config: str) -> None:
    """Make this the HOME of the person who runs the manager."""
    home.mkdir()
    (home / ".gitconfig").write_text(config)
    monkeypatch.setenv("HOME", str(home))


def repository(path: Path, *config: str) -> Path:
    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=path, check=True)

    path.mkdir()
    git("init", "-q")
    git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "-q", "--allow-empty", "-m", "x")
    for key, value in zip(config[::2], config[1::2], strict=True):
        git("config", key, value)
    return path


async def printed(home: Path, command: str, repo_url: str | None = None) -> str:
    _, recorder = await work(home, f"/run {command}", repo_url=repo_url)
    return "\n".join(str(entry.observation or "") for entry in recorder.entries)


async def test_commits_of_an_agent_bear_the_name_of_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(tmp_path / "ann", monkeypatch, "[user]\nname = Ann Ex\nemail = ann@example.com\n")
    assert "Ann Ex <ann@example.com> Ann Ex" in await printed(tmp_path / "home", COMMIT)


async def test_the_name_that_the_repository_was_given_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(tmp_path / "ann", monkeypatch, "[user]\nname = Ann Ex\nemail = ann@example.com\n")
    repo = repository(tmp_path / "repo", "user.email", "ann@work.example")
    assert "Ann Ex <ann@work.example>" in await printed(tmp_path / "home", COMMIT, str(repo))


async def test_without_a_person_commits_are_possible_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(tmp_path / "nobody", monkeypatch, "")
    seen = await printed(tmp_path / "home", COMMIT)
    assert "agent_runs <agent-runs@localhost>" in seen


async def test_an_agent_cannot_choose_the_name_of_later_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(tmp_path / "ann", monkeypatch, "[user]\nname = Ann\nemail = ann@example.com\n")
    await printed(tmp_path / "home", "git config user.name Mallory")
    assert "Ann <ann@example.com> Ann" in await printed(tmp_path / "home", COMMIT)


async def test_the_agents_own_shell_commits_in_the_name_of_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person(tmp_path / "ann", monkeypatch, "[user]\nname = Ann\nemail = ann@example.com\n")
    body = """
class Odd(Scripted):
    async def answer(self, method, params):
        if method == "session/prompt":
            who = [f"{name}={value}" for name, value in os.environ.items() if "GIT_" in name]
            params["prompt"][0]["text"] = "/say " + " ".join(who)
        return await super().answer(method, params)
"""
    outcome, _ = await work(tmp_path / "home", "Hi", odd_agent(body), agent="odd")
    for who in ("AUTHOR", "COMMITTER"):
        assert f"GIT_{who}_NAME=Ann" in (outcome.result or "")
        assert f"GIT_{who}_EMAIL=ann@example.com" in (outcome.result or "")


class Locked(BaseHTTPRequestHandler):
    """A git server that wants a password."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.send_header("WWW-Authenticate", "Basic realm=git")
        self.end_headers()

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Print nothing."""


@pytest.fixture
def locked() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Locked) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/x.git"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "push", ["git push", "git push -u origin HEAD", "git push git@git.example:a/b.git HEAD"]
)
async def test_a_push_ends_with_a_sentence_that_says_who_pushes(tmp_path: Path, push: str) -> None:
    repo = repository(tmp_path / "repo")
    assert NO_CREDENTIALS in await printed(tmp_path / "home", f"{push}; true", str(repo))


async def test_a_push_to_a_server_with_passwords_says_who_pushes(
    tmp_path: Path, locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The person's own helper would know the password.
    person(tmp_path / "ann", monkeypatch, "[credential]\nhelper = !echo password=canary\n")
    repo = repository(tmp_path / "repo")
    seen = await printed(tmp_path / "home", f"git push {locked} HEAD; env", str(repo))
    assert NO_CREDENTIALS in seen
    assert "canary" not in seen
    assert os.environ["HOME"] not in [line.removeprefix("HOME=") for line in seen.splitlines()]
