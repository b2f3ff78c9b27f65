"""The command `search`: lines in a pipe, colours and links on a terminal, explained mistakes."""

import json

import pytest

from agent_runs.client.blocking.client import CodegenClient
from agent_runs.errors import InvalidQuery
from agent_runs.reading.text import clean
from tests.cli.calls import Cli
from tests.patience import PATIENCE_SECONDS
from tests.screen import Command, Screen


@pytest.fixture(scope="module")
def run_id(sdk: CodegenClient) -> int:
    run = sdk.create_agent_run("/run echo marmalade toast\n/say I like marmalade", title="Tea")
    return sdk.wait(run.id, timeout=PATIENCE_SECONDS).id


def test_hits_are_lines_with_run_step_time_kind_tool_link_and_snippet(
    cli: Cli, sdk: CodegenClient, run_id: int
) -> None:
    lines = [line.split("\t") for line in cli("search", "marmalade toast").out.splitlines()]
    steps = {log.seq: log for log in sdk.iter_agent_run_logs(run_id)}
    assert lines
    for run, seq, _, kind, tool, url, snippet in lines:
        assert run == str(run_id)
        assert "marmalade toast" in snippet
        if seq:
            assert (kind, tool) == (steps[int(seq)].message_type, steps[int(seq)].tool_name or "")
            assert url.endswith(f"/runs/{run_id}?step={seq}")
        else:
            assert kind == "RUN"


def test_json_is_what_the_api_answers(cli: Cli, sdk: CodegenClient, run_id: int) -> None:
    found = json.loads(cli("search", "marmalade", "--json", "--limit", "1").out)
    assert found["items"][0]["run"]["name"] == "Tea"
    assert found["next_cursor"]
    lines = cli("search", "marmalade", "--all", "--json").out.splitlines()
    hits = [hit for line in lines for hit in json.loads(line)["hits"]]
    assert len(hits) == found["total"]
    assert len(cli("search", "--all", "marmalade").out.splitlines()) == found["total"]


def test_words_need_no_quotes_of_the_shell(cli: Cli, run_id: int) -> None:
    assert cli("search", "type:answer", "marmalade").out.count("\n") == 1
    assert cli("search", "type:answer", "--", "marmalade", "-like").out == ""


def test_fields_and_their_values_are_listed(cli: Cli, run_id: int) -> None:
    fields = {line.split("\t")[0]: line for line in cli("search", "--fields").out.splitlines()}
    assert "scripted" in fields["agent:claude"]
    assert json.loads(cli("search", "--fields", "--json").out)[0]["name"] == "tool"


def test_a_mistake_has_exit_code_2_and_says_what_is_wrong(cli: Cli, sdk: CodegenClient) -> None:
    done = cli("search", "status:eror")
    assert (done.code, done.out) == (2, "")
    assert "Did you mean error?" in done.err
    with pytest.raises(InvalidQuery) as caught:
        sdk.search("a status:eror")
    assert caught.value.position == 9
    assert cli("search").code == 2


def test_on_a_terminal_hits_are_marked_and_linked(
    command: Command, sdk: CodegenClient, run_id: int
) -> None:
    screen = Screen(command, "search", "marmalade")
    assert screen.close() == 0
    assert "\x1b[1;33mmarmalade\x1b[0m" in screen.text
    assert f"{sdk.get_agent_run(run_id).web_url}?step=" in screen.text
    assert " hits" in screen.text


def test_on_a_terminal_a_mistake_is_pointed_at(command: Command) -> None:
    screen = Screen(command, "search", "tea status:eror")
    assert screen.close() == 2
    lines = clean(screen.text).splitlines()
    at = lines.index("  tea status:eror")
    assert lines[at + 1] == "  " + " " * len("tea status:") + "^"


def test_steps_of_one_run_are_found_by_text_or_pattern_with_their_neighbours(
    cli: Cli, sdk: CodegenClient, run_id: int
) -> None:
    def seqs(*options: str) -> list[int]:
        return [step["seq"] for step in json.loads(cli("logs", run_id, "--json", *options).out)]

    number = sdk.get_agent_run(run_id).log_count
    (answer,) = seqs("--grep", "i LIKE", "--type", "FINAL_ANSWER")
    assert answer == number - 1
    assert seqs("--grep", "I like", "--type", "FINAL_ANSWER", "--context", "2") == [
        answer - 2, answer - 1, answer,
    ]  # fmt: skip
    assert seqs("--grep", "^i l[a-z]+ m", "--regex") == [answer]
    assert seqs("--grep", "nothing of it") == []
    for options in (["--regex"], ["-C", "2"], ["--grep", "x", "--follow"]):
        assert cli("logs", run_id, *options).code == 2
    done = cli("logs", run_id, "--grep", "a(", "--regex")
    assert (done.code, done.out) == (2, "")
    assert "cannot be read" in done.err


def test_a_view_is_saved_used_replaced_and_removed(
    cli: Cli, sdk: CodegenClient, run_id: int
) -> None:
    saved = json.loads(cli("view", "save", "toasts", "marmalade", "--json").out)
    assert cli("search", "--view", "toasts", "--all").out == cli("search", "marmalade", "--all").out
    narrowed = cli("search", "--view", "toasts", "type:answer").out
    assert narrowed == cli("search", "marmalade type:answer").out
    replaced = json.loads(cli("view", "save", "toasts", "toast", "--json").out)
    assert (replaced["id"], replaced["query"]) == (saved["id"], "toast")
    cli("view", "save", "broken", "status=ERROR", "--kind", "runs")
    lines = [line.split("\t")[1:] for line in cli("view", "list").out.splitlines()]
    assert ["search", "toasts", "toast"] in lines
    assert ["runs", "broken", "status=ERROR"] in lines
    assert cli("view", "remove", "toasts").out == f"Removed view {saved['id']}.\n"
    assert cli("view", "remove", "broken", "--json").code == 0
    assert cli("search", "--view", "toasts").code == 2
    assert sdk.list_views() == []
    assert cli("view", "save", "bad", "status:eror").code == 2
