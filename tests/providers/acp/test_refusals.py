"""A missing or wrong login ends every run in the same way, whatever the agent calls it."""

from dataclasses import replace
from pathlib import Path

import pytest
from acp_parts import (
    LIMITS_TO_TRY,
    PATIENT,
    MemoryRecorder,
    odd_agent,
    program,
    provider,
    request,
    work,
)

from agent_runs.providers.acp.refusals import is_about_login, is_answer_about_login

pytestmark = pytest.mark.anyio

ERRORS = {
    "gemini": (401, '{"error":{"message":"Incorrect API key provided: sk-x."}}'),
    "gemini, its own server": (400, "API key not valid. Please pass a valid API key."),
    "qwen": (-32603, "Internal error (401 Incorrect API key provided: sk-x.)"),
    "opencode": (-32603, "Internal error: Incorrect API key provided: sk-x."),
    "vibe": (-31002, "Invalid API key (from env var MISTRAL_API_KEY). Please check your API key"),
    "codex": (-32603, "unexpected status 401 Unauthorized: Incorrect API key provided"),
    "codex, old login": (-32603, "Your refresh token was already used. Please sign in again."),
}
ANSWERS = {
    "copilot": "Info: Request failed due to a transient API error. Retrying...Error: "
    "Authentication failed with provider at http://127.0.0.1/v1 (HTTP 401).",
    "claude": "Failed to authenticate. API Error: 401 Invalid authentication credentials",
    "claude, no login": "Not logged in · Please run /login",
    "claude, key": "Invalid API key · Fix external API key",
}
SAYS_HOW = """
class Odd(Scripted):
    async def answer(self, method, params):
        answer = await super().answer(method, params)
        if method == "initialize":
            answer["authMethods"] = [{"id": "x", "name": "X", "description": "Run `odd login`."}]
        return answer
"""


@pytest.mark.parametrize(("code", "text"), ERRORS.values(), ids=ERRORS)
async def test_a_wrong_key_ends_as_not_logged_in(tmp_path: Path, code: int, text: str) -> None:
    agent = odd_agent(SAYS_HOW, login_hint="set ODD_KEY")
    outcome, recorder = await work(tmp_path, f"/error {code} {text}", agent, agent="odd")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "not_logged_in")
    assert "To log in: set ODD_KEY." in (outcome.error or "")
    assert [entry.message_type for entry in recorder.entries] == ["ERROR"]


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_that_is_only_the_error_is_no_answer(tmp_path: Path, text: str) -> None:
    outcome, recorder = await work(tmp_path, f"/say {text}", odd_agent(SAYS_HOW), agent="odd")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "not_logged_in")
    assert outcome.result is None
    assert text in (outcome.error or "")
    assert [entry.message_type for entry in recorder.entries] == ["ERROR"]


async def test_an_agent_may_write_about_logins(tmp_path: Path) -> None:
    for prompt in (
        "/say I explained why the server says Invalid API key and is unauthorized.",
        "/write a.txt x\n/say API Error: 401 is what the page said.",
        "/error -32603 The build of the page failed",
    ):
        outcome, _ = await work(tmp_path, prompt)
        assert outcome.status_reason != "not_logged_in"


async def test_without_a_hint_of_ours_the_agents_own_sentence_is_shown(tmp_path: Path) -> None:
    outcome, _ = await work(tmp_path, "/error -32000 No", odd_agent(SAYS_HOW), agent="odd")
    assert "To log in: Run `odd login`." in (outcome.error or "")


async def test_an_agent_that_dies_for_want_of_a_login_is_not_logged_in(tmp_path: Path) -> None:
    source = "import sys; print('Not logged in. Please log in.', file=sys.stderr); sys.exit(1)"
    outcome, _ = await work(tmp_path, "Hi", program(source, login_hint="set X"), agent="odd")
    assert outcome.status_reason == "not_logged_in"
    assert "To log in: set X." in (outcome.error or "")


async def test_an_agent_that_never_opens_a_session_may_wait_for_a_login(tmp_path: Path) -> None:
    body = SAYS_HOW.replace(
        "        answer = await",
        '        if method == "session/new":\n'
        "            await asyncio.Event().wait()\n        answer = await",
    )
    for seconds in LIMITS_TO_TRY:
        limits = replace(PATIENT, start_seconds=seconds)
        async with provider(tmp_path, odd_agent(body), limits=limits) as acp:
            outcome = await acp.work(request("Hi", agent="odd"), MemoryRecorder())
        assert outcome.status_reason == "start_timeout"
        if "It may wait for a login: Run `odd login`." in (outcome.error or ""):
            break
    else:
        pytest.fail("the agent's sentence was not shown")


def test_only_the_start_of_a_long_text_is_looked_at() -> None:
    assert not is_about_login("x" * 1_000_000 + "invalid api key")
    assert not is_answer_about_login("x" * 1_000_000 + "\nAPI Error: 401")
