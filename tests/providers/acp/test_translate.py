"""Recorded conversations of real agents, and made-up ones, become the right log entries."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from acp_updates import at, entries_of, say, think, tool, tool_update

from agent_runs.models import JSON, PermissionPolicy
from agent_runs.providers.acp.outcome import ending_of
from agent_runs.providers.acp.text import OUTPUT_LIMIT
from agent_runs.providers.acp.translate import Translator

RECORDINGS = Path(__file__).parents[2] / "recordings/acp"
NAMES = sorted(path.stem for path in RECORDINGS.glob("*.jsonl"))


def replay(name: str) -> dict[str, Any]:
    """Translate each phase of a recording; phase → entries, usage and the turn's status."""
    lines = (RECORDINGS / f"{name}.jsonl").read_text("utf-8").splitlines()
    rows: list[dict[str, JSON]] = [json.loads(line) for line in lines]
    phases = dict.fromkeys(row["phase"] for row in rows)
    return {
        phase: _replay(
            [row for row in rows if row["phase"] == phase],
            Translator(turn, "/runs/work", titled_by_tool=name.startswith("opencode")),
            "reject" if phase == "reject" else "allow",
        )
        for turn, phase in enumerate(phases, 1)
    }


def _replay(
    rows: list[dict[str, JSON]], translator: Translator, policy: PermissionPolicy
) -> dict[str, Any]:
    methods: dict[int, str] = {}
    questions: dict[int, dict[str, JSON]] = {}
    facts: dict[str, Any] = {}
    for row in rows:
        message, moment, outgoing = row["msg"], at(row["t"]), row["dir"] == "out"
        method = message.get("method")
        if outgoing and method and "id" in message:
            methods[message["id"]] = method
            if method in ("session/load", "session/resume"):
                translator.replay.begin()
        elif method == "session/update":
            translator.feed(message["params"]["update"], moment)
        elif method == "session/request_permission":
            questions[message["id"]] = message["params"]
        elif outgoing and message.get("id") in questions and method is None:
            choice = message["result"]["outcome"].get("optionId")
            translator.decide(questions.pop(message["id"]), choice, policy, moment)
        elif not outgoing and method is None:
            asked_method = methods.get(message["id"])
            if asked_method in ("session/load", "session/resume"):
                translator.replay.end()
            elif asked_method == "session/prompt":
                facts = _end(translator, message["result"], moment)
    return facts


