"""The main journey on the command line, against a real server and the scripted agent."""

import base64
import io
import json
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from agent_runs.cli import runs
from agent_runs.client.blocking.client import CodegenClient
from agent_runs.errors import RunNotFound
from agent_runs.models import AgentRun, ProviderName
from tests.cli.calls import Cli
from tests.patience import PATIENCE_SECONDS


def test_a_run_from_its_start_over_resume_to_its_end(cli: Cli, sdk: CodegenClient) -> None:
    done = cli("run", "/say first words\n/run echo hi", "--follow", "--title", "Tale")
    assert done.code == 0
    assert done.out.startswith("Run ")
    run_id = int(done.out.split()[1])
    lines = done.out.splitlines()
    assert "Prompt /say first words" in lines[1]
    assert any("Action execute ok echo hi" in line for line in lines)
    assert lines[-1].startswith(f"Run {run_id} COMPLETE in ")

    shown = cli("show", run_id)
    assert "status             COMPLETE" in shown.out.splitlines()
    assert "title              Tale" in shown.out.splitlines()
    entries = json.loads(cli("logs", run_id, "--json").out)
    assert [entry["seq"] for entry in entries] == list(range(len(entries)))

    resumed = cli("resume", run_id, "/say more words", "--follow")
    assert resumed.code == 0
    assert "first words" not in resumed.out
    assert "Answer more words" in resumed.out
    assert sdk.get_agent_run(run_id).turn == 2


def test_a_run_can_be_given_to_the_providers_that_the_api_knows() -> None:
    choices = [get_args(kind) for kind in get_args(get_type_hints(runs.run)["provider"])]
    assert get_args(ProviderName) in choices


def test_a_run_that_fails_has_exit_code_1_and_says_why(cli: Cli) -> None:
    done = cli("run", "/crash 3", "--follow")
    assert done.code == 1
    assert "ERROR" in done.out
    assert "(agent crashed)" in done.out.splitlines()[-1]


def test_a_run_that_works_on_at_the_deadline_has_exit_code_124_and_is_not_stopped(
    cli: Cli, sdk: CodegenClient
) -> None:
    done = cli("run", "/sleep 60", "--wait", "--timeout", "0.5", "--metadata", "team=a b")
    run_id = int(done.out.split()[1])
    assert done.code == 124
    assert f"Run {run_id} is still working after 0.5 s." in done.err
    assert f"agent-runs stop {run_id}" in done.err
    assert sdk.get_agent_run(run_id).metadata == {"team": "a b"}
    stopped = cli("stop", run_id)
    assert stopped.code == 0
    assert stopped.out == f"Run {run_id} is being stopped.\n"
    assert sdk.wait(run_id, timeout=PATIENCE_SECONDS).status == "CANCELLED"
    assert cli("stop", run_id).out == f"Run {run_id} is CANCELLED.\n"
    watched = cli("logs", run_id, "--follow", "--timeout", str(PATIENCE_SECONDS))
    assert watched.code == 1
    assert watched.out.splitlines()[-1].endswith(" (stopped on request)")


def test_waiting_prints_the_result_and_json_prints_the_run(cli: Cli) -> None:
    done = cli("run", "/say the answer", "--wait")
    assert done.code == 0
    assert done.out.splitlines()[-1] == "the answer"
    run = json.loads(cli("run", "/say x", "--wait", "--json").out)
    assert (run["status"], run["result"]) == ("COMPLETE", "x")


def test_following_with_json_prints_entries_and_then_the_run_on_lines(cli: Cli) -> None:
    lines = cli("run", "/say x", "--follow", "--json").out.splitlines()
    *entries, run = [json.loads(line) for line in lines]
    assert entries[0]["message_type"] == "USER_MESSAGE"
    assert entries[-1]["message_type"] == "FINAL_ANSWER"
    assert (run["status"], run["log_count"]) == ("COMPLETE", len(entries))


def test_the_prompt_may_come_from_standard_input(
    cli: Cli, sdk: CodegenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("/say from a pipe\n"))
    run = json.loads(cli("run", "-", "--json").out)
    assert sdk.get_agent_run(run["id"]).prompt == "/say from a pipe\n"


def test_pictures_are_sent_as_data(cli: Cli, tmp_path: Path) -> None:
    pixel = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    picture = tmp_path / "pixel.png"
    picture.write_bytes(pixel)
    done = cli("run", "/image", "--image", picture, "--wait")
    assert done.code == 0
    assert "image/png" in done.out


def test_a_run_that_works_cannot_be_resumed(cli: Cli, sdk: CodegenClient) -> None:
    run_id = json.loads(cli("run", "/sleep 60", "--json").out)["id"]
    done = cli("resume", run_id, "/say x")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "then resume" in done.err
    sdk.stop_agent_run(run_id)
    # A stop is a stop: only who bans a run does not want to hear of it any more.
    assert sdk.get_agent_run(run_id)["muted"] is False


