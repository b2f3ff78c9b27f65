"""The command `analytics`."""

import csv
import io
import json

from agent_runs.analytics import TABLES


def test_the_key_figures_are_told_for_people_machines_and_spreadsheets(cli, sdk):
    task = sdk.run("/run exit 1\n/say done", mode="test")
    task.wait(timeout=60)
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
    told = cli("analytics").out.splitlines()
    assert any(line.startswith("runs\t") for line in told)
    assert any(line.startswith("success_rate\t") and "%" in line for line in told)


def test_every_table_can_be_shown(cli):
    for name in TABLES:
        done = cli("analytics", name)
        assert (done.code, done.err) == (0, ""), name


def test_two_forms_at_once_are_refused(cli):
    done = cli("analytics", "--csv", "--json")
    assert (done.code, done.err) == (2, "Give --csv or --json, not both.\n")
