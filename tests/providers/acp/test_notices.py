"""What agents tell beside their work is an entry of its own, and never a part of the answer."""

from pathlib import Path
from typing import Any

import pytest
from acp_parts import odd_agent, work
from acp_updates import at, entries_of, say, think, tool

from agent_runs.models import JSON
from agent_runs.providers.acp.translate import Translator


def kinds_and_texts(*updates: dict[str, JSON]) -> list[tuple[str, str]]:
    entries = entries_of(*updates)
    return [(entry["message_type"], entry["observation"]) for entry in entries]


def notices(*updates: dict[str, JSON]) -> list[dict[str, Any]]:
    return [entry for entry in entries_of(*updates) if entry["message_type"] == "NOTICE"]


def test_a_chunk_without_a_message_id_after_an_answer_that_has_one_is_no_part_of_it() -> None:
    assert kinds_and_texts(
        say("It is ", messageId="1"),
        say("done.", messageId="1"),
        say("**Warning:** "),
        say("We change the mode."),
    ) == [("NOTICE", "**Warning:** We change the mode."), ("FINAL_ANSWER", "It is done.")]


def test_a_remark_before_or_within_an_answer_does_not_split_it() -> None:
    assert kinds_and_texts(
        say("Retrying..."),
        say("It is ", messageId="1"),
        say("Info: slow."),
        say("done.", messageId="1"),
    ) == [("NOTICE", "Retrying..."), ("NOTICE", "Info: slow."), ("FINAL_ANSWER", "It is done.")]


def test_a_remark_before_a_tool_call_is_no_part_of_its_thought() -> None:
    notice, action, _ = entries_of(
        say("I look.", messageId="1"), say("Warning."), tool("1", kind="read", status="completed")
    )
    assert (notice["message_type"], notice["observation"]) == ("NOTICE", "Warning.")
    assert notice["created_at"] == "2026-11-22T12:00:01Z"
    assert action["thought"] == "I look."


def test_an_agent_without_message_ids_makes_no_remarks() -> None:
    assert kinds_and_texts(say("One. "), think("Hm."), say("Two.")) == [
        ("FINAL_ANSWER", "One.\n\nTwo.")
    ]


def test_no_flood_of_remarks_is_stored_and_the_answer_stays_whole() -> None:
    updates = [
        say(f"{number} ", **fields)
        for number in range(5000)
        for fields in ({"messageId": str(number)}, {})
    ]
    entries = entries_of(*updates)
    assert len(entries) < 300
    assert entries[-1]["observation"].split() == [str(number) for number in range(5000)]


def test_a_notice_is_an_entry_with_its_severity() -> None:
    notice = {"sessionUpdate": "notice", "severity": "warning", "title": "Slow", "description": "!"}
    (entry,) = notices(notice, say("Done."))
    assert entry["observation"] == "Slow\n\n!"
    assert entry["tool_output"] == {"severity": "warning"}


def test_a_compaction_is_one_entry_when_it_ends() -> None:
    about: dict[str, JSON] = {"sessionUpdate": "compaction_update", "compactionId": "c"}
    chunk = {"sessionUpdate": "compaction_summary_chunk", "compactionId": "c"}
    (entry,) = notices(
        about | {"status": "in_progress"},
        chunk | {"content": {"type": "text", "text": "We wrote "}},
        chunk | {"content": {"type": "text", "text": "a.txt."}},
        about | {"status": "completed"},
        about | {"status": "completed"},
    )
    assert entry["observation"].endswith("to have room for more.\n\nWe wrote a.txt.")
    assert entry["tool_output"] == {"update": "compaction_update", "status": "completed"}


def test_a_compaction_that_fails_or_never_ends_says_so() -> None:
    about: dict[str, JSON] = {"sessionUpdate": "compaction_update"}
    failed, endless = notices(
        about | {"compactionId": "1", "status": "failed", "error": "No room."},
        about | {"compactionId": "2", "status": "in_progress"},
    )
    assert failed["observation"].endswith("failed.\n\nNo room.")
    assert endless["tool_output"] == {"update": "compaction_update", "status": "unknown"}


def test_an_update_of_an_unknown_kind_is_an_entry_of_bounded_size() -> None:
    hologram: dict[str, JSON] = {"sessionUpdate": "hologram", "size": "x" * 1_000_000}
    spoken = {"sessionUpdate": "k" * 1_000_000, "message": "Look!"}
    first, second = notices(hologram, spoken)
    assert first["tool_output"] == {"update": "hologram"}
    assert first["observation"].startswith('{"size": "xxx')
    assert second["observation"] == "Look!"
    assert len(str([first, second])) < 5000


def test_of_many_unknown_updates_the_first_are_entries_and_all_are_counted() -> None:
    translator = Translator()
    for _ in range(1000):
        translator.feed({"sessionUpdate": "hologram"}, at(0))
    assert len(translator.entries) == 200
    assert translator.usage["unknown_updates"] == {"hologram": 1000}


@pytest.mark.anyio
async def test_the_result_of_a_run_is_the_answer_alone(tmp_path: Path) -> None:
    agent = odd_agent("""
class Odd(Scripted):
    async def answer(self, method, params):
        if method == "initialize":
            self.client = params["clientCapabilities"]
        if method != "session/prompt":
            return await super().answer(method, params)
        about = {"sessionUpdate": "agent_message_chunk"}
        updates = [
            {**about, "messageId": "1", "content": {"type": "text", "text": "Done."}},
            {**about, "content": {"type": "text", "text": "Warning: old."}},
            {"sessionUpdate": "notice", "severity": "info",
             "title": json.dumps(self.client["session"], sort_keys=True)},
        ]
        for update in updates:
            news = {"sessionId": params["sessionId"], "update": update}
            await self.peer.send({"method": "session/update", "params": news})
        return {"stopReason": "end_turn"}
""")
    outcome, recorder = await work(tmp_path, "Go", agent, agent="odd")
    assert outcome.result == "Done."
    told = [entry.observation for entry in recorder.of("NOTICE")]
    assert sorted(map(str, told)) == ["Warning: old.", '{"compaction": {}, "notices": {}}']
