"""Agents that are missing, crash, hang, flood or break the protocol: one ERROR entry, no harm."""

import asyncio
import json
import logging
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from acp_parts import LIMITS_TO_TRY, MemoryRecorder, odd_agent, program, provider, request, work

from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.limits import AgentLimits
from agent_runs.providers.base import TurnOutcome
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


def without_secret(text: str) -> str:
    return text.replace("hunter2", "•••")


def told(recorder: MemoryRecorder, outcome: TurnOutcome) -> str:
    """The text of the one ERROR entry, which is the last entry and the outcome's error."""
    (error,) = recorder.of("ERROR")
    assert error is recorder.entries[-1]
    assert error.observation == outcome.error
    assert outcome.error
    assert "resume" in outcome.error
    return outcome.error


async def test_a_missing_program_says_how_to_install_it(tmp_path: Path) -> None:
    missing = AgentProfile(name="odd", command=("no-such-agent",), install_hint="pip install it")
    outcome, recorder = await work(tmp_path, "Hi", missing, agent="odd")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "agent_missing")
    text = told(recorder, outcome)
    assert "`no-such-agent` was not found on PATH; install: pip install it" in text


async def test_a_program_that_cannot_be_executed_is_missing_too(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nonsense")
    broken.chmod(0o755)
    outcome, recorder = await work(
        tmp_path / "home", "Hi", AgentProfile(name="odd", command=(str(broken),)), agent="odd"
    )
    assert outcome.status_reason == "agent_missing"
    told(recorder, outcome)


async def test_an_exit_before_initialize_tells_the_last_words(tmp_path: Path) -> None:
    agent = program("print('no longer maintained'); raise SystemExit(0)")
    outcome, recorder = await work(tmp_path, "Hi", agent, agent="odd")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "agent_crashed")
    text = told(recorder, outcome)
    assert "exit code 0" in text
    assert "no longer maintained" in text


async def test_a_crash_tells_exit_code_and_redacted_standard_error(tmp_path: Path) -> None:
    recorder = MemoryRecorder()
    async with provider(tmp_path, redact=without_secret) as acp:
        prompt = "/say Half\n/stderr my token is hunter2\n/search x\n/crash 7"
        outcome = await acp.work(request(prompt), recorder)
    assert outcome.status_reason == "agent_crashed"
    assert recorder.of("ACTION")[0].thought == "Half"
    text = told(recorder, outcome)
    assert "exit code 7" in text
    assert "my token is •••" in text
    assert "hunter2" not in text


async def test_no_half_of_a_secret_stands_where_the_last_words_begin(tmp_path: Path) -> None:
    recorder = MemoryRecorder()
    async with provider(tmp_path, redact=without_secret) as acp:
        outcome = await acp.work(request(f"/stderr hunter2{'.' * 1995}\n/crash 7"), recorder)
    assert "•••." in told(recorder, outcome)
    assert "ter2" not in told(recorder, outcome)


async def test_no_half_of_a_secret_stands_where_an_error_is_cut(tmp_path: Path) -> None:
    body = (
        "class Odd(Scripted):\n async def answer(self, *_):\n"
        "  raise Refused(-32603, '.' * 1996 + 'hunter2' + '.' * 100)"
    )
    recorder = MemoryRecorder()
    async with provider(tmp_path, odd_agent(body), redact=without_secret) as acp:
        outcome = await acp.work(request("Hi", agent="odd"), recorder)
    assert outcome.status_reason == "agent_error"
    assert "..•••" in told(recorder, outcome)
    assert "hun" not in told(recorder, outcome)


async def test_a_signal_is_named(tmp_path: Path) -> None:
    body = "class Odd(Scripted):\n async def answer(self, *_): os.kill(os.getpid(), 9)"
    outcome, recorder = await work(tmp_path, "Hi", odd_agent(body), agent="odd")
    assert "by signal 9" in told(recorder, outcome)


async def test_a_crash_with_an_open_tool_call_closes_it_as_failed(tmp_path: Path) -> None:
    source = (
        "scripted['Turn']._do_search = lambda self, _: self._update('tool_call',"
        " toolCallId='1', title='ls', status='in_progress')\n"
        "class Odd(Scripted): pass"
    )
    outcome, recorder = await work(tmp_path, "/search x\n/crash 1", odd_agent(source), agent="odd")
    assert recorder.of("ACTION")[0].tool_output == {"status": "failed"}
    told(recorder, outcome)


async def test_another_protocol_version_is_refused(tmp_path: Path) -> None:
    body = "class Odd(Scripted):\n def hello(self): return {'protocolVersion': 2}"
    outcome, recorder = await work(tmp_path, "Hi", odd_agent(body), agent="odd")
    assert outcome.status_reason == "protocol_version"
    assert "version 2" in told(recorder, outcome)


