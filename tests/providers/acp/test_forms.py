"""Agents ask a person by a form, and get what the person filled in; nothing else answers it."""

from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest
from acp_parts import MemoryRecorder, odd_agent, provider, request, work

from agent_runs.models import JSON
from agent_runs.providers.acp.forms import form_of
from agent_runs.providers.base import FormAnswer, PermissionQuestion
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

ASKED: dict[str, Any] = {
    "mode": "form",
    "message": "Which database?",
    "requestedSchema": {
        "type": "object",
        "required": ["db"],
        "properties": {
            "db": {
                "type": "string",
                "title": "DB",
                "oneOf": [{"const": "SQLite", "title": "SQLite", "description": "a file"}],
            },
            "size": {"type": "integer", "default": 5},
            "fast": {"type": "boolean"},
            "parts": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
        },
    },
}


async def asked(
    home: Path, answer: FormAnswer | None, asks: dict[str, Any] = ASKED, policy: str = "allow"
) -> tuple[Any, MemoryRecorder]:
    """What the agent gets, and what was recorded."""

    async def fill_in(_: PermissionQuestion) -> FormAnswer | None:
        return answer

    recorder = MemoryRecorder(fill_in=fill_in)
    prompt = f"/request elicitation/create {orjson.dumps(asks).decode()}"
    with anyio.fail_after(PATIENCE_SECONDS):
        async with provider(home) as acp:
            outcome = await acp.work(request(prompt, permission_policy=policy), recorder)
    assert outcome.status == "COMPLETE", outcome.error
    return orjson.loads(outcome.result or "null"), recorder


@pytest.mark.parametrize("policy", ["allow", "reject", "ask"])
async def test_the_agent_gets_what_a_person_filled_in_under_every_policy(
    tmp_path: Path, policy: str
) -> None:
    content: dict[str, JSON] = {"db": "SQLite"}
    got, recorder = await asked(tmp_path, FormAnswer("accept", content), policy=policy)
    assert got == {"action": "accept", "content": {"db": "SQLite"}}
    (question,) = recorder.questions
    assert question.form is not None
    assert question.form.message == "Which database?"
    assert [(field.name, field.kind, field.required) for field in question.form.fields] == [
        ("db", "choice", True),
        ("size", "integer", False),
        ("fast", "yes_no", False),
        ("parts", "choices", False),
    ]
    assert question.form.fields[0].choices[0].description == "a file"
    assert question.form.fields[1].default == 5
    (action,) = recorder.of("ACTION")
    assert (action.tool_name, action.tool_input) == ("question", {"title": "Which database?"})
    assert action.tool_output is not None
    permission = {"choice": "accept", "kind": "allow_once", "policy": "ask", "answers": content}
    assert action.tool_output == {"status": "completed", "permission": permission}


@pytest.mark.parametrize(
    ("answer", "action", "status"),
    [
        (FormAnswer("decline"), "decline", "rejected"),
        (FormAnswer("cancel"), "cancel", "cancelled"),
        (None, "cancel", "cancelled"),
    ],
)
async def test_a_form_can_be_declined_dismissed_or_withdrawn(
    tmp_path: Path, answer: FormAnswer | None, action: str, status: str
) -> None:
    got, recorder = await asked(tmp_path, answer)
    assert got == {"action": action}
    (entry,) = recorder.of("ACTION")
    assert entry.tool_output is not None
    assert entry.tool_output["status"] == status


async def test_a_page_to_visit_is_a_form_with_an_address(tmp_path: Path) -> None:
    asks = {"mode": "url", "message": "Log in.", "url": "https://example.org/x"}
    got, recorder = await asked(tmp_path, FormAnswer("accept"), asks)
    assert got == {"action": "accept", "content": {}}
    form = recorder.questions[0].form
    assert form is not None
    assert (form.url, form.fields) == ("https://example.org/x", ())


@pytest.mark.parametrize(
    ("asks", "words"),
    [
        ({"mode": "url", "message": "Go", "url": "javascript:alert(1)"}, "web address"),
        ({"mode": "hologram", "message": "Go"}, "'hologram' is not supported"),
        (
            {"requestedSchema": {"properties": dict.fromkeys(map(str, range(51)), 0)}},
            "at most 50 fields",
        ),
        ({"requestedSchema": {"properties": {"n" * 300: 0}}}, "at most 200 characters"),
        (
            {"requestedSchema": {"properties": {"a": {"enum": ["x"] * 101}}}},
            "at most 100 choices",
        ),
    ],
)
def test_a_form_that_cannot_be_shown_is_refused(asks: dict[str, JSON], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        form_of(asks)


def test_malformed_forms_become_what_they_can_and_long_texts_are_cut() -> None:
    properties: dict[str, JSON] = {
        "a": "text",
        "b": {"type": ["string"], "title": 5, "description": "d" * 100_000},
        "c": {"type": "array", "items": "none", "default": {"x": 1}},
    }
    form = form_of({"message": ["?"], "requestedSchema": {"properties": properties, "required": 7}})
    assert [field.kind for field in form.fields] == ["text", "text", "choices"]
    assert len(form.fields[1].description) < 5000
    assert form.message


_QWEN = """
class Odd(Scripted):
    async def answer(self, method, params):
        if method != "session/prompt":
            return await super().answer(method, params)
        questions = [
            {"header": "DB", "question": "Which?", "options": [{"label": "SQLite"}]},
            {"header": "Parts", "question": "Which?", "multiSelect": True,
             "options": [{"label": "a"}, {"label": "b"}]},
        ]
        meta = {"qwenInteractionKind": "user_question", "qwenQuestions": questions}
        call = {"toolCallId": "1", "title": "Ask", "_meta": meta}
        options = [{"optionId": "go", "name": "Submit", "kind": "allow_once"},
                   {"optionId": "no", "name": "Cancel", "kind": "reject_once"}]
        question = {"sessionId": params["sessionId"], "toolCall": call, "options": options}
        got = await self.peer.request("session/request_permission", question)
        update = {"sessionUpdate": "agent_message_chunk",
                  "content": {"type": "text", "text": json.dumps(got)}}
        news = {"sessionId": params["sessionId"], "update": update}
        await self.peer.send({"method": "session/update", "params": news})
        return {"stopReason": "end_turn"}
"""


async def test_a_question_of_qwen_is_filled_in_and_never_answered_by_the_policy(
    tmp_path: Path,
) -> None:
    async def fill_in(_: PermissionQuestion) -> FormAnswer | None:
        return FormAnswer("go", {"0": "SQLite", "0_other": "on disk", "1": ["a", "b"]})

    agent = odd_agent(_QWEN)
    recorder = MemoryRecorder(fill_in=fill_in)
    with anyio.fail_after(PATIENCE_SECONDS):
        async with provider(tmp_path, agent) as acp:
            outcome = await acp.work(request("Go", agent="odd"), recorder)
    assert orjson.loads(outcome.result or "") == {
        "outcome": {"outcome": "selected", "optionId": "go"},
        "answers": {"0": "SQLite, on disk", "1": "a, b"},
    }
    form = recorder.questions[0].form
    assert form is not None
    kinds = [(field.name, field.kind) for field in form.fields]
    assert kinds == [("0", "choice"), ("0_other", "text"), ("1", "choices"), ("1_other", "text")]


async def test_a_question_of_qwen_that_nobody_answers_is_cancelled(tmp_path: Path) -> None:
    outcome, _ = await work(tmp_path, "Go", odd_agent(_QWEN), agent="odd")
    assert orjson.loads(outcome.result or "") == {"outcome": {"outcome": "cancelled"}}
