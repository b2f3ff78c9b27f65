"""Each question of an agent and its answer stand in the log, whatever the agent does around it."""

from pathlib import Path

import pytest
from acp_parts import odd_agent, work
from acp_updates import at, say, tool, tool_update

from agent_runs.models import JSON, NewLog
from agent_runs.providers.acp.translate import Translator

OPTIONS: list[JSON] = [
    {"optionId": "yes", "kind": "allow_once"},
    {"optionId": "no", "kind": "reject_once"},
]
NO: dict[str, JSON] = {"choice": "no", "kind": "reject_once", "policy": "ask"}
YES: dict[str, JSON] = {"choice": "yes", "kind": "allow_once", "policy": "ask"}


def ask(translator: Translator, choice: str | None, **tool_call: JSON) -> None:
    request: dict[str, JSON] = {"toolCall": tool_call, "options": OPTIONS}
    translator.decide(request, choice, "ask", at(0))


def actions(translator: Translator, tools: str = "completed") -> list[NewLog]:
    translator.finish(at(9), tools=tools, answer=True)
    return [entry for entry in translator.entries if entry.message_type == "ACTION"]


def outputs(entries: list[NewLog]) -> list[dict[str, JSON] | None]:
    return [entry.tool_output for entry in entries]


@pytest.mark.parametrize(
    ("choice", "status"), [("no", "rejected"), (None, "cancelled"), ("yes", "completed")]
)
def test_a_question_after_which_the_agent_says_nothing_is_an_entry(
    choice: str | None, status: str
) -> None:
    translator = Translator()
    content = [{"type": "content", "content": {"type": "text", "text": "Shall I?"}}]
    ask(translator, choice, toolCallId="1", title="rm -r x", kind="execute", content=content)
    (action,) = actions(translator)
    assert action.tool_name == "execute"
    assert action.tool_input == {"title": "rm -r x", "question": "Shall I?"}
    assert action.tool_output is not None
    assert action.tool_output["status"] == status
    assert action.tool_output["permission"]["choice"] == choice
    assert action.observation is None


def test_a_rejected_call_that_is_never_closed_is_rejected() -> None:
    translator = Translator()
    translator.feed(tool("1", title="rm", kind="execute"), at(0))
    ask(translator, "no", toolCallId="1")
    assert outputs(actions(translator)) == [{"status": "rejected", "permission": NO}]


@pytest.mark.parametrize(
    "question",
    [
        {"title": "Run it?", "rawInput": {"command": "make"}},
        {"title": "make", "kind": "execute"},
        {"title": "make"},
    ],
)
def test_a_question_under_an_id_of_its_own_belongs_to_the_call_that_it_describes(
    question: dict[str, JSON],
) -> None:
    translator = Translator()
    for number, command in enumerate(["ls", "make"]):
        call = tool(str(number), title=command, kind="execute", rawInput={"command": command})
        translator.feed(call, at(0))
    ask(translator, "no", toolCallId="confirm", **question)
    first, second = outputs(actions(translator))
    assert first == {"status": "completed"}
    assert second is not None
    assert second["status"] == "rejected"
    assert second["permission"]["choice"] == "no"


def test_one_question_about_a_batch_belongs_to_each_call_of_it() -> None:
    translator = Translator()
    translator.feed(tool("0", title="old", kind="read", status="completed"), at(0))
    translator.feed(tool("1", title="ls", kind="execute"), at(0))
    translator.feed(tool("2", title="a.txt", kind="edit"), at(0))
    ask(translator, "yes", toolCallId="c", title="Confirm Agent Actions", kind="other")
    for number in ("1", "2"):
        translator.feed(tool_update(number, status="completed"), at(1))
    decided = {"status": "completed", "permission": YES | {"question": "Confirm Agent Actions"}}
    assert outputs(actions(translator)) == [{"status": "completed"}, decided, decided]


def test_a_question_about_another_tool_is_an_entry_of_its_own() -> None:
    translator = Translator()
    translator.feed(tool("1", title="ls", kind="execute"), at(0))
    ask(translator, "no", toolCallId="c", title="Fetch x", kind="fetch", rawInput={"url": "x"})
    first, second = actions(translator)
    assert first.tool_output == {"status": "completed"}
    assert second.tool_input == {"url": "x"}
    assert second.tool_output == {"status": "rejected", "permission": NO}


def test_a_question_under_another_id_before_the_call_is_one_entry_with_it() -> None:
    translator = Translator()
    translator.feed(say("I run it."), at(0))
    ask(translator, "yes", toolCallId="q", title="Run?", kind="execute", rawInput={"command": "x"})
    translator.feed(tool("1", title="x", kind="execute", rawInput={"command": "x"}), at(1))
    translator.feed(tool_update("1", status="completed"), at(2))
    (action,) = actions(translator)
    assert action.thought == "I run it."
    assert action.tool_output == {"status": "completed", "permission": YES}


def test_the_last_answer_to_a_question_counts_and_the_earlier_ones_are_kept() -> None:
    translator = Translator()
    for choice in ("yes", None, "no"):
        ask(translator, choice, toolCallId="1", title="x")
    (output,) = outputs(actions(translator))
    earlier = ["allow_once", "cancelled"]
    assert output == {"status": "rejected", "permission": NO | {"earlier": earlier}}


def test_an_answer_that_came_after_a_cancel_leaves_the_call_cancelled() -> None:
    translator = Translator()
    translator.feed(tool("1", title="x", kind="execute"), at(0))
    ask(translator, None, toolCallId="1")
    translator.feed(tool_update("1", status="in_progress"), at(1))
    (output,) = outputs(actions(translator, tools="cancelled"))
    assert output is not None
    assert output["status"] == "cancelled"


def test_of_a_thousand_questions_each_is_one_entry_and_a_repeated_one_stays_small() -> None:
    translator = Translator()
    for number in range(1000):
        ask(translator, "no", toolCallId=f"q{number}", title=f"Do {number}", kind="execute")
        ask(translator, "yes", toolCallId="again", title="Again", kind="execute")
    entries = actions(translator)
    assert len({str(entry.tool_input) for entry in entries}) == 1001
    assert all(len(str(entry.tool_output)) < 1000 for entry in entries)


@pytest.mark.anyio
async def test_what_was_rejected_is_in_the_log_of_an_agent_that_then_says_nothing(
    tmp_path: Path,
) -> None:
    agent = odd_agent("""
class Odd(Scripted):
    async def answer(self, method, params):
        if method != "session/prompt":
            return await super().answer(method, params)
        call = {"toolCallId": "run__1", "title": "rm -r x", "kind": "execute"}
        options = [{"optionId": "no", "name": "No", "kind": "reject_once"}]
        question = {"sessionId": params["sessionId"], "toolCall": call, "options": options}
        await self.peer.request("session/request_permission", question)
        return {"stopReason": "end_turn"}
""")
    outcome, recorder = await work(tmp_path, "Go", agent, agent="odd", permission_policy="reject")
    assert outcome.status == "COMPLETE"
    (action,) = recorder.of("ACTION")
    assert action.tool_name == "run"
    assert action.tool_output is not None
    assert action.tool_output["status"] == "rejected"