async def test_noise_on_standard_output_harms_nothing_and_is_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    noise = "\n".join(
        f"/noise {text}" for text in ("Hello!", "42", '["a"]', '"text"', "{half", "null")
    )
    with caplog.at_level(logging.DEBUG):
        outcome, recorder = await work(tmp_path, f"{noise}\n/say Fine")
    assert outcome.result == "Fine"
    assert [entry.message_type for entry in recorder.entries] == ["FINAL_ANSWER"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_an_agent_that_is_never_ready_reaches_the_start_limit(tmp_path: Path) -> None:
    silent = program("import time; time.sleep(600)")
    recorder = MemoryRecorder()
    async with provider(tmp_path, silent, limits=AgentLimits(start_seconds=0.3)) as acp:
        with anyio.fail_after(PATIENCE_SECONDS):
            outcome = await acp.work(request("Hi", agent="odd"), recorder)
    assert (outcome.status, outcome.status_reason) == ("TIMEOUT", "start_timeout")
    assert "not ready within 0.3 s" in told(recorder, outcome)


async def test_an_agent_that_reads_nothing_any_more_is_ended_all_the_same(tmp_path: Path) -> None:
    deaf = program(
        "import json, time\n"
        "for result in {'protocolVersion': 1}, {'sessionId': 's'}:\n"
        " answer = {'jsonrpc': '2.0', 'id': json.loads(input())['id'], 'result': result}\n"
        " print(json.dumps(answer), flush=True)\n"
        "time.sleep(600)"
    )
    recorder = MemoryRecorder()
    limits = AgentLimits(idle_seconds=0.4, grace_seconds=0.3)
    async with provider(tmp_path, deaf, limits=limits) as acp:
        with anyio.fail_after(PATIENCE_SECONDS):
            outcome = await acp.work(request("x" * 500_000, agent="odd"), recorder)
    assert (outcome.status, outcome.status_reason) == ("TIMEOUT", "idle_timeout")
    told(recorder, outcome)


@pytest.mark.parametrize(
    ("limit", "reason", "prompt"),
    [
        ("idle_seconds", "idle_timeout", "/say Half\n/silent"),
        ("turn_seconds", "time_limit", "/say Half\n/silent"),
        ("idle_seconds", "idle_timeout", "/say Half\n/stubborn\n/silent"),
    ],
)
async def test_limits_end_a_turn(tmp_path: Path, limit: str, reason: str, prompt: str) -> None:
    result: str | None = None
    for seconds in LIMITS_TO_TRY:
        recorder = MemoryRecorder()
        limits = replace(AgentLimits(grace_seconds=0.3), **{limit: seconds})
        async with provider(tmp_path / str(seconds), limits=limits) as acp:
            with anyio.fail_after(PATIENCE_SECONDS):
                outcome = await acp.work(request(prompt), recorder)
        assert (outcome.status, outcome.status_reason) == ("TIMEOUT", reason)
        assert f" {seconds} s" in told(recorder, outcome)
        result = outcome.result
        if result:
            break
    assert result == "Half"


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("max_tokens", "OUT_OF_TOKENS"),
        ("max_turn_requests", "MAX_ITERATIONS_REACHED"),
        ("refusal", "ERROR"),
        ("hologram", "ERROR"),
    ],
)
async def test_a_bad_stop_reason_is_an_error_after_the_partial_answer(
    tmp_path: Path, reason: str, status: str
) -> None:
    outcome, recorder = await work(tmp_path, f"/say Half\n/stop {reason}")
    assert outcome.status == status
    assert outcome.stop_reason == reason
    assert [entry.message_type for entry in recorder.entries] == ["FINAL_ANSWER", "ERROR"]
    told(recorder, outcome)


async def test_an_agent_that_cancels_by_itself_is_cancelled(tmp_path: Path) -> None:
    outcome, recorder = await work(tmp_path, "/stop cancelled")
    assert (outcome.status, outcome.status_reason) == ("CANCELLED", "cancelled_by_agent")
    assert recorder.entries == []


async def test_a_missing_login_says_how_to_log_in(tmp_path: Path) -> None:
    agent = odd_agent("class Odd(Scripted): pass", login_hint="set ODD_KEY")
    outcome, recorder = await work(tmp_path, "/error -32000 Please log in", agent, agent="odd")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "not_logged_in")
    assert "Please log in" in told(recorder, outcome)
    assert "set ODD_KEY" in told(recorder, outcome)


async def test_an_error_of_the_agent_is_told(tmp_path: Path) -> None:
    outcome, recorder = await work(tmp_path, "/error -32603 The model is on fire")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "agent_error")
    assert "The model is on fire [-32603]" in told(recorder, outcome)


async def test_a_session_without_an_id_is_a_broken_protocol(tmp_path: Path) -> None:
    body = """
class Odd(Scripted):
    async def answer(self, method, params):
        return {} if method == "session/new" else await super().answer(method, params)
"""
    outcome, recorder = await work(tmp_path, "Hi", odd_agent(body), agent="odd")
    assert outcome.status_reason == "protocol_error"
    told(recorder, outcome)


