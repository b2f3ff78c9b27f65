"""The command that says what happened in a run."""

import json

from agent_runs.client.blocking.client import CodegenClient
from tests.cli.calls import Cli
from tests.patience import PATIENCE_SECONDS


def test_the_insight_of_a_real_run_names_its_steps(cli: Cli, sdk: CodegenClient) -> None:
    task = sdk.run(
        "/write notes/a.txt hello\n"
        "/run echo '=== 1 failed, 2 passed in 0.1s ==='; exit 1\n/say done"
    )
    task.wait(timeout=PATIENCE_SECONDS)
    done = cli("insight", task.id)
    assert done.code == 0
    assert f"Run {task.id}: " in done.out
    assert "notes/a.txt +1 -0" in done.out
    assert "Tests FAILED: #" in done.out
    assert "First error: #" in done.out
    insight = json.loads(cli("insight", task.id, "--json").out)
    assert insight == sdk.get_agent_run_insight(task.id).model_dump(mode="json")
    assert insight["tests"][0]["runner"] == "pytest"


def test_a_run_that_is_not_there_is_told_in_one_line(cli: Cli) -> None:
    done = cli("insight", 9999)
    assert (done.code, done.err) == (1, "There is no agent run 9999.\n")
