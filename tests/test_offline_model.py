"""The scripted model: the same conversation in each dialect that agents speak."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.offline_model.agents import agents_file
from tests.offline_model.script import ANSWER, FILE, TEXT
from tests.offline_model.server import KEY, WRONG_KEY, OfflineModel, offline_model

ROOT = Path(__file__).parents[1]
DIALECTS = ("chat", "responses", "anthropic", "gemini")
SCHEMA = {
    "type": "object",
    "properties": {"command": {"type": "string"}, "description": {"type": "string"}},
}
WRITE = {
    "type": "object",
    "properties": {"file_path": {"type": "string"}, "content": {"type": "string"}},
}
Json = dict[str, Any]
# What was said: role and text, or the result of a tool; None is a picture of the person.
Talk = list[tuple[str, str | None]]


@pytest.fixture(scope="module")
def model() -> Generator[OfflineModel]:
    with offline_model() as served:
        yield served


def chat(talk: Talk, tools: dict[str, Json]) -> tuple[str, Json]:
    messages: list[Json] = []
    for who, text in talk:
        picture = [{"type": "image_url", "image_url": {"url": "data:"}}]
        messages.append({"role": who, "content": picture if text is None else text})
    functions = [
        {"type": "function", "function": {"name": name, "parameters": schema}}
        for name, schema in tools.items()
    ]
    return "/v1/chat/completions", {"model": "m", "messages": messages, "tools": functions}


def responses(talk: Talk, tools: dict[str, Json]) -> tuple[str, Json]:
    items: list[Json] = []
    for who, text in talk:
        if who == "tool":
            items.append({"type": "function_call_output", "call_id": "c", "output": text})
        else:
            part = {"type": "input_image"} if text is None else {"type": "input_text", "text": text}
            items.append({"role": who, "content": [part]})
    functions = [
        {"type": "function", "name": name, "parameters": schema} for name, schema in tools.items()
    ]
    return "/v1/responses", {"model": "m", "input": items, "tools": functions}


def anthropic(talk: Talk, tools: dict[str, Json]) -> tuple[str, Json]:
    messages: list[Json] = []
    for who, text in talk:
        part: Json = {"type": "image"} if text is None else {"type": "text", "text": text}
        if who == "tool":
            part = {"type": "tool_result", "tool_use_id": "c", "content": text}
        role = "user" if who == "tool" else who
        messages.append({"role": role, "content": [part]})
    functions = [{"name": name, "input_schema": schema} for name, schema in tools.items()]
    return "/v1/messages", {"model": "m", "messages": messages, "tools": functions}


def gemini(talk: Talk, tools: dict[str, Json]) -> tuple[str, Json]:
    contents: list[Json] = []
    for who, text in talk:
        part: Json = {"inlineData": {}} if text is None else {"text": text}
        if who == "tool":
            part = {"functionResponse": {"name": "x", "response": {"output": text}}}
        role = "model" if who == "assistant" else "user"
        contents.append({"role": role, "parts": [part]})
    functions = [{"name": name, "parametersJsonSchema": schema} for name, schema in tools.items()]
    body = {"contents": contents, "tools": [{"functionDeclarations": functions}]}
    return "/v1beta/models/m:generateContent", body


def ask(
    model: OfflineModel, dialect: str, talk: Talk, tools: dict[str, Json], key: str = KEY
) -> httpx.Response:
    path, body = globals()[dialect](talk, tools)
    headers = {"authorization": f"Bearer {key}"}
    return httpx.post(model.url + path, json=body, headers=headers)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_writes_then_looks_then_answers(model: OfflineModel, dialect: str) -> None:
    work = "The working directory: /w\n"
    talk: Talk = [("user", work), ("user", f"<added>by the agent</added> Write {FILE}")]
    tools: dict[str, Json] = {"write_file": WRITE, "run_shell_command": SCHEMA}
    answers: list[str] = []
    for _ in range(3):
        answers.append(ask(model, dialect, talk, tools).text)
        talk += [("assistant", "I use it"), ("tool", "ok")]
    assert f"/w/{FILE}" in answers[0]
    assert f"cat {FILE} && wc -l {FILE}" in answers[1]
    assert "".join(ANSWER) in answers[2]
    assert model.received[-1].prompt == f"Write {FILE}"
    assert model.received[-1].tools == ("write_file", "run_shell_command")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_remembers_what_was_said_before(model: OfflineModel, dialect: str) -> None:
    talk: Talk = [("user", "The codeword is BANANA."), ("assistant", "Noted.")]
    asked: Talk = [("user", "What is the codeword?")]
    assert "It is BANANA." in ask(model, dialect, talk + asked, {"bash": SCHEMA}).text
    assert "I do not know it." in ask(model, dialect, asked, {"bash": SCHEMA}).text


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_counts_images(model: OfflineModel, dialect: str) -> None:
    talk: Talk = [("user", None), ("user", "How many images do you see?")]
    assert "I see images: 1." in ask(model, dialect, talk, {"bash": SCHEMA}).text


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_refuses_a_wrong_key(model: OfflineModel, dialect: str) -> None:
    answer = ask(model, dialect, [("user", "hi")], {"bash": SCHEMA}, WRONG_KEY)
    assert answer.status_code in (400, 401)
    assert "error" in answer.json()


def test_requests_without_tools_get_a_short_text(model: OfflineModel) -> None:
    answer = ask(model, "chat", [("user", f"A title for: write {FILE}")], {})
    assert answer.json()["choices"][0]["message"]["content"] == "Hello from the offline model"


@pytest.mark.parametrize(
    ("prompt", "command"),
    [
        ("Run a slow command", "time.sleep"),
        ("Run a failing command", "exit 3"),
        ("Say hello and commit it", "git commit"),
        ("Say hello and push it", "git push"),
    ],
)
def test_words_of_the_prompt_choose_what_it_does(
    model: OfflineModel, prompt: str, command: str
) -> None:
    answer = ask(model, "chat", [("user", prompt)], {"Bash": SCHEMA})
    if "commit" in prompt:  # it is the second thing: without a tool to write, the first is a shell
        talk: Talk = [("user", prompt), ("tool", "ok")]
        answer = ask(model, "chat", talk, {"Bash": SCHEMA})
    (call,) = answer.json()["choices"][0]["message"]["tool_calls"]
    assert command in json.loads(call["function"]["arguments"])["command"]


def test_a_patch_is_written_where_there_is_no_tool_to_write_files(model: OfflineModel) -> None:
    _, body = responses([("user", f"Write {FILE}")], {})
    body["tools"] = [{"type": "custom", "name": "apply_patch"}]
    answer = httpx.post(f"{model.url}/v1/responses", json=body).json()
    (call,) = [item for item in answer["output"] if item["type"] == "custom_tool_call"]
    assert f"Add File: {FILE}\n+{TEXT.splitlines()[0]}" in call["input"]


def test_arguments_take_the_shape_that_the_tool_wants(model: OfflineModel) -> None:
    step = {"properties": {"step": {}, "status": {"enum": ["todo", "done"]}}}
    schema = {
        "properties": {"plan": {"type": "array", "items": {"$ref": "#/$defs/step"}}},
        "$defs": {"step": step},
    }
    answer = ask(model, "chat", [("user", f"Write {FILE}")], {"update_plan": schema})
    (call,) = answer.json()["choices"][0]["message"]["tool_calls"]
    plan = json.loads(call["function"]["arguments"])["plan"]
    assert plan[1] == {"step": f"Write {FILE}", "status": "todo"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_streams_say_the_same(model: OfflineModel, dialect: str) -> None:
    path, body = globals()[dialect]([("user", "Hello")], {"Bash": SCHEMA})
    path = path.replace(":generate", ":streamGenerate")
    answer = httpx.post(model.url + path, json={**body, "stream": True})
    assert answer.headers["content-type"] == "text/event-stream"
    lines = [line.removeprefix("data: ") for line in answer.text.splitlines() if "data: " in line]
    events = [json.loads(line) for line in lines if line != "[DONE]"]
    assert [word for word in ("Hello, ", "I am ") if not any(word in str(e) for e in events)] == []


def test_by_hand_it_prints_an_agents_file_and_shows_what_it_received() -> None:
    command = [sys.executable, "-IS", str(ROOT / "scripts/offline_model.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=os.sep) as process:
        assert process.stdout is not None
        name, _, path = process.stdout.readline().strip().partition("=")
        agents = tomllib.loads(Path(path).read_text("utf-8"))["agents"]
        url = agents["claude"]["env"]["ANTHROPIC_BASE_URL"]
        received = httpx.get(f"{url}/received").json()
        process.terminate()
    assert name == "export AGENT_RUNS_AGENTS_FILE"
    assert received == []
    assert agents == tomllib.loads(agents_file(url))["agents"]
