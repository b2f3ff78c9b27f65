"""A row says what a person needs of a run, and never more than fits."""

from datetime import UTC, datetime, timedelta

import pytest

from agent_runs.dashboard.run.state import turn_line
from agent_runs.dashboard.runs.row import (
    LINE_LENGTH,
    Ask,
    AskField,
    PullRequestLink,
    RunRow,
    agent_of,
    ask_of,
    origin_of,
    row_of,
)
from agent_runs.dashboard.theme import LOOKS
from agent_runs.models import (
    JSON,
    AgentRun,
    AgentRunStatus,
    PullRequest,
    Turn,
)
from agent_runs.questions import (
    FormChoice,
    FormField,
    PermissionOption,
    PermissionRequest,
    QuestionForm,
)
from agent_runs.reading.run import reading_of

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def run(**fields: object) -> AgentRun:
    defaults = {"id": 7, "created_at": START, "agent": "codex", "status": "PENDING", **fields}
    return AgentRun.model_validate(defaults | reading_of(defaults))


def row(**fields: object) -> RunRow:
    return row_of(run(**fields), agents={"codex": "Codex"}, repos={3: "acme/shop"})


def question(state: str = "pending", **call: object) -> PermissionRequest:
    kinds = ("allow_once", "allow_always", "reject_once")
    return PermissionRequest(
        id=5,
        agent_run_id=7,
        turn=1,
        created_at=START,
        tool_call=dict(call),
        options=tuple(PermissionOption(option_id=f"o-{k}", name=k, kind=k) for k in kinds),
        state=state,
    )


def test_every_status_has_a_word_and_a_dot_or_none_on_purpose() -> None:
    assert set(LOOKS) == set(AgentRunStatus)
    assert len({look.word for look in LOOKS.values()}) == len(LOOKS)


def test_a_status_from_the_future_is_shown_as_it_is() -> None:
    assert row(status="WAITING_FOR_RAIN").look.word == "Waiting for rain"


def test_a_title_is_the_first_line_of_the_prompt_until_there_is_one() -> None:
    assert row(prompt="\n\n  Fix the login\nand more").title == "Fix the login"
    assert row(prompt="Fix", title="Login").title == "Login"
    assert row().title == "Run 7"


def test_long_texts_are_cut_and_folded_to_one_line() -> None:
    line = row(status="COMPLETE", result="a\nb " + "x" * 5000).line
    assert line.startswith("a b ")
    assert len(line) == LINE_LENGTH


def test_a_failed_run_tells_why_and_another_one_tells_its_result() -> None:
    texts = {"prompt": "Fix", "error": "No login", "summary": "Sum", "result": "Res"}
    assert (row(status="ERROR", **texts).line, row(status="ERROR", **texts).line_tone) == (
        "No login",
        "red",
    )
    assert (row(status="COMPLETE", **texts).line, row(status="COMPLETE").line_tone) == ("Sum", "")


def test_what_it_does_now_is_shown_while_it_does_it() -> None:
    assert row(status="ACTIVE", activity="Edits auth.py").activity == "Edits auth.py"
    assert row(status="COMPLETE", activity="Edits auth.py").activity == ""


def test_time_stands_still_only_for_what_has_ended() -> None:
    times = {"started_at": START, "finished_at": START + timedelta(seconds=9)}
    assert row(status="ACTIVE", **times).finished == ""
    assert row(status="COMPLETE", **times).finished == "2026-11-22T12:00:09+00:00"


def test_names_stand_for_ids_where_they_are_known() -> None:
    assert (row(repo_id=3).agent, row(repo_id=3).repo) == ("Codex", "acme/shop")
    assert (row(agent="mine").agent, row(repo_id=4).repo, row().repo) == (
        "mine",
        "Repository 4",
        "",
    )


def test_only_links_that_a_browser_may_open_are_links() -> None:
    hostile = PullRequest(id=1, title="x", url="javascript:alert(1)", created_at="")
    honest = PullRequest(id=2, title="Fix", url="https://git.example/2", created_at="")
    shown = row(github_pull_requests=[hostile, honest]).pull_requests
    assert shown == (PullRequestLink("#2", "Fix", "https://git.example/2"),)


def test_only_hosted_runs_have_a_page_elsewhere() -> None:
    assert row(provider="acp", upstream_id="9").hosted_url == ""
    page = "https://codegen.example/agent/trace/9"
    assert row(provider="codegen", upstream_id="9", upstream_url=page).hosted_url == page
    for hostile in ("javascript:alert(1)", "data:text/html,x", None):
        assert row(provider="codegen", upstream_id="9", upstream_url=hostile).hosted_url == ""


