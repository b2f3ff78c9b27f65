"""`agents test` tries what an agent is promised to do, and says what does not hold."""

import json
from pathlib import Path

from tests.cli.calls import Cli
from tests.live_server import start_server


def test_all_promises_hold_with_the_scripted_agent(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    done = cli("agents", "test", "scripted", "--report", file)
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert (done.code, [line[0] for line in lines]) == (0, ["holds"] * 5), done
    report = json.loads(file.read_text("utf-8"))
    assert report["agent"]["name"] == "scripted"
    assert [each["detail"] for each in report["promises"]] == [""] * 5


def test_what_does_not_hold_is_named_with_its_reason(cli: Cli, tmp_path: Path) -> None:
    agents = tmp_path / "agents.toml"
    agents.write_text('[agents.broken]\ncommand = ["false"]\n')
    with start_server(tmp_path / "home", AGENT_RUNS_AGENTS_FILE=str(agents)) as server:
        done = cli("--url", server.url, "agents", "test", "broken")
    assert (done.code, done.out.count("fails\t"), done.out.count("unexpectedly")) == (1, 5, 5), done
    assert "--report FILE" in done.err


def test_an_agent_that_does_not_exist_or_is_missing_is_not_tried(cli: Cli) -> None:
    done = cli("agents", "test", "nobody")
    assert (done.code, "There is no agent 'nobody'" in done.err) == (2, True), done
