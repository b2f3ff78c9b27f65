"""The history that agents send again never becomes part of a turn, whenever they send it."""

from pathlib import Path

import pytest
from acp_parts import MODES, moded, odd_agent, work
from acp_updates import at, say, tool, tool_update

from agent_runs.models import JSON
from agent_runs.providers.acp.translate import Translator


def resumed(*history: dict[str, JSON], prompt: str = "Go on") -> Translator:
    """A translator that was told the history, and whose prompt was sent at second 0."""
    translator = Translator(2)
    translator.replay.begin()
    for update in history:
        translator.feed(update, at(-1))
    translator.replay.expect(prompt)
    return translator


def user(text: str) -> dict[str, JSON]:
    return {"sessionUpdate": "user_message_chunk", "content": {"type": "text", "text": text}}


def answer_of(translator: Translator) -> str | None:
    return translator.finish(at(99), tools="unknown", answer=True)


def test_what_comes_after_a_pause_is_new() -> None:
    translator = resumed(user("Begin"), say("Old."))
    translator.feed(say("New."), at(1))
    assert answer_of(translator) == "New."


def test_a_history_that_goes_on_after_the_prompt_was_sent_is_ignored() -> None:
    translator = resumed(user("Begin"))
    translator.feed(say("Old."), at(-0.9))
    translator.feed(tool("1", kind="edit", status="completed"), at(-0.5))
    translator.feed(say("Older."), at(-0.1))
    translator.feed(say("New."), at(3))
    assert answer_of(translator) == "New."
    assert len(translator.entries) == 1


def test_the_words_of_an_earlier_prompt_begin_a_history_that_comes_late() -> None:
    translator = resumed()
    for number, update in enumerate([user("Begin"), say("Old."), user("More"), say("Older.")]):
        translator.feed(update, at(number / 100))
    translator.feed(say("New."), at(5))
    assert answer_of(translator) == "New."


def test_our_own_prompt_ends_the_history_at_once() -> None:
    translator = resumed(user("Begin"), say("Old."))
    translator.feed(user("Go on"), at(-0.9))
    translator.feed(say("New."), at(-0.8))
    assert answer_of(translator) == "New."


def test_an_echo_of_the_prompt_in_parts_is_no_history() -> None:
    translator = resumed()
    translator.feed(user("Go "), at(1))
    translator.feed(user("on"), at(1))
    translator.feed(say("New."), at(1))
    assert answer_of(translator) == "New."


def test_news_about_the_session_are_no_history() -> None:
    for kind in ("available_commands_update", "config_option_update", "usage_update"):
        translator = resumed({"sessionUpdate": kind})
        translator.feed({"sessionUpdate": kind}, at(-0.9))
        translator.feed(say("New."), at(-0.8))
        assert answer_of(translator) == "New."


def test_words_of_a_user_are_no_history_in_a_session_that_is_new() -> None:
    translator = Translator()
    translator.replay.expect("Go")
    translator.feed(user("Something else"), at(0))
    translator.feed(say("New."), at(0))
    assert answer_of(translator) == "New."


def test_a_late_update_of_a_call_of_the_history_is_no_entry() -> None:
    translator = resumed(tool("1", title="ls", kind="execute"))
    translator.feed(tool_update("1", title="", status="completed"), at(5))
    translator.feed(tool("1", title="pwd", kind="execute", status="completed"), at(6))
    (again,) = translator.entries
    assert again.tool_input == {"title": "pwd"}


def test_a_question_shows_that_the_history_is_over() -> None:
    translator = resumed(say("Old."))
    question: dict[str, JSON] = {"toolCall": {"toolCallId": "1", "title": "rm"}, "options": []}
    translator.decide(question, None, "ask", at(-0.9))
    translator.feed(tool_update("1", status="failed"), at(-0.9))
    assert len(translator.entries) == 1


_GEMINI = """
class Odd(Scripted):
    def hello(self):
        hello = super().hello()
        hello["agentCapabilities"] = {"loadSession": True}
        return hello
    async def replay(self, session_id, count):
        for number in range(count):
            for update in (
                {"sessionUpdate": "user_message_chunk", "content": {"type": "text", "text": "Old"}},
                {"sessionUpdate": "tool_call", "toolCallId": f"c{number}", "status": "pending"},
                {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "X"}},
            ):
                news = {"sessionId": session_id, "update": update}
                await self.peer.send({"method": "session/update", "params": news})
    async def answer(self, method, params):
        if method == "session/load":
            self.late = asyncio.create_task(self.replay(params["sessionId"], COUNT))
            return self._restore(params)
        if method == "session/prompt" and hasattr(self, "late"):
            await self.late
            update = {"sessionUpdate": "tool_call_update", "toolCallId": "cLAST", "title": ""}
            news = {"sessionId": params["sessionId"], "update": {**update, "status": "completed"}}
            await self.peer.send({"method": "session/update", "params": news})
        return await super().answer(method, params)
"""


@pytest.mark.anyio
@pytest.mark.parametrize("count", [3, 17_000])
async def test_a_history_after_the_answer_to_load_is_no_part_of_the_turn(
    tmp_path: Path, count: int
) -> None:
    agent = odd_agent(_GEMINI.replace("COUNT", str(count)).replace("LAST", str(count - 1)))
    _, first = await work(tmp_path, "/say One", agent, agent="odd")
    session_id = first.run["session_id"]
    outcome, recorder = await work(
        tmp_path, "/say Two", agent, agent="odd", turn=2, session_id=session_id
    )
    assert outcome.result == "Two"
    assert recorder.of("ACTION") == []


@pytest.mark.anyio
async def test_an_answer_right_after_the_mode_was_set_again_is_kept(tmp_path: Path) -> None:
    agent = moded(
        MODES.replace(
            "            return {}\n",
            """\
            mode = {"sessionUpdate": "current_mode_update", "currentModeId": self.mode}
            news = {"sessionId": params["sessionId"], "update": mode}
            await self.peer.send({"method": "session/update", "params": news})
            return {}
""",
        )
    )
    reject = {"agent": "odd", "permission_policy": "reject"}
    _, first = await work(tmp_path, "/say One", agent, **reject)
    again = {**reject, "turn": 2, "session_id": first.run["session_id"]}
    outcome, _ = await work(tmp_path, "/say Two", agent, **again)
    assert str(outcome.result).startswith("Two")


@pytest.mark.anyio
async def test_a_session_that_could_not_be_taken_up_is_told_in_the_log(tmp_path: Path) -> None:
    agent = odd_agent("""
class Odd(Scripted):
    async def answer(self, method, params):
        if method == "session/resume":
            raise Refused(-32603, "No previous sessions found")
        return await super().answer(method, params)
""")
    _, recorder = await work(tmp_path, "Two", agent, agent="odd", turn=2, session_id="old")
    (notice,) = recorder.of("NOTICE")
    assert notice.tool_output == {"update": "session_lost"}
    assert "It said: No previous sessions found." in str(notice.observation)