def test_a_hosted_run_without_a_prompt_is_called_by_its_summary() -> None:
    hosted = row(
        provider="codegen", agent=None, prompt="", title=None, summary="Task 7", result="All done"
    )
    assert (hosted.title, hosted.line, hosted.agent) == ("Task 7", "", "Codegen")


def test_an_imported_run_still_says_which_service_worked_on_it() -> None:
    imported = run(provider="codegen", agent=None, imported_at=START)
    assert (imported.place, agent_of(imported, {})) == ("imported", "Codegen")


@pytest.mark.parametrize(
    ("usage", "text"),
    [
        ({}, ""),
        ({"context_used": 0}, ""),
        ({"context_used": 948}, ""),
        ({"context_used": 948, "last_turn": {"totalTokens": 999}}, "999 tokens"),
        ({"summed": {"totalTokens": 1_234_000}}, "1.2M tokens"),
        ({"last_turn": {"totalTokens": 12_345}}, "12k tokens"),
        ({"last_turn": "none"}, ""),
    ],
)
def test_tokens_are_told_when_the_agent_told_them(usage: dict[str, JSON], text: str) -> None:
    assert row(usage=usage).tokens == text


def test_the_question_offers_the_least_that_lets_the_agent_go_on() -> None:
    ask = ask_of([question("answered"), question(title="Run", rawInput={"command": "rm -rf /"})])
    assert ask == Ask(5, "Run", "rm -rf /", allow="o-allow_once", reject="o-reject_once")
    assert ask_of([question("withdrawn")]) is None


def test_a_form_is_shown_whole_with_its_fields_and_only_a_web_address_to_open() -> None:
    choices = (FormChoice(value="a", title="A", description="first"), FormChoice(value="b"))
    fields = (
        FormField(name="size", kind="integer", default=5),
        FormField(name="part", kind="choice", title="Part", required=True, choices=choices),
    )
    form = QuestionForm(message="Which?\nTell me.", fields=fields, url="javascript:alert(1)")
    ask = ask_of([question().model_copy(update={"form": form})])
    assert ask is not None
    assert (ask.is_form, ask.text, ask.url) == (True, "Which?\nTell me.", "")
    size, part = ask.fields
    assert size == AskField("size", "integer", "size", "", "5", required=False, choices=())
    assert (part.label, part.required) == ("Part", True)
    assert part.choices == (("a", "A: first"), ("b", "b"))


def test_a_command_is_shown_whole_however_long_it_is() -> None:
    command = ["sh", "-c", "echo " + "y" * 3000]
    ask = ask_of([question(rawInput={"command": command})])
    assert ask is not None
    assert ask.target == " ".join(command)


def test_a_question_is_shown_only_while_the_run_waits_for_it() -> None:
    ask = ask_of([question(title="Run")])
    rows = [
        row_of(run(status=status), agents={}, repos={}, ask=ask) for status in ("PAUSED", "ACTIVE")
    ]
    assert [each.ask for each in rows] == [ask, None]


def test_a_result_in_markdown_is_previewed_without_its_marks() -> None:
    result = "## Done\n- a **unique** key in `delivery`, see [the docs](https://example.org/a)"
    assert row(summary=result).line == "Done a unique key in delivery, see the docs"
    assert row(status="ERROR", error="`pytest` exited 1").line == "`pytest` exited 1"


def test_an_imported_run_says_where_it_was_and_does_not_go_on() -> None:
    server = "0f" * 16
    at = {"imported_at": START}
    assert row(**at, origin=f"{server}:12").source == "Imported"
    assert not row(**at, origin=f"{server}:12").can_go_on
    assert row().can_go_on
    for origin, words in (
        (f"{server}:12", "run 12 on another server (0f0f0f0f…)"),
        ("claude_code:5c0f", "Claude Code session 5c0f"),
        ("claude_code:5c0f/a1", "Claude Code session 5c0f, agent a1"),
        ("odd", ""),
        (f"{server}:{'9' * 200}", f"run {'9' * 59}… on another server (0f0f0f0f…)"),
    ):
        assert origin_of(run(**at, origin=origin)) == words
    assert origin_of(run(origin=f"{server}:12")) == ""


def test_the_latest_turn_has_the_status_of_its_run() -> None:
    asking = run(status="PAUSED", turn=2)
    turns = [
        Turn(agent_run_id=7, turn=number, prompt="x", created_at=START, status=status)
        for number, status in ((1, "TIMEOUT"), (2, "ACTIVE"))
    ]
    lines = [turn_line(turn, asking) for turn in turns]
    assert [(line.look.word, line.look.dot) for line in lines] == [
        ("Timed out", "red"),
        ("Needs you", "amber"),
    ]
