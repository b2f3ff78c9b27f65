"""What the entries of a run say about it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runs.insight import Insight, InsightReader
from agent_runs.models import JSON, AgentRun

BEGIN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RECORDINGS = Path(__file__).parents[1] / "recordings" / "acp"


def call(tool: str, at: float, ms: int = 100, **fields: JSON) -> dict[str, JSON]:
    return {
        "created_at": (BEGIN + timedelta(seconds=at)).isoformat(),
        "message_type": "ACTION",
        "turn": 1,
        "tool_name": tool,
        "tool_input": {},
        "tool_output": {"status": "completed"},
        "duration_ms": ms,
    } | fields


def bash(command: str, at: float, said: str = "", **fields: JSON) -> dict[str, JSON]:
    return call("bash", at, tool_input={"command": command}, observation=said, **fields)


def failed(code: int | None = None) -> dict[str, JSON]:
    return {"tool_output": {"status": "failed"} | ({} if code is None else {"exit_code": code})}


def error(text: str, at: float) -> dict[str, JSON]:
    return {
        "created_at": (BEGIN + timedelta(seconds=at)).isoformat(),
        "message_type": "ERROR",
        "turn": 1,
        "observation": text,
    }


def read(*entries: dict[str, JSON], **run: Any) -> Insight:
    defaults: dict[str, Any] = {"id": 7, "status": "COMPLETE", "created_at": BEGIN}
    reader = InsightReader(AgentRun(**defaults | run))
    for entry in entries:
        reader.feed(entry)
    return reader.insight()


def test_the_first_error_names_the_step_that_caused_it() -> None:
    insight = read(
        bash("ls", 0),
        bash("pip install x", 1, "Collecting x\nERROR: No matching distribution", **failed(1)),
        bash("pip install y", 2, "fine"),
    )
    assert insight.first_error is not None
    assert (insight.first_error.seq, insight.first_error.text) == (
        1,
        "ERROR: No matching distribution",
    )
    assert insight.first_cause is not None
    assert (insight.first_cause.seq, insight.first_cause.text) == (1, "pip install x")
    assert insight.last_error is None, "the run ended well"
    assert insight.outcome == "Complete."


def test_what_ended_a_run_leads_to_the_failed_step_before_it() -> None:
    insight = read(
        bash("make", 0, "boom", **failed(2)),
        call("read_file", 1, tool_input={"path": "a.py"}),
        error("The agent 'x' ended unexpectedly, with exit code 1.", 3),
        status="ERROR",
        error="The agent 'x' ended unexpectedly, with exit code 1.",
    )
    assert insight.last_error is not None
    assert insight.last_cause is not None
    assert (insight.last_error.seq, insight.last_cause.seq) == (2, 0)
    assert insight.outcome == "Failed: The agent 'x' ended unexpectedly, with exit code 1."


def test_without_a_failed_step_the_last_one_is_the_cause() -> None:
    insight = read(bash("sleep 9", 0), error("timed out", 9), status="TIMEOUT")
    assert insight.last_cause is not None
    assert insight.last_cause.text == "sleep 9"


def test_a_failure_of_a_former_turn_is_not_the_cause_of_this_one() -> None:
    insight = read(
        bash("make", 0, "boom", **failed(2)),
        error("refused", 3) | {"turn": 2},
        status="ERROR",
    )
    assert insight.last_error is not None
    assert insight.last_cause is None


def test_the_same_call_with_the_same_outcome_again_and_again_is_a_loop() -> None:
    stuck = [call("edit", at, tool_input={"path": "a", "old": "x"}, **failed()) for at in range(4)]
    insight = read(*stuck, bash("pytest", 9, "1 passed in 0.1s"))
    assert insight.is_loop
    (repeat,) = insight.repeats
    assert (repeat.tool_name, repeat.times, repeat.seqs) == ("edit", 4, (0, 1, 2, 3))
    assert repeat.failed


def test_the_same_command_with_other_outcomes_is_work() -> None:
    insight = read(*[bash("pytest", at, f"{at} passed in 0.1s") for at in range(5)])
    assert not insight.is_loop
    assert insight.repeats == ()


def test_the_longest_waits_come_first_and_say_for_whom() -> None:
    with_question = {"tool_output": {"status": "completed", "permission": {"policy": "ask"}}}
    insight = read(
        call("bash", 0, 2000, tool_input={"command": "make"}),
        call("bash", 30, 60_000, tool_input={"command": "rm -r build"}, **with_question),
        call("bash", 91, 10),
    )
    assert [(wait.kind, wait.duration_ms, wait.seq) for wait in insight.waits] == [
        ("person", 60_000, 1),
        ("model", 28_000, 1),
        ("tool", 2000, 0),
        ("model", 1000, 2),
    ]
    assert insight.waiting_ms == 60_000
    assert insight.tool_ms == 62_010
    assert insight.working_ms == 91_010


def test_calls_at_the_same_time_count_once_as_work() -> None:
    insight = read(call("read", 0, 2000), call("read", 0, 3000), call("read", 1, 500))
    assert (insight.tool_ms, insight.working_ms) == (5500, 3000)


def test_time_between_turns_is_nobodys_wait() -> None:
    insight = read(call("bash", 0, 100), call("bash", 9000, 100) | {"turn": 2})
    assert insight.waits == ()
    assert insight.working_ms == 200


def test_touched_files_come_from_diffs_and_else_from_what_was_written() -> None:
    diff = {"path": "src/a.py", "new_file": False, "unified": "--- a\n+++ b\n@@\n-x\n+y\n+z\n"}
    insight = read(
        call("edit", 0, tool_output={"status": "completed", "diffs": [diff]}),
        call("edit", 1, tool_output={"status": "completed", "diffs": [diff]}),
        call("write_file", 2, tool_input={"file_path": "b.txt"}),
        call("write_file", 3, tool_input={"file_path": "c.txt"}, **failed()),
        call("read_file", 4, tool_input={"file_path": "d.txt"}),
    )
    first, second = insight.files
    assert (first.path, first.changes, first.added, first.removed) == ("src/a.py", 2, 4, 2)
    assert (first.seqs, second.path, second.is_new) == ((0, 1), "b.txt", False)
    assert insight.files_total == 2


def test_a_file_that_is_changed_again_counts_once_however_many_files_there_are() -> None:
    edits = [call("edit", at, tool_input={"path": f"f{at % 300}"}) for at in range(900)]
    insight = read(*edits)
    assert (insight.files_total, len(insight.files)) == (300, 200)


def test_the_answer_of_a_hosted_agent_is_read_from_an_object() -> None:
    answer = call("", 60, message_type="FINAL_ANSWER", observation={"result": "Done"})
    assert read(bash("ls", 0), answer).waits[0].text == "Done"


def test_commands_and_tests_are_listed_with_their_results() -> None:
    insight = read(
        bash("pytest -q", 0, "1 failed, 2 passed in 0.1s", **failed(1)),
        call("exec", 1, tool_input={"command": ["cargo", "test"]}, observation="done"),
        bash("pytest -q", 2, "3 passed in 0.1s"),
    )
    assert [(each.command, each.exit_code, each.failed) for each in insight.commands] == [
        ("pytest -q", 1, True),
        ("cargo test", None, False),
        ("pytest -q", None, False),
    ]
    assert [(each.seq, each.runner, each.ok, each.failed) for each in insight.tests] == [
        (0, "pytest", False, 1),
        (2, "pytest", True, 0),
    ]
    assert insight.outcome == "Complete; its last tests passed."


def test_a_complete_run_whose_tests_failed_says_so() -> None:
    insight = read(bash("pytest", 0, "1 failed in 0.1s", **failed(1)))
    assert insight.outcome == "Complete, but its last tests failed."


@pytest.mark.no_cover  # see tests/conftest.py: it reads a hundred thousand entries
def test_a_run_of_any_length_takes_bounded_memory_and_keeps_exact_totals() -> None:
    reader = InsightReader(AgentRun(id=7, created_at=BEGIN, status="ACTIVE"))
    for at in range(50_000):
        reader.feed(call(f"write{at}", at, tool_input={"path": f"f{at}", "command": f"c{at}"}))
    insight = reader.insight()
    assert (insight.steps, insight.tool_calls) == (50_000, 50_000)
    assert insight.commands_total == 50_000
    assert insight.files_total == 50_000
    assert max(len(insight.files), len(insight.commands), len(insight.tools)) <= 200
    assert len(insight.model_dump_json()) < 200_000
    assert insight.outcome == "It has not ended yet."


@pytest.mark.parametrize("name", ["claude", "codex", "gemini", "opencode", "scripted"])
def test_recorded_conversations_of_real_agents_are_understood(name: str) -> None:
    conversations = json.loads((RECORDINGS / f"{name}.entries.json").read_text(encoding="utf-8"))
    conversation = conversations["new"]
    insight = read(
        *conversation["entries"], status=conversation["status"], usage=conversation["usage"]
    )
    calls = [entry for entry in conversation["entries"] if entry.get("tool_name")]
    assert insight.tool_calls == len(calls) > 0
    assert insight.steps == len(conversation["entries"])
    assert insight.commands_total > 0 or insight.files_total > 0


@pytest.mark.parametrize("odd", [2**70, "half a pair: \ud83d"])
def test_the_same_call_is_a_repeat_whatever_its_input_holds(odd: JSON) -> None:
    calls = [call("x", at, tool_input={"n": odd}) for at in range(3)]
    assert read(*calls).repeats[0].times == 3


texts = st.sampled_from(["", "x", "a\nb", "\0", "2026-11-22T12:00:00Z", "ERROR", "edit"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = [
    "created_at",
    "message_type",
    "turn",
    "thought",
    "tool_name",
    "tool_input",
    "tool_output",
    "observation",
    "duration_ms",
]


@pytest.mark.soak
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), values, max_size=9), max_size=6))
def test_whatever_an_entry_holds_there_is_an_insight(entries: list[dict[str, JSON]]) -> None:
    insight = read(*entries, status="ERROR")
    assert insight.steps == len(entries)
    assert Insight.model_validate_json(insight.model_dump_json()) == insight
