"""Turns of the scripted agent, a real process each, through the provider."""

import asyncio
import base64
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from acp_parts import LIMITS_TO_TRY, PATIENT, MemoryRecorder, odd_agent, provider, request, work

from agent_runs.errors import LostFence
from agent_runs.models import NewLog
from agent_runs.providers.acp.limits import AgentLimits
from agent_runs.providers.base import PermissionQuestion
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n0000").decode()


async def test_a_prompt_without_directives_becomes_a_report_in_the_workspace(
    tmp_path: Path,
) -> None:
    outcome, recorder = await work(tmp_path, "Look around")
    assert outcome.status == "COMPLETE"
    assert outcome.status_reason is None
    assert outcome.error is None
    assert outcome.stop_reason == "end_turn"
    assert (
        outcome.result == "I wrote a report on **Look around** to notes/REPORT.md and checked it."
    )
    kinds = [entry.message_type for entry in recorder.entries]
    assert kinds.count("ACTION") == 4
    assert kinds.count("PLAN_EVALUATION") == 5
    assert kinds[-1] == "FINAL_ANSWER"
    assert recorder.run["session_id"].startswith("sess_")
    assert recorder.run["branch"] == "run/1"
    assert len(recorder.run["base_commit"]) == 40
    assert recorder.run["sandbox"] == "none"
    assert recorder.run["activity"] is None
    assert (tmp_path / "runs/1/work/notes/REPORT.md").read_text().startswith("# Look around")
    assert not (tmp_path / "runs/1/agent.json").exists()


async def test_a_second_turn_resumes_the_session_and_finds_its_work(tmp_path: Path) -> None:
    _, first = await work(tmp_path, "/write a.txt one\n/say Done")
    outcome, second = await work(
        tmp_path, "And now?", turn=2, session_id=first.run["session_id"], history="never used"
    )
    assert outcome.status == "COMPLETE"
    assert second.run["session_id"] == first.run["session_id"]
    report = (tmp_path / "runs/1/work/notes/REPORT.md").read_text()
    assert "Turn 2 of the scripted agent." in report
    assert "- a.txt" in report
    assert {entry.turn for entry in second.entries} == {2}


async def test_a_lost_session_becomes_a_new_one_that_is_told_the_history(tmp_path: Path) -> None:
    outcome, recorder = await work(
        tmp_path, "/say Hello", turn=2, session_id="sess_lost", history="User: sing\n/say I sang."
    )
    assert outcome.result == "I sang.Hello"
    assert recorder.run["session_id"] != "sess_lost"


async def test_a_flood_arrives_whole_as_one_entry_while_drafts_are_shown(tmp_path: Path) -> None:
    outcome, recorder = await work(tmp_path, "/flood 20000")
    assert outcome.result == " ".join(f"chunk {number}" for number in range(20_000))
    (answer,) = recorder.entries
    assert answer.observation == outcome.result
    assert recorder.batches == 1
    assert 1 <= len(recorder.drafts) <= 100
    assert recorder.drafts[0][0] == "answer"
    assert max(len(text) for _, text in recorder.drafts) <= 4000
    assert "Writing" in recorder.activities


_MANY_TOOLS = """
class Odd(Scripted):
    async def answer(self, method, params):
        for number in range(5000 if method == "session/prompt" else 0):
            update = {"sessionUpdate": "tool_call", "toolCallId": str(number), "title": "step",
                      "status": "completed"}
            told = {"sessionId": params["sessionId"], "update": update}
            await self.peer.send({"method": "session/update", "params": told})
        return await super().answer(method, params)
"""


class SlowStore(MemoryRecorder):
    """Takes its time for each batch, as a busy database does."""

    largest = 0

    async def append(self, entries: Sequence[NewLog]) -> None:
        self.largest = max(self.largest, len(entries))
        await anyio.lowlevel.checkpoint()
        await super().append(entries)


async def test_a_flood_of_tool_calls_is_stored_whole_in_few_batches(tmp_path: Path) -> None:
    recorder = SlowStore()
    async with provider(tmp_path, odd_agent(_MANY_TOOLS)) as acp:
        with anyio.fail_after(PATIENCE_SECONDS):
            await acp.work(request("/say Done", agent="odd"), recorder)
    assert len(recorder.of("ACTION")) == 5000
    assert recorder.entries[-1].observation == "Done"
    assert recorder.largest <= 500
    assert recorder.batches < 1500


