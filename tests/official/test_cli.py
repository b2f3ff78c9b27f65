"""The official command line and its terminal interface, unmodified."""

import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.live_server import LiveServer
from tests.official.programs import Outside, Run
from tests.patience import PATIENCE_SECONDS
from tests.screen import Command, Screen


@pytest.fixture
def logged_in(run: Run, tmp_path: Path) -> Path:
    """A home where `codegen login` was done; its terminal interface had nobody to talk to."""
    run("codegen", "login", "--token", "local")
    path = tmp_path / ".codegen" / "auth.json"
    stored = json.loads(path.read_text())
    assert (stored["token"], stored["user"]["id"]) == ("local", 1)
    assert stored["organizations_cache"] == [{"id": 1, "name": "Local"}]
    return path


@pytest.mark.usefixtures("logged_in")
def test_a_run_is_started_read_and_listed(run: Run, outside: Outside) -> None:
    started = run("codegen", "agent", "-p", "/say From the official command line")
    assert started.returncode == 0, started.stdout + started.stderr
    line = re.search(r"Agent Run ID:\s+(\d+)", started.stdout)
    assert line, started.stdout
    run_id = line[1]
    assert f"/runs/{run_id}" in started.stdout
    shown = run("codegen", "agent", "--id", run_id, "--json")
    assert f'"id": {run_id}' in shown.stdout
    listed = run("codegen", "agents")
    assert listed.returncode == 0, listed.stderr
    assert f"/runs/{run_id}" in listed.stdout
    assert outside.seen == []


@pytest.mark.usefixtures("logged_in")
def test_integrations_organizations_and_the_profile_are_shown(run: Run, outside: Outside) -> None:
    integrations = run("codegen", "integrations")
    assert re.search(r"Scripted.*Active", integrations.stdout), integrations.stdout
    organizations = run("codegen", "org", "--list")
    assert re.search(r"1\s+│ Local", organizations.stdout), organizations.stdout
    profile = run("codegen", "profile", "list")
    assert "Local user" in profile.stdout
    assert "Local (1)" in profile.stdout
    chosen = run("codegen", "profile")
    assert "Local" in chosen.stdout
    assert outside.seen == []


@pytest.mark.usefixtures("logged_in")
def test_repositories_are_those_of_the_server(run: Run, server: LiveServer, tmp_path: Path) -> None:
    folder = tmp_path / "official-project"
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    added = httpx.post(f"{server.url}/repos", json={"url": str(folder)}, timeout=PATIENCE_SECONDS)
    assert added.status_code == 200, added.text
    listed = run("codegen", "repo", "--list-repos")
    assert "official-project" in listed.stdout
    assert "codegen-sdk" not in listed.stdout, "its own examples, shown after an error"


@pytest.mark.usefixtures("logged_in")
def test_a_run_that_is_not_there_is_told_in_its_own_words(run: Run) -> None:
    missing = run("codegen", "agent", "--id", "987654")
    assert missing.returncode == 1
    assert "Agent run 987654 not found in Local (1)" in missing.stdout


@pytest.mark.usefixtures("logged_in")
def test_the_terminal_interface_shows_the_latest_runs(
    run: Run, official: Path, environment: dict[str, str], tmp_path: Path, outside: Outside
) -> None:
    run("codegen", "agent", "-p", "/say Seen in the terminal")
    screen = Screen(Command((str(official / "codegen"),), tmp_path, environment), "tui")
    screen.read_until("Seen in the terminal")
    screen.type("q")
    screen.close()
    assert outside.seen == []