def _end(translator: Translator, result: dict[str, JSON], moment: datetime) -> dict[str, Any]:
    ending = ending_of(result["stopReason"])
    translator.report_result(result)
    complete = ending.status == "COMPLETE"
    answer = translator.finish(
        moment,
        tools="unknown" if complete else "cancelled",
        answer=complete,
        error=ending.error,
    )
    entries = [entry.model_dump(mode="json", exclude_none=True) for entry in translator.entries]
    return {
        "status": str(ending.status),
        "answer": answer,
        "title": translator.changes.get("title"),
        "usage": translator.usage,
        "entries": entries,
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_conversation_becomes_these_entries(name: str) -> None:
    expected = json.loads((RECORDINGS / f"{name}.entries.json").read_text("utf-8"))
    assert replay(name) == expected


def test_the_recordings_name_no_folder_of_a_real_machine() -> None:
    for path in RECORDINGS.iterdir():
        text = path.read_text("utf-8").replace("/runs/work", "").replace("/runs/home", "")
        assert "/home/" not in text, path
        assert f"{Path.home()}/" not in text, path


def test_twenty_thousand_chunks_become_one_whole_answer() -> None:
    chunks = [f"chunk {number} " for number in range(20_000)]
    (answer,) = entries_of(*map(say, chunks))
    assert answer["observation"] == "".join(chunks).strip()


def test_text_before_a_tool_call_is_its_thought_and_the_rest_the_answer() -> None:
    action, answer = entries_of(
        think("I must look. "),
        say("I look."),
        tool("1", title="ls", kind="execute", rawInput={"command": "ls"}),
        tool_update("1", status="completed", rawOutput={"exit_code": 0, "output": "a\n"}),
        say("There is "),
        say("one file."),
    )
    assert action == {
        "created_at": "2026-11-22T12:00:02Z",
        "message_type": "ACTION",
        "turn": 1,
        "thought": "I must look.\n\nI look.",
        "tool_name": "execute",
        "tool_input": {"command": "ls"},
        "tool_output": {"status": "completed", "exit_code": 0},
        "observation": "a\n",
        "duration_ms": 1000,
    }
    assert answer["observation"] == "There is one file."


def test_a_tool_first_seen_in_a_permission_request_is_an_action() -> None:
    translator = Translator()
    tool_call = {"toolCallId": "write_file__1", "title": "Write a.txt", "status": "pending"}
    options = [{"optionId": "once", "kind": "allow_once"}]
    translator.decide({"toolCall": tool_call, "options": options}, "once", "ask", at(0))
    translator.feed(tool_update("write_file__1", status="completed"), at(2))
    (action,) = translator.entries
    assert action.tool_name == "write_file"
    assert action.duration_ms == 2000
    assert action.tool_output == {
        "status": "completed",
        "permission": {"choice": "once", "kind": "allow_once", "policy": "ask"},
    }


def test_a_permission_request_does_not_overwrite_the_input_of_the_call() -> None:
    translator = Translator()
    translator.feed(tool("1", title="write", rawInput={"filePath": "a"}), at(0))
    tool_call = {
        "toolCallId": "1",
        "rawInput": {"filepath": "a", "diff": "+x"},
        "status": "pending",
    }
    translator.decide({"toolCall": tool_call, "options": []}, None, "allow", at(1))
    translator.feed(tool_update("1", status="completed"), at(2))
    assert translator.entries[0].tool_input == {"filePath": "a"}


def test_an_id_that_comes_back_opens_a_new_call_but_late_decoration_does_not() -> None:
    first, second, _ = entries_of(
        tool("call_0", name="one", status="completed"),
        tool_update("call_0", name="late", status="completed"),
        tool("call_0", name="two", status="failed"),
    )
    assert [first["tool_name"], second["tool_name"]] == ["one", "two"]
    assert second["tool_output"] == {"status": "failed"}


def test_how_and_when_a_call_ended_that_is_never_closed_is_unknown() -> None:
    action, _ = entries_of(tool("1", title="endless", status="in_progress"))
    assert action["created_at"] == "2026-11-22T12:00:00Z"
    assert action["tool_output"] == {"status": "unknown"}
    assert "duration_ms" not in action


def test_empty_values_never_erase_full_ones() -> None:
    action, _ = entries_of(
        tool("1", name="Bash", title="ls", rawInput={"command": "ls"}),
        tool_update("1", name="", title="", rawInput={}, content=[], status="completed"),
    )
    assert action["tool_name"] == "Bash"
    assert action["tool_input"] == {"command": "ls"}


def test_a_plan_is_written_only_when_it_changed() -> None:
    steps = [
        {"content": "Look", "status": "completed"},
        {"content": "Write", "status": "in_progress"},
        {"content": "Sing", "status": "someday"},
    ]
    plan = {"sessionUpdate": "plan", "entries": steps}
    first, answer = entries_of(plan, plan)
    assert first["message_type"] == "PLAN_EVALUATION"
    assert first["observation"] == "1/3 done\n[x] Look\n[~] Write\n[ ] Sing"
    assert first["tool_output"] == {"entries": steps}
    assert answer["message_type"] == "FINAL_ANSWER"


def test_usage_is_kept_as_the_agent_reports_it() -> None:
    translator = Translator()
    translator.feed({"sessionUpdate": "usage_update", "used": 5, "size": 9}, at(0))
    cost = {"amount": 0.2, "currency": "USD"}
    translator.feed({"sessionUpdate": "usage_update", "used": 7, "size": 9, "cost": cost}, at(1))
    numbers = {"inputTokens": 10, "outputTokens": 2, "totalTokens": 12}
    for _ in range(2):
        translator.feed(say("", _meta={"usage": numbers}), at(2))
    translator.report_result({"_meta": {"quota": {"token_count": {"totalTokens": 99}}}})
    assert translator.usage == {
        "context_used": 7,
        "context_size": 9,
        "cost": cost,
        "summed": {"inputTokens": 20, "outputTokens": 4, "totalTokens": 24},
        "llm_calls": 2,
        "last_turn": {"totalTokens": 99},
    }
    assert translator.changes.get("usage") == translator.usage


def test_title_and_mode_are_taken_and_an_echo_of_the_prompt_is_not() -> None:
    translator = Translator()
    translator.feed({"sessionUpdate": "session_info_update", "title": "Fix it"}, at(0))
    translator.feed({"sessionUpdate": "current_mode_update", "currentModeId": "plan"}, at(0))
    echo = {"sessionUpdate": "user_message_chunk", "content": {"type": "text", "text": "Hi"}}
    translator.feed(echo, at(0))
    assert translator.finish(at(1), tools="completed", answer=True) is None
    assert translator.changes.get("title") == "Fix it"
    assert translator.usage == {"mode": "plan"}


def test_what_is_unknown_or_malformed_is_counted_and_harms_nothing() -> None:
    strange: list[dict[str, JSON]] = [
        {"sessionUpdate": "hologram", "update": 1},
        {"sessionUpdate": ["list"]},
        {"sessionUpdate": "plan", "entries": "none"},
        {"sessionUpdate": "plan", "entries": [1, None, {"content": 5}]},
        {"sessionUpdate": "agent_message_chunk", "content": [{"text": 5}]},
        {"sessionUpdate": "agent_message_chunk", "content": {"type": "image", "mimeType": "x/y"}},
        tool("1", title=5, kind=[], content={"a": 1}, locations=7, rawInput="text", _meta=[1]),
        tool_update("1", content=[None, {"type": "diff"}, {"type": "?"}], status=["done"]),
        tool_update("1", status="completed", rawOutput=[1, 2], _meta={"claudeCode": "x"}),
        {},
    ]
    translator = Translator()
    for update in strange:
        translator.feed(update, at(0))
    assert translator.finish(at(1), tools="completed", answer=True) is None
    assert translator.usage["unknown_updates"] == {"hologram": 1, "(none)": 2}
    action = next(entry for entry in translator.entries if entry.message_type == "ACTION")
    assert action.tool_input == {"title": "", "input": "text", "locations": 7}
    assert action.thought == "[image x/y]"
    assert action.observation == "[1, 2]"


def test_an_unknown_status_of_a_call_leaves_it_open() -> None:
    action, _ = entries_of(
        tool("1", title="a", status="resting"), tool_update("1", status="completed")
    )
    assert action["duration_ms"] == 1000


def test_history_that_an_agent_replays_is_ignored() -> None:
    translator = Translator()
    translator.replay.begin()
    translator.feed(say("old"), at(0))
    translator.feed(tool("1", title="old", status="completed"), at(0))
    translator.replay.end()
    translator.feed(say("new"), at(1))
    assert translator.finish(at(2), tools="completed", answer=True) == "new"
    assert len(translator.entries) == 1


def test_long_output_is_clipped_with_the_number_said() -> None:
    action, _ = entries_of(
        tool(
            "1",
            title="cat",
            status="completed",
            rawOutput="x" * 50_000,
            rawInput={"a": "y" * 20_000},
        )
    )
    assert "… 34000 characters left out …" in action["observation"]
    assert len(action["observation"]) < OUTPUT_LIMIT + 100
    assert "… 4000 characters left out …" in action["tool_input"]["a"]


def test_streamed_terminal_output_is_kept_with_its_exit_code() -> None:
    action, _ = entries_of(
        tool("1", title="make", kind="execute", status="in_progress"),
        tool_update("1", _meta={"terminal_output_delta": {"data": "one\n"}}),
        tool_update("1", _meta={"terminal_output_delta": {"data": "two\n"}}),
        tool_update("1", status="failed", _meta={"terminal_exit": {"exit_code": 2}}),
    )
    assert action["observation"] == "one\ntwo\n"
    assert action["tool_output"] == {"status": "failed", "exit_code": 2}


def test_an_emoji_that_arrives_in_halves_is_whole_again() -> None:
    (answer,) = entries_of(say("a\ud83d"), say("\ude00b\ud83d"))
    assert answer["observation"] == "a😀b\ufffd"


def test_messages_with_other_ids_are_paragraphs() -> None:
    (answer,) = entries_of(say("One.", messageId="1"), say("Two.", messageId="2"))
    assert answer["observation"] == "One.\n\nTwo."


def test_an_agent_that_jumps_between_thought_and_answer_is_folded() -> None:
    (answer,) = entries_of(*[kind(f"{n} ") for n in range(3000) for kind in (say, think)])
    assert answer["observation"].split() == [str(n) for n in range(3000)]
    assert answer["thought"].split() == [str(n) for n in range(3000)]


def test_an_error_stands_after_the_partial_answer() -> None:
    answer, error = entries_of(say("half"), error="It broke.")
    assert answer["observation"] == "half"
    assert error["message_type"] == "ERROR"
    assert error["observation"] == "It broke."


def test_no_half_of_a_secret_is_left_where_a_text_is_cut() -> None:
    translator = Translator(redact=lambda text: text.replace("hunter2", "•••"))
    cut = f"{'.' * 7997}hunter2{'.' * 20_000}"
    call = {"sessionUpdate": "tool_call", "toolCallId": "1", "title": "Look", "rawOutput": cut}
    translator.feed(call | {"rawInput": {"text": cut}}, at(0))
    for number, data in enumerate(["." * 7997, "hun", "ter2", "." * 20_000]):
        streamed = {"_meta": {"terminal_output_delta": {"data": data}}}
        update = {"sessionUpdate": "tool_call_update", "toolCallId": "2"} | streamed
        translator.feed(update, at(number))
    for letter in f"hunter2{'.' * 3996}":
        content = {"type": "text", "text": letter}
        translator.feed({"sessionUpdate": "agent_message_chunk", "content": content}, at(5))
    draft = translator.draft()
    translator.finish(at(6), tools="completed", answer=True)
    assert draft == ("answer", f"•••{'.' * 3996}")
    assert len(translator.entries) == 3
    stored = " ".join(str(entry.model_dump()) for entry in translator.entries)
    assert "hun" not in stored
    assert "ter2" not in stored
