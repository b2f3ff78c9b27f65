"""Agents, templates, repositories."""

import json
import subprocess
from pathlib import Path

from tests.cli.calls import Cli


def test_agents_are_listed_with_what_is_missing(cli: Cli) -> None:
    agents = {agent["name"]: agent for agent in json.loads(cli("agents", "--json").out)}
    assert agents["scripted"]["available"]
    line = next(line for line in cli("agents").out.splitlines() if line.startswith("scripted\t"))
    assert line.split("\t")[1] == "available"
    assert (agents["scripted"]["login"], agents["scripted"]["login_hint"]) == (None, None)
    assert agents["codex"]["login"] in ("logged in", "not logged in", "cannot tell")
    line = next(line for line in cli("agents").out.splitlines() if line.startswith("codex\t"))
    assert line.split("\t")[4] == agents["codex"]["login"]


def test_templates_are_listed(cli: Cli) -> None:
    names = [line.split("\t")[0] for line in cli("templates").out.splitlines()]
    assert {"plan", "feature", "bugfix", "review", "test", "docs"} <= set(names)
    assert json.loads(cli("templates", "--json").out)[0]["name"] == names[0]


def test_a_repository_is_added_used_by_name_and_removed(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "my-project"
    folder.mkdir()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "start"], check=True)
    # A relative path is meant from here, not from the server's folder.
    added = json.loads(cli("repo", "add", "my-project", "--json").out)
    assert added["url"] == str(folder)
    assert f"{added['id']}\tmy-project\t{folder}" in cli("repo", "list").out
    run = json.loads(
        cli("run", "/run git log --oneline", "--repo", "my-project", "--wait", "--json").out
    )
    assert (run["status"], run["repo_id"]) == ("COMPLETE", added["id"])
    assert cli("repo", "remove", "my-project").out == f"Removed repository {added['id']}.\n"
    assert json.loads(cli("repo", "list", "--json").out) == []