async def test_a_line_without_end_is_a_broken_protocol(tmp_path: Path) -> None:
    endless = program("import os\nwhile True: os.write(1, b'x' * 65536)")
    recorder = MemoryRecorder()
    async with provider(tmp_path, endless, limits=AgentLimits(line_bytes=1 << 20)) as acp:
        with anyio.fail_after(PATIENCE_SECONDS):
            outcome = await acp.work(request("Hi", agent="odd"), recorder)
    assert outcome.status_reason == "protocol_error"
    assert "1,048,576 bytes" in told(recorder, outcome)


async def test_a_flood_on_standard_error_does_not_stop_the_agent(tmp_path: Path) -> None:
    outcome, _ = await work(tmp_path, "/stderr 3000000\n/say Fine")
    assert outcome.result == "Fine"


async def test_images_for_an_agent_without_eyes_are_not_sent(tmp_path: Path) -> None:
    body = """
class Odd(Scripted):
    def hello(self):
        hello = super().hello()
        del hello["agentCapabilities"]["promptCapabilities"]
        return hello
"""
    image = "data:image/png;base64,aGk="
    for agent in (odd_agent(body), odd_agent("class Odd(Scripted): pass", images=False)):
        outcome, recorder = await work(tmp_path, "Hi", agent, agent="odd", images=(image,))
        assert (outcome.status, outcome.status_reason) == ("ERROR", "images_unsupported")
        told(recorder, outcome)


async def test_a_repository_that_is_not_there_is_told(tmp_path: Path) -> None:
    outcome, recorder = await work(tmp_path, "Hi", repo_url=str(tmp_path / "nowhere"))
    assert outcome.status_reason == "workspace_failed"
    assert "there is no folder" in told(recorder, outcome)


_LOADS = """
class Odd(Scripted):
    def hello(self):
        hello = super().hello()
        hello["agentCapabilities"]["loadSession"] = True
        return hello
    async def answer(self, method, params):
        if method == "session/resume":
            raise Refused(-32603, "No previous sessions found")
        if method == "session/load":
            {load}
        return await super().answer(method, params)
"""


async def test_resume_falls_back_to_load_whose_replayed_history_is_ignored(
    tmp_path: Path,
) -> None:
    load = """
            content = {"type": "text", "text": "said before"}
            for kind in ("user_message_chunk", "agent_message_chunk"):
                update = {"sessionUpdate": kind, "content": content}
                old = {"sessionId": params["sessionId"], "update": update}
                await self.peer.send({"method": "session/update", "params": old})
            return self._restore(params)"""
    agent = odd_agent(_LOADS.replace("{load}", load))
    _, first = await work(tmp_path, "/say One", agent, agent="odd")
    session_id = first.run["session_id"]
    outcome, second = await work(
        tmp_path, "/say Two", agent, agent="odd", turn=2, session_id=session_id, history="nothing"
    )
    assert second.run["session_id"] == session_id
    assert outcome.result == "Two"


async def test_a_load_that_is_offered_but_fails_becomes_a_new_session(tmp_path: Path) -> None:
    agent = odd_agent(_LOADS.replace("{load}", 'raise Refused(-32603, "Failed to load")'))
    outcome, recorder = await work(
        tmp_path, "Two", agent, agent="odd", turn=2, session_id="old", history="/say From history"
    )
    assert outcome.result == "From history"
    assert recorder.run["session_id"] != "old"


async def test_a_permission_asked_after_the_cancel_is_answered_cancelled(tmp_path: Path) -> None:
    body = """
class Odd(Scripted):
    def notified(self, method, params):
        asyncio.ensure_future(self._late(params["sessionId"]))
    async def _late(self, session_id):
        call = {"toolCallId": "1", "title": "Deploy"}
        asked = {"sessionId": session_id, "toolCall": call, "options": scripted["_OPTIONS"]}
        answer = await self.peer.request("session/request_permission", asked)
        with open("answer.json", "w") as file:
            json.dump(answer, file)
        os._exit(5)
"""
    recorder = MemoryRecorder()
    async with provider(tmp_path, odd_agent(body)) as acp, asyncio.TaskGroup() as tasks:
        turn = tasks.create_task(acp.work(request("/say x\n/silent", agent="odd"), recorder))
        await recorder.until(lambda told: told.drafts)
        await acp.cancel(1)
        assert (await turn).status == "CANCELLED"
    assert not recorder.of("ERROR")
    answer = (tmp_path / "runs/1/work/answer.json").read_text()
    assert json.loads(answer) == {"outcome": {"outcome": "cancelled"}}


async def test_unknown_requests_are_refused_and_the_turn_goes_on(tmp_path: Path) -> None:
    body = """
class Odd(Scripted):
    async def answer(self, method, params):
        if method == "session/prompt":
            said = []
            for asked in ("craft/drainMidTurnQueue", "fs/read_text_file", "terminal/output"):
                try:
                    await self.peer.request(asked, {"sessionId": params["sessionId"]})
                except Refused as refused:
                    said.append(str(refused.code))
            await self.peer.send({"method": "_auth/status_update", "params": {}})
            params["prompt"][0]["text"] = "/say " + " ".join(said)
        return await super().answer(method, params)
"""
    outcome, _ = await work(tmp_path, "Hi", odd_agent(body), agent="odd")
    assert outcome.result == "-32601 -32602 -32602"