async def test_a_cancelled_run_is_cancelled_and_keeps_what_was_said(tmp_path: Path) -> None:
    recorder = MemoryRecorder()
    async with provider(tmp_path) as acp, asyncio.TaskGroup() as tasks:
        turn = tasks.create_task(acp.work(request("/say Half\n/sleep 60"), recorder))
        await recorder.until(lambda told: "sleep 60" in told.activities)
        for _ in range(3):
            await acp.cancel(1)
        with anyio.fail_after(PATIENCE_SECONDS):
            outcome = await turn
    assert outcome.status == "CANCELLED"
    assert outcome.status_reason == "stopped"
    assert outcome.error is None
    assert outcome.stop_reason == "cancelled"
    action = recorder.of("ACTION")[0]
    assert action.thought == "Half"
    assert action.tool_output == {"status": "cancelled"}
    assert not recorder.of("ERROR")


async def test_an_agent_that_ignores_cancel_is_killed_after_its_grace(tmp_path: Path) -> None:
    recorder = MemoryRecorder()
    limits = replace(PATIENT, grace_seconds=0.5)
    async with provider(tmp_path, limits=limits) as acp, asyncio.TaskGroup() as tasks:
        turn = tasks.create_task(acp.work(request("/stubborn\n/sleep 60"), recorder))
        await recorder.until(lambda told: "sleep 60" in told.activities)
        before = anyio.current_time()
        await acp.cancel(1)
        with anyio.fail_after(PATIENCE_SECONDS):
            outcome = await turn
        assert anyio.current_time() - before >= limits.grace_seconds
    assert outcome.status == "CANCELLED"


async def test_an_agent_that_says_end_turn_after_a_cancel_is_cancelled_all_the_same(
    tmp_path: Path,
) -> None:
    recorder = MemoryRecorder()
    async with provider(tmp_path) as acp, asyncio.TaskGroup() as tasks:
        turn = tasks.create_task(acp.work(request("/stubborn\n/sleep 0.5\n/say Bye"), recorder))
        await recorder.until(lambda told: "sleep 0.5" in told.activities)
        await acp.cancel(1)
        outcome = await turn
    assert (outcome.status, outcome.stop_reason) == ("CANCELLED", "end_turn")
    assert outcome.result == "Bye"


async def test_cancel_before_the_agent_starts_needs_no_agent(tmp_path: Path) -> None:
    recorder = MemoryRecorder()
    async with provider(tmp_path, start_slots=1) as acp, asyncio.TaskGroup() as tasks:
        blocking = tasks.create_task(acp.work(request("/silent", run_id=1), recorder))
        turn = tasks.create_task(acp.work(request("/say Hi", run_id=2), MemoryRecorder()))
        await recorder.until(lambda told: "Starting" in told.activities)
        await acp.cancel(2)
        assert (await turn).status == "CANCELLED"
        await acp.cancel(1)
        assert (await blocking).status == "CANCELLED"
        await acp.cancel(99)


async def test_a_cancelled_caller_still_ends_the_agent_and_stores_what_it_said(
    tmp_path: Path,
) -> None:
    recorder = MemoryRecorder()
    async with provider(tmp_path) as acp:
        turn = asyncio.ensure_future(acp.work(request("/say Half\n/silent"), recorder))
        await recorder.until(lambda told: told.drafts)
        turn.cancel()
        turn.cancel()
        await asyncio.wait({turn}, timeout=PATIENCE_SECONDS)
        assert turn.cancelled()
    assert recorder.of("FINAL_ANSWER")[0].observation == "Half"
    assert not (tmp_path / "runs/1/agent.json").exists()


async def test_a_cancelled_anyio_scope_ends_the_agent_too(tmp_path: Path) -> None:
    recorder = MemoryRecorder()
    async with provider(tmp_path) as acp, anyio.create_task_group() as tasks:
        tasks.start_soon(acp.work, request("/say Half\n/silent"), recorder)
        await recorder.until(lambda told: told.drafts)
        tasks.cancel_scope.cancel()
    assert recorder.of("FINAL_ANSWER")[0].observation == "Half"


@pytest.mark.parametrize(("policy", "written"), [("allow", True), ("reject", False)])
async def test_a_policy_answers_for_a_person(tmp_path: Path, policy: str, written: bool) -> None:
    outcome, recorder = await work(tmp_path, "/write a.txt hello", permission_policy=policy)
    assert outcome.status == "COMPLETE"
    assert (tmp_path / "runs/1/work/a.txt").exists() is written
    choice = {
        "choice": "allow" if written else "reject",
        "kind": f"{policy}_once",
        "policy": policy,
    }
    output = recorder.of("ACTION")[0].tool_output
    assert output is not None
    assert output["permission"] == choice
    assert output["status"] == ("completed" if written else "failed")
    assert not recorder.questions


