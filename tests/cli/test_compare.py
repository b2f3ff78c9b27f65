"""The command `compare`."""

import json

from agent_runs.client.blocking.client import CodegenClient
from tests.cli.calls import Cli
from tests.patience import PATIENCE_SECONDS


def test_two_runs_are_told_side_by_side(cli: Cli, sdk: CodegenClient) -> None:
    ids: list[int] = []
    for last in ("one", "two"):
        task = sdk.run(f"/write a.txt hello\n/run echo {last}\n/say done")
        task.wait(timeout=PATIENCE_SECONDS)
        ids.append(task.id)
    done = cli("compare", *ids)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == f"\tRun {ids[0]}\tRun {ids[1]}"
    assert "status\tCOMPLETE\tCOMPLETE" in lines
    assert "The runs part after 1 common step:" in lines
    assert f"    Run {ids[1]} " in done.out
    assert "= a.txt: added +1 -0 added +1 -0" in lines
    comparison = json.loads(cli("compare", *ids, "--json").out)
    assert comparison == sdk.compare_agent_runs(ids).model_dump(mode="json")


def test_one_run_alone_is_refused(cli: Cli) -> None:
    assert cli("compare", 1).code == 2
