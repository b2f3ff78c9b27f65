"""Runs to files from the command line."""

import json
import subprocess
from pathlib import Path
from threading import Thread

from agent_runs.client.blocking.client import CodegenClient
from tests.cli.calls import Cli
from tests.patience import PATIENCE_SECONDS
from tests.receiver import Receiver
from tests.screen import Command


def test_runs_are_written_to_a_file_or_passed_on(
    cli: Cli, sdk: CodegenClient, command: Command, tmp_path: Path
) -> None:
    first = sdk.wait(
        sdk.create_agent_run("/say one", agent="scripted").id, timeout=PATIENCE_SECONDS
    ).id
    second = sdk.wait(
        sdk.create_agent_run("/say two", agent="scripted").id, timeout=PATIENCE_SECONDS
    ).id
    done = cli("export", first, second, "--output", "out.jsonl")
    assert (done.code, done.out) == (0, "")
    assert "out.jsonl, " in done.err
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [each["id"] for each in records if each["type"] == "run"] == [first, second]
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    with command("export", first, "--format", "html", stdout=subprocess.PIPE) as process:
        page, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert page.startswith(b"<!doctype html>")


def test_what_a_search_finds_is_exported(cli: Cli, sdk: CodegenClient, tmp_path: Path) -> None:
    run_id = sdk.wait(
        sdk.create_agent_run("/say madagascar", agent="scripted").id, timeout=PATIENCE_SECONDS
    ).id
    assert cli("export", "--search", "madagascar", "-o", "out.jsonl").code == 0
    records = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [each["id"] for each in records if each["type"] == "run"] == [run_id]


def test_two_ways_to_choose_runs_are_refused(cli: Cli) -> None:
    for first, second in (([7], ["--search", "x"]), (["--search", "x"], ["--status", "ERROR"])):
        done = cli("export", *first, *second)
        assert (done.code, done.out) == (2, "")
        assert "only one of them can choose the runs" in done.err


def test_a_failed_export_leaves_no_file(cli: Cli, tmp_path: Path) -> None:
    done = cli("export", 999999, "-o", "out.jsonl")
    assert (done.code, done.err) == (1, "There is no agent run 999999.\n")
    assert list(tmp_path.iterdir()) == []
    done = cli("export", "-o", "no/such/folder/out.jsonl")
    assert done.code == 2
    assert "cannot be written" in done.err


def test_files_and_folders_are_imported_and_what_is_broken_is_named(
    cli: Cli, sdk: CodegenClient, tmp_path: Path
) -> None:
    run_id = sdk.wait(
        sdk.create_agent_run("/say take me", agent="scripted").id, timeout=PATIENCE_SECONDS
    ).id
    folder = tmp_path / "projects" / "mine"
    folder.mkdir(parents=True)
    content = sdk.export_agent_run(run_id, tmp_path / "out.jsonl").read_bytes()
    good = folder / "good.jsonl"
    good.write_bytes(content.replace(b'"origin":"', b'"origin":"elsewhere'))
    done = cli("import", "out.jsonl", "projects")
    assert (done.code, done.err) == (0, "")
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert lines[0][:4] == ["out.jsonl", "0 imported", "0 updated", "1 known"]
    assert lines[1][0].endswith("good.jsonl")
    assert lines[1][1] == "1 imported"
    (folder / "bad.jsonl").write_text("nonsense\n")
    done = cli("import", "projects", "--json")
    assert done.code == 1
    assert "bad.jsonl: Line 1: this is neither an export of agent_runs" in done.err
    (result,) = json.loads(done.out)
    assert (result["known"], result["runs"][0]["outcome"]) == (1, "known")
    assert cli("import", "nothing.jsonl").code == 1


def test_spans_are_sent_to_a_collector(cli: Cli, sdk: CodegenClient) -> None:
    run_id = sdk.wait(
        sdk.create_agent_run("/run true", agent="scripted").id, timeout=PATIENCE_SECONDS
    ).id
    receiver = Receiver()
    thread = Thread(target=receiver.run)
    thread.start()
    url = receiver.url.replace("/hook", "/otlp/v1/traces")
    done = cli("export", run_id, "--otlp", url, "--header", "x-key=k")
    receiver.stop()
    thread.join()
    assert done.code == 0
    assert done.err.endswith(f"spans to {url}.\n")
    first = receiver.next()
    assert (first.path, first.headers["x-key"]) == ("/otlp/v1/traces", "k")
    assert cli("export", run_id, "--otlp", "nowhere").code == 2