def test_a_mode_frames_the_prompt(cli: Cli, sdk: CodegenClient) -> None:
    run = json.loads(cli("run", "/say x", "--mode", "plan", "--json").out)
    assert sdk.get_agent_run(run["id"]).metadata["mode"] == "plan"


def test_the_list_has_one_line_per_run_for_other_programs(cli: Cli) -> None:
    first, second = (json.loads(cli("run", "/say x", "--json").out)["id"] for _ in range(2))
    lines = cli("list", "--limit", "2").out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [str(second), str(first)]
    assert lines[0].split("\t")[2] == "scripted"
    page = json.loads(cli("list", "--limit", "1", "--page", "2", "--json").out)
    assert [run["id"] for run in page["items"]] == [first]
    everything = json.loads(cli("list", "--all", "--json").out)
    assert everything["total"] == page["total"]
    assert cli("list", "--agent", "nobody").out == ""


def test_an_archived_run_is_listed_apart(cli: Cli) -> None:
    run_id = json.loads(cli("run", "/say x", "--wait", "--json").out)["id"]
    assert cli("archive", run_id).out == f"Run {run_id} is archived.\n"
    assert str(run_id) not in [line.split("\t")[0] for line in cli("list").out.splitlines()]
    archived = cli("list", "--archived").out
    assert str(run_id) in [line.split("\t")[0] for line in archived.splitlines()]
    assert cli("restore", run_id).out == f"Run {run_id} is back in the list.\n"


def test_entries_can_be_chosen(cli: Cli) -> None:
    prompt = "/run echo a\n/run exit 3\n/say done"
    run_id = json.loads(cli("run", prompt, "--wait", "--json").out)["id"]
    assert len(cli("logs", run_id, "--type", "action").out.splitlines()) == 2
    failed = cli("logs", run_id, "--failed").out.splitlines()
    assert len(failed) == 1
    assert "exit 3" in failed[0]
    followed = cli("logs", run_id, "--follow", "--type", "FINAL_ANSWER").out
    assert [line.split()[1] for line in followed.splitlines()[:-1]] == ["Answer"]
    assert cli("logs", run_id, "--tool", "nothing").out == ""


def test_a_question_of_the_agent_is_told_and_answered(cli: Cli, sdk: CodegenClient) -> None:
    run_id = json.loads(cli("run", "/ask May I?", "--policy", "ask", "--json").out)["id"]
    news = sdk.follow(run_id, timeout=PATIENCE_SECONDS)
    run = next(new for new in news if isinstance(new, AgentRun) and new.permission_id)
    news.close()
    assert "May I?" in cli("permissions", run_id).out
    answered = cli("answer", run_id, run.permission_id, "reject")
    assert answered.out == f"Answered: reject. Run {run_id} continues.\n"
    assert sdk.wait(run_id, timeout=PATIENCE_SECONDS).status == "COMPLETE"
    again = cli("answer", run_id, run.permission_id, "allow")
    assert (again.code, again.out) == (1, "")
    assert cli("permissions", run_id).out == f"Run {run_id} has no open questions.\n"


def test_what_a_run_changed_is_printed_as_it_is(cli: Cli, tmp_path: Path) -> None:
    run_id = json.loads(cli("run", "/write a.txt hello", "--wait", "--json").out)["id"]
    done = cli("diff", run_id)
    assert "+hello" in done.out.splitlines()
    assert json.loads(cli("diff", run_id, "--json").out)["files"][0]["path"] == "a.txt"


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["show", "999999"], 1, "There is no agent run 999999."),
        (["run", "  "], 2, "The prompt is empty: say what the agent should do."),
        (["run", "x", "--timeout", "3"], 2, "--timeout needs --follow or --wait."),
        (["run", "x", "--metadata", "novalue"], 2, "use KEY=VALUE"),
        (["run", "x", "--image", "missing.png"], 2, "cannot be read"),
        (["run", "x", "--agent", "nobody"], 2, "nobody"),
        (["run", "x", "--repo", "nowhere"], 2, "There is no repository 'nowhere'"),
        (["--url", "ftp://x", "list"], 2, "is not an address"),
        (["--url", "http://127.0.0.1:9", "list"], 1, "Start it with `agent-runs up`"),
    ],
)
def test_an_error_is_one_line_on_standard_error(
    cli: Cli, words: list[str], code: int, text: str
) -> None:
    done = cli(*words)
    assert (done.code, done.out) == (code, "")
    assert text in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["show"], ["show", "x"], ["run", "x", "--policy", "maybe"], ["nothing"]]
)
def test_a_wrong_command_line_has_exit_code_2(cli: Cli, words: list[str]) -> None:
    assert cli(*words).code == 2


def test_nothing_was_created_by_a_command_line_that_is_wrong(cli: Cli, sdk: CodegenClient) -> None:
    before = sdk.list_agent_runs(limit=1).total
    cli("run", "x", "--timeout", "3")
    cli("run", "x", "--repo", "nowhere")
    assert sdk.list_agent_runs(limit=1).total == before
    with pytest.raises(RunNotFound):
        sdk.get_agent_run(999999)
