"""Claude Code sessions that `codegen claude` reports: opened, filled line by line, ended."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from agent_runs.api.app import create_app
from agent_runs.models import JSON
from agent_runs.settings import Settings

pytestmark = pytest.mark.anyio
SESSIONS = "/v1/organizations/1/claude_code/session"
ID = "5f0c1c2e-8a52-4d0e-9b5c-0d6f7a0f3a11"
AT = "2026-02-03T10:00:00.000Z"


def line(kind: str, content: object, at: str = AT) -> dict[str, object]:
    return {"type": kind, "timestamp": at, "message": {"role": kind, "content": content}}


LINES = [
    line("user", "Mend the test"),
    line("assistant", [{"type": "thinking", "thinking": "Where is it?"}]),
    line("assistant", [{"type": "text", "text": "I look at it first."}]),
    line(
        "assistant",
        [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "pytest"}}],
    ),
    line(
        "user",
        [{"type": "tool_result", "tool_use_id": "t1", "content": "1 failed", "is_error": True}],
        "2026-02-03T10:00:02.500Z",
    ),
    line("assistant", [{"type": "text", "text": "It is mended."}]),
]


async def report(http: httpx.AsyncClient, *lines: object) -> None:
    for each in lines:
        taken = await http.post(f"{SESSIONS}/{ID}/log", json={"log": each})
        assert taken.status_code == 200, taken.text


async def entries(http: httpx.AsyncClient, run_id: int) -> list[dict[str, object]]:
    return (await http.get(f"/agent_runs/{run_id}/logs")).json()["logs"]


async def test_a_session_becomes_a_run_that_follows_it(http: httpx.AsyncClient) -> None:
    run_id = (await http.post(SESSIONS, json={"session_id": ID})).json()["agent_run_id"]
    again = (await http.post(SESSIONS, json={"session_id": ID})).json()
    assert again == {"agent_run_id": run_id, "status": "ACTIVE"}
    await http.post(f"{SESSIONS}/{ID}/status", json={"status": "ACTIVE"})
    await report(http, *LINES)
    await http.post(f"{SESSIONS}/{ID}/status", json={"status": "COMPLETE"})
    run = (await http.get(f"/agent_runs/{run_id}")).json()
    assert (run["status"], run["result"], run["title"]) == (
        "COMPLETE",
        "It is mended.",
        "Mend the test",
    )
    assert (run["source_type"], run["provider"], run["agent"]) == ("LOCAL", "claude_code", "claude")
    seen = await entries(http, run_id)
    assert [entry["message_type"] for entry in seen] == [
        "USER_MESSAGE",
        "PLAN_EVALUATION",
        "ACTION",
        "FINAL_ANSWER",
    ]
    action = seen[2]
    assert (action["tool_name"], action["tool_input"]) == ("Bash", {"command": "pytest"})
    assert action["tool_output"] == {"status": "failed", "error": "1 failed"}
    assert (action["thought"], action["duration_ms"]) == ("I look at it first.", 2500)
    assert (await http.get(f"{SESSIONS}/{ID}")).json()["agent_run_id"] == run_id


async def test_another_prompt_is_another_turn(http: httpx.AsyncClient) -> None:
    run_id = (await http.post(SESSIONS, json={"session_id": ID})).json()["agent_run_id"]
    await report(http, LINES[0], LINES[5])
    await http.post(f"{SESSIONS}/{ID}/status", json={"status": "COMPLETE"})
    await http.post(f"{SESSIONS}/{ID}/status", json={"status": "ACTIVE"})
    await report(http, line("user", "And the other one"))
    run = (await http.get(f"/agent_runs/{run_id}")).json()
    assert (run["status"], run["turn"]) == ("ACTIVE", 2)
    assert (await entries(http, run_id))[-1]["turn"] == 2


async def test_lines_that_come_after_the_end_are_kept(http: httpx.AsyncClient) -> None:
    run_id = (await http.post(SESSIONS, json={"session_id": ID})).json()["agent_run_id"]
    await report(http, LINES[0])
    await http.post(f"{SESSIONS}/{ID}/status", json={"status": "COMPLETE"})
    await report(http, LINES[5])
    assert (await http.get(f"/agent_runs/{run_id}")).json()["result"] == "It is mended."


async def test_a_restart_in_the_middle_of_a_tool_loses_nothing(
    settings: Settings, env_file: Path
) -> None:
    async def in_a_new_process(*lines: object) -> list[dict[str, object]]:
        made: FastAPI = create_app(settings, env_file=env_file)
        transport = httpx.ASGITransport(made)
        async with (
            made.router.lifespan_context(made),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as http,
        ):
            opened = (await http.post(SESSIONS, json={"session_id": ID})).json()
            assert opened["status"] == "ACTIVE"
            await report(http, *lines)
            return await entries(http, opened["agent_run_id"])

    await in_a_new_process(*LINES[:4])
    seen = await in_a_new_process(LINES[4])
    assert seen[-1]["tool_name"] == "Bash"
    assert seen[-1]["tool_input"] == {"command": "pytest"}


async def test_it_can_be_stopped_here_but_not_driven(http: httpx.AsyncClient) -> None:
    run_id = (await http.post(SESSIONS, json={"session_id": ID})).json()["agent_run_id"]
    queued = await http.post(f"/agent_runs/{run_id}/queue", json={"prompt": "more"})
    assert queued.status_code == 409
    stopped = (await http.post(f"/agent_runs/{run_id}/stop")).json()
    assert stopped["status"] == "CANCELLED"
    refused = await http.post(f"/agent_runs/{run_id}/resume", json={"prompt": "go on"})
    assert refused.status_code == 409
    assert f"claude --resume {ID}" in refused.json()["message"]


ODD_LINES: list[dict[str, JSON]] = [
    {},
    {"type": "summary", "summary": "short"},
    {"type": 7, "message": "x"},
    {"type": "user", "message": None},
    {"type": "assistant", "message": {"content": [7, None, {"type": "text"}]}},
    {"type": "user", "message": {"content": [{"type": "tool_result"}]}, "timestamp": "never"},
    {"type": "x" * 500, "deep": [[[{}]]], "nul": "a\x00b"},
]


@pytest.mark.parametrize("odd", ODD_LINES)
async def test_a_line_of_any_kind_is_taken(http: httpx.AsyncClient, odd: dict[str, JSON]) -> None:
    run_id = (await http.post(SESSIONS, json={"session_id": ID})).json()["agent_run_id"]
    await report(http, odd, LINES[5])
    await http.post(f"{SESSIONS}/{ID}/status", json={"status": "ERROR"})
    assert (await entries(http, run_id))[-1]["observation"] == "It is mended."


async def test_a_session_that_was_not_reported_is_a_404(http: httpx.AsyncClient) -> None:
    reports: dict[str, JSON] = {"status": {"status": "ACTIVE"}, "log": {"log": {}}}
    for path, body in reports.items():
        assert (await http.post(f"{SESSIONS}/unknown/{path}", json=body)).status_code == 404
    assert (await http.get(f"{SESSIONS}/unknown")).status_code == 404


@pytest.mark.parametrize(
    "at",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "1500-01-01T00:00:00",
        "-1",
        7,
        None,
    ],
)
async def test_a_clock_that_is_wrong_spoils_nothing(http: httpx.AsyncClient, at: object) -> None:
    run_id = (await http.post(SESSIONS, json={"session_id": ID})).json()["agent_run_id"]
    await report(http, *({**each, "timestamp": at} for each in LINES))
    ended = await http.post(f"{SESSIONS}/{ID}/status", json={"status": "COMPLETE"})
    assert ended.status_code == 200
    assert (await entries(http, run_id))[-1]["observation"] == "It is mended."


async def test_prompts_are_those_of_the_run_and_of_its_turns(http: httpx.AsyncClient) -> None:
    run_id = (await http.post(SESSIONS, json={"session_id": ID})).json()["agent_run_id"]
    await report(http, LINES[0], LINES[5])
    await http.post(f"{SESSIONS}/{ID}/status", json={"status": "COMPLETE"})
    await http.post(f"{SESSIONS}/{ID}/status", json={"status": "ACTIVE"})
    await report(http, line("user", "And the other one"))
    await http.post(f"{SESSIONS}/{ID}/status", json={"status": "COMPLETE"})
    turns = (await http.get(f"/agent_runs/{run_id}/turns")).json()["items"]
    assert [turn["prompt"] for turn in turns] == ["Mend the test", "And the other one"]
    assert [turn["result"] for turn in turns] == ["It is mended.", None]
    assert (await http.get(f"/agent_runs/{run_id}")).json()["prompt"] == "Mend the test"
    items = (await http.get("/agent_runs", params={"q": "mend test"})).json()["items"]
    assert [each["id"] for each in items] == [run_id]


async def test_a_long_answer_that_comes_after_the_end_is_whole(http: httpx.AsyncClient) -> None:
    run_id = (await http.post(SESSIONS, json={"session_id": ID})).json()["agent_run_id"]
    await report(http, LINES[0])
    await http.post(f"{SESSIONS}/{ID}/status", json={"status": "COMPLETE"})
    words = "First line\n" + "word " * 1000
    await report(http, line("assistant", [{"type": "text", "text": words}]))
    run = (await http.get(f"/agent_runs/{run_id}")).json()
    assert (run["result"], run["summary"]) == (words, "First line")


async def test_a_line_that_is_sent_again_is_taken_once(http: httpx.AsyncClient) -> None:
    run_id = (await http.post(SESSIONS, json={"session_id": ID})).json()["agent_run_id"]
    named = {**LINES[0], "uuid": "0c0ffee0-0000-4000-8000-000000000001"}
    await report(http, named, named)
    assert len(await entries(http, run_id)) == 1


async def test_what_the_program_says_itself_is_nobodys_prompt(http: httpx.AsyncClient) -> None:
    run_id = (await http.post(SESSIONS, json={"session_id": ID})).json()["agent_run_id"]
    await report(
        http,
        {**line("user", "<command-name>/clear</command-name>"), "isMeta": True},
        {**line("user", "Search for me"), "isSidechain": True},
        {**line("assistant", [{"type": "text", "text": "I found it"}]), "isSidechain": True},
        {**line("assistant", [{"type": "text", "text": "API Error"}]), "isApiErrorMessage": True},
    )
    await http.post(f"{SESSIONS}/{ID}/status", json={"status": "ERROR"})
    kinds = [entry["message_type"] for entry in await entries(http, run_id)]
    assert kinds == ["CLAUDE_CODE_META", "CLAUDE_CODE_SIDECHAIN", "PLAN_EVALUATION", "ERROR"]
    run = (await http.get(f"/agent_runs/{run_id}")).json()
    assert (run["prompt"], run["title"], run["result"]) == ("", "Claude Code session", None)
    assert (run["status"], run["status_reason"]) == ("ERROR", "client_error")
    assert "terminal" in run["error"]
