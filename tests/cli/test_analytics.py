"""The command `analytics`."""

import csv
import io
import json
import re
from pathlib import Path

from agent_runs.analytics import TABLES
from agent_runs.client.blocking.client import CodegenClient
from tests.cli.calls import Cli
from tests.patience import PATIENCE_SECONDS


def test_the_key_figures_are_told_for_people_machines_and_spreadsheets(
    cli: Cli, sdk: CodegenClient
) -> None:
    task = sdk.run("/run exit 1\n/say done", mode="test")
    task.wait(timeout=PATIENCE_SECONDS)
    table = sdk.get_analytics("tools", days=1, mode="test")
    (tool,) = table.items
    assert tool["calls"] >= 1
    assert json.loads(cli("analytics", "tools", "--days", 1, "--mode", "test", "--json").out) == (
        table.model_dump(mode="json")
    )
    printed = cli("analytics", "tools", "--csv", "--days", 1).out
    head, row, *_ = csv.reader(io.StringIO(printed))
    assert head[:3] == ["tool", "calls", "failed"]
    assert row[0] == tool["tool"]
    lines = cli("analytics").out.splitlines()
    assert any(line.startswith("runs\t") for line in lines)
    assert any(line.startswith("success_rate\t") and "%" in line for line in lines)


def test_sums_of_money_are_told_to_the_cent_and_are_whole_in_csv(
    cli: Cli, sdk: CodegenClient, tmp_path: Path
) -> None:
    run_id = sdk.wait(
        sdk.create_agent_run("/say dear", agent="scripted").id, timeout=PATIENCE_SECONDS
    ).id
    text = sdk.export_agent_run(run_id, tmp_path / "out.jsonl").read_text()
    text = text.replace('"origin":"', '"origin":"dear').replace(
        '"agent":"scripted"', '"agent":"dear"'
    )
    cost = '"usage":{"cost":{"amount":12345.678,"currency":"USD"}}'
    text, number = re.subn(r'"usage":\{[^}]*\}', cost, text)
    assert number == 1
    (tmp_path / "dear.jsonl").write_text(text)
    dear = json.loads(cli("import", "dear.jsonl", "--json").out)[0]["runs"][0]["id"]
    assert "cost\t12,345.68 USD\t-" in cli("analytics", "--agent", "dear").out.splitlines()
    (row,) = csv.DictReader(io.StringIO(cli("analytics", "agents", "--agent", "dear", "--csv").out))
    assert json.loads(row["cost"]) == {"USD": 12345.678}
    assert "cost\t-\t12,345.68 USD" in cli("compare", run_id, dear).out.splitlines()


def test_every_table_can_be_shown(cli: Cli) -> None:
    for name in TABLES:
        done = cli("analytics", name)
        assert (done.code, done.err) == (0, ""), name


def test_two_forms_at_once_are_refused(cli: Cli) -> None:
    done = cli("analytics", "--csv", "--json")
    assert (done.code, done.err) == (2, "Give --csv or --json, not both.\n")