@pytest.mark.parametrize(
    ("answer", "chosen", "said"),
    [
        ("always", "always", "It was allowed."),
        ("reject", "reject", "It was rejected."),
        (None, "reject", "It was rejected."),
        ("invented", "reject", "It was rejected."),
    ],
)
async def test_a_person_is_asked_and_no_answer_means_no(
    tmp_path: Path, answer: str | None, chosen: str, said: str
) -> None:
    async def answers(question: PermissionQuestion) -> str | None:
        assert question.tool_call["title"] == "Deploy"
        return answer

    recorder = MemoryRecorder(answers)
    async with provider(tmp_path) as acp:
        outcome = await acp.work(request("/ask Deploy", permission_policy="ask"), recorder)
    assert outcome.result == said
    output = recorder.of("ACTION")[0].tool_output
    assert output is not None
    assert output["permission"]["choice"] == chosen


async def test_a_question_is_withdrawn_by_a_cancel(tmp_path: Path) -> None:
    withdrawn = anyio.Event()

    async def never(_: PermissionQuestion) -> str | None:
        try:
            await anyio.sleep_forever()
        finally:
            withdrawn.set()

    recorder = MemoryRecorder(never)
    async with provider(tmp_path) as acp, asyncio.TaskGroup() as tasks:
        turn = tasks.create_task(
            acp.work(request("/ask Deploy", permission_policy="ask"), recorder)
        )
        await recorder.until(lambda told: told.questions)
        await acp.cancel(1)
        with anyio.fail_after(PATIENCE_SECONDS):
            outcome = await turn
    assert outcome.status == "CANCELLED"
    assert withdrawn.is_set()
    output = recorder.of("ACTION")[0].tool_output
    assert output is not None
    assert output["permission"]["choice"] is None


async def test_waiting_for_a_person_counts_for_no_limit(tmp_path: Path) -> None:
    ends: list[str] = []
    for seconds in LIMITS_TO_TRY:

        async def slowly(_: PermissionQuestion, longer: float = seconds + 0.5) -> str | None:
            with anyio.move_on_after(longer):
                await anyio.sleep_forever()
            return "allow"

        limits = AgentLimits(idle_seconds=seconds, turn_seconds=seconds)
        async with provider(tmp_path / str(seconds), limits=limits) as acp:
            turn = request("/ask Deploy", permission_policy="ask")
            outcome = await acp.work(turn, MemoryRecorder(slowly))
        if outcome.status == "COMPLETE":
            return
        ends.append(f"{outcome.status}: {outcome.error}")
    pytest.fail(f"it never completed: {ends}")


async def test_images_reach_an_agent_that_takes_them(tmp_path: Path) -> None:
    outcome, _ = await work(tmp_path, "/image", images=(f"data:image/png;base64,{PNG}",))
    assert outcome.result == "Got an image: image/png, 12 bytes."


async def test_agents_are_listed_with_the_reason_why_one_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    async with provider(tmp_path) as acp:
        agents = {agent.name: agent for agent in await acp.agents()}
    assert list(agents) == [
        "scripted",
        "claude",
        "codex",
        "opencode",
        "gemini",
        "qwen",
        "goose",
        "copilot",
        "vibe",
        "openhands",
    ]
    assert agents["scripted"].available
    assert agents["scripted"].images is True
    assert agents["codex"].reason == (
        "`codex-acp` was not found on PATH; install: npm install -g "
        "@agentclientprotocol/codex-acp (Node.js 22 or newer)"
    )


async def test_an_agent_that_is_no_longer_known_is_a_clear_error(tmp_path: Path) -> None:
    outcome, recorder = await work(tmp_path, "Hi", agent="gone")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "agent_missing")
    assert [entry.observation for entry in recorder.entries] == [outcome.error]


class FullStore(MemoryRecorder):
    """Refuses to store, as when another worker has taken the run over."""

    async def append(self, entries: Sequence[NewLog]) -> None:
        raise LostFence(f"taken over, {len(entries)} entries are too late")


async def test_when_the_store_refuses_the_agent_is_ended_and_the_caller_hears_why(
    tmp_path: Path,
) -> None:
    async with provider(tmp_path) as acp:
        with anyio.fail_after(PATIENCE_SECONDS), pytest.raises(LostFence):
            await acp.work(request("/search TODO\n/silent"), FullStore())
    assert not (tmp_path / "runs/1/agent.json").exists()


async def test_a_run_whose_folder_is_gone_has_no_files_and_no_changes(tmp_path: Path) -> None:
    recorder = MemoryRecorder()
    async with provider(tmp_path) as acp:
        await acp.work(request("/write a.txt hello"), recorder)
        assert [file.path for file in await acp.files(1)] == ["a.txt"]
        assert await acp.read_file(1, "a.txt") == b"hello\n"
        assert "+hello" in await acp.diff(1)
        shutil.rmtree(tmp_path / "runs/1")
        assert await acp.files(1) == []
        assert await acp.diff(1) == ""
