"""Whatever an agent sends, the run ends or goes on in a clear way, and what is stored is small."""

from pathlib import Path

import pytest
from acp_parts import odd_agent, work

pytestmark = pytest.mark.anyio

_SENDS = """
class Odd(Scripted):
    async def answer(self, method, params):
        if method == "session/prompt":
            for update in UPDATES:
                news = {"sessionId": params["sessionId"], "update": update}
                await self.peer.send({"method": "session/update", "params": news})
        return await super().answer(method, params)
"""


async def test_names_titles_and_ids_of_a_megabyte_are_cut(tmp_path: Path) -> None:
    agent = odd_agent(
        """
LONG = "n" * 1_000_000
UPDATES = [
    {"sessionUpdate": "tool_call", "toolCallId": LONG, "name": LONG, "title": LONG, "kind": LONG},
    {"sessionUpdate": "tool_call_update", "toolCallId": LONG, "status": "completed"},
    {"sessionUpdate": "session_info_update", "title": LONG},
    {"sessionUpdate": LONG, "text": LONG},
    {"sessionUpdate": "tool_call", "toolCallId": "2", "status": "completed",
     "rawInput": {LONG: {"list": list(range(100_000))}}},
]
"""
        + _SENDS
    )
    outcome, recorder = await work(tmp_path, "/say Fine", agent, agent="odd")
    assert outcome.result == "Fine"
    action, large = recorder.of("ACTION")
    assert "… 99000 more left out …" in str(large.tool_input)
    assert action.tool_name == "n" * 200
    assert action.tool_output == {"status": "completed"}
    assert len(str([entry.model_dump() for entry in recorder.entries])) < 50_000
    assert len(str(recorder.activities)) + len(str(recorder.run)) < 50_000


async def test_bytes_that_are_no_text_are_replaced(tmp_path: Path) -> None:
    agent = odd_agent("""
class Odd(Scripted):
    async def answer(self, method, params):
        if method == "session/prompt":
            about = {"sessionUpdate": "agent_message_chunk", "content": {"text": "a-b"}}
            news = {"sessionId": params["sessionId"], "update": about}
            line = json.dumps({"jsonrpc": "2.0", "method": "session/update", "params": news})
            os.write(1, line.encode().replace(b"a-b", b"a\\xff\\xc3b") + b"\\n\\xff\\xfe\\n")
        return await super().answer(method, params)
""")
    outcome, _ = await work(tmp_path, "/think", agent, agent="odd")
    assert outcome.result == "a\ufffd\ufffdb"


async def test_a_line_of_sixty_megabytes_ends_the_turn_and_says_why(tmp_path: Path) -> None:
    agent = odd_agent(
        """
UPDATES = [{"sessionUpdate": "agent_message_chunk", "content": {"text": "x" * 60_000_000}}]
"""
        + _SENDS
    )
    outcome, recorder = await work(tmp_path, "/say Fine", agent, agent="odd")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "protocol_error")
    assert "a line of more than 52,428,800 bytes" in str(outcome.error)
    assert [entry.message_type for entry in recorder.entries] == ["ERROR"]


@pytest.mark.parametrize(
    "answer",
    [
        '{"modes": "none", "configOptions": "none"}',
        '{"modes": {"availableModes": [1, None], "currentModeId": 5}, "configOptions": [[], 7]}',
        '{"modes": {"availableModes": {"id": "a"}}, "configOptions": [{"id": 1, "options": 5}]}',
    ],
)
async def test_modes_and_options_without_sense_harm_nothing(tmp_path: Path, answer: str) -> None:
    agent = odd_agent(f"""
class Odd(Scripted):
    async def answer(self, method, params):
        result = await super().answer(method, params)
        return {{**result, **{answer}}} if method == "session/new" else result
""")
    outcome, _ = await work(tmp_path, "/say Fine", agent, agent="odd")
    assert outcome.result == "Fine"
