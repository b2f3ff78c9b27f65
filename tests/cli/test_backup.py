"""Backup while the server works, restore while none does."""

import json
from pathlib import Path

import pytest

from agent_runs.client.blocking.client import CodegenClient
from tests.cli.calls import Cli
from tests.live_server import LiveServer
from tests.patience import PATIENCE_SECONDS


def test_a_backup_of_a_working_server_is_restored_into_another_home(
    cli: Cli, sdk: CodegenClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sdk.wait(sdk.create_agent_run("/say kept", agent="scripted").id, timeout=PATIENCE_SECONDS)
    done = cli("backup", "create", "all.backup", "--json")
    assert (done.code, done.err) == (0, "")
    rows = json.loads(done.out)["rows"]
    refused = cli("backup", "restore", "all.backup", "--force")
    assert refused.code == 1
    assert "Another server" in refused.err
    home = tmp_path / "home"
    monkeypatch.setenv("AGENT_RUNS_HOME", str(home))
    done = cli("backup", "restore", "all.backup")
    assert done.out == (
        f"{rows['run']:,} runs and {rows['log']:,} entries were restored from all.backup.\n"
    )
    again = cli("backup", "restore", "all.backup")
    assert again.code == 1
    assert f"There are {rows['run']:,} runs" in again.err
    server = LiveServer(home, {"AGENT_RUNS_SANDBOX": "none"}).start()
    try:
        with CodegenClient(base_url=server.url) as client:
            there = client.get_agent_run(run.id)
            assert (there.status, there.result) == (run.status, run.result)
            assert len(list(client.iter_agent_run_logs(run.id))) == run.log_count
            # A new run gets an id of its own.
            assert client.create_agent_run("/say more", agent="scripted").id > run.id
    finally:
        server.kill()


def test_an_archived_run_is_still_restored_by_its_id(cli: Cli, sdk: CodegenClient) -> None:
    run_id = sdk.wait(
        sdk.create_agent_run("/say x", agent="scripted").id, timeout=PATIENCE_SECONDS
    ).id
    cli("archive", run_id)
    assert cli("restore", run_id).out == f"Run {run_id} is back in the list.\n"


def test_a_backup_is_written_without_the_word_create_too(cli: Cli) -> None:
    for arguments in (("plain.backup", "--json"), ("--json", "plain.backup")):
        done = cli("backup", *arguments)
        assert (done.code, done.err) == (0, "")
        assert json.loads(done.out)["file"] == "plain.backup"


@pytest.mark.parametrize("options", [(), ("--force",)])
def test_restore_with_a_file_names_the_command_that_restores_backups(
    cli: Cli, options: tuple[str, ...]
) -> None:
    done = cli("restore", "my runs.backup", *options)
    assert (done.code, done.out) == (2, "")
    command = " ".join(["agent-runs backup restore 'my runs.backup'", *options])
    assert done.err == f"Run `{command}` to restore a backup; `restore` alone takes a run's id.\n"
