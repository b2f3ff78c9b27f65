"""Reports from the command line: of a period, of one run, as files for CI."""

import json
from pathlib import Path
from typing import Any

from junitparser import JUnitXml

from agent_runs.client.blocking.client import CodegenClient
from tests.cli.calls import Cli
from tests.patience import PATIENCE_SECONDS


def test_a_period_and_a_run_are_reported(cli: Cli, sdk: CodegenClient, tmp_path: Path) -> None:
    run = sdk.wait(
        sdk.create_agent_run("/say reported", agent="scripted").id, timeout=PATIENCE_SECONDS
    )
    assert "# Agent runs, " in cli("report", "--since", "3d").out
    report = json.loads(cli("report", "--format", "json", "--agent", "scripted").out)
    assert sum(row["number"] for row in report["tables"]["days"]) >= 1
    report = json.loads(cli("report", "--format", "json", "--mode", "nobody's").out)
    assert sum(row["number"] for row in report["tables"]["days"]) == 0
    assert run.web_url not in cli("report", "--format", "junit", "--mode", "nobody's").out
    assert cli("report", run.id).out.startswith(f"### Agent run {run.id}:")
    done = cli("report", "--since", "1d", "--format", "junit", "-o", "out.xml")
    assert (done.code, done.out) == (0, "")
    suites: list[Any] = list(JUnitXml.fromstring((tmp_path / "out.xml").read_bytes()))
    assert any(suite.name.startswith(f"Run {run.id}:") for suite in suites)
    page = cli("report", "--since", "2026-01-01", "--format", "html").out
    assert page.startswith("<!doctype html>")
    for wrong in ("7", "0d", "yesterday"):
        assert cli("report", "--since", wrong).code == 2
    assert cli("report", 999999).code == 1
