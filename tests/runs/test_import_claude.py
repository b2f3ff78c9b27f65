"""Session files of Claude Code: each is a run with turns, model and usage, and may grow."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from export_samples import brought_in

from agent_runs.errors import InvalidRequest
from agent_runs.models import JSON, AgentRunLog
from agent_runs.runs import claude_sessions
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, runs, turns

pytestmark = pytest.mark.anyio
ID = "5f0c1c2e-8a52-4d0e-9b5c-0d6f7a0f3a11"


def line(kind: str, at: str | None, content: object, **more: object) -> dict[str, object]:
    return {
        "type": kind,
        "sessionId": ID,
        "uuid": f"{kind} {at} {content}",
        "cwd": "/home/me/api",
        "gitBranch": "main",
        "version": "2.0.1",
        **({"timestamp": f"2026-02-03T10:{at}.000Z"} if at else {}),
        "message": {"role": kind, "content": content, **more},
    }


USAGE = {"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 100}
FIRST: list[dict[str, JSON]] = [
    {"type": "file-history-snapshot", "messageId": "m", "snapshot": {}},
    {"type": "summary", "summary": "Mend the login", "leafUuid": "x"},
    line("user", "00:00", "Mend the test\nplease"),
    line("assistant", "00:01", [{"type": "text", "text": "I look."}], id="a", usage=USAGE),
    line(
        "assistant",
        "00:02",
        [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "pytest"}}],
        id="a",
        usage=USAGE,
        model="claude-x",
    ),
    line("user", "00:05", [{"type": "tool_result", "tool_use_id": "t1", "content": "1 failed"}]),
    line("assistant", "00:06", [{"type": "text", "text": "Mended."}], id="b", usage=USAGE),
]
SECOND = [
    line("user", "02:00", "And the other one"),
    line(
        "assistant",
        "02:01",
        [{"type": "tool_use", "id": "t2", "name": "Edit", "input": {"file_path": "x.py"}}],
    ),
]
LAST = [line("assistant", "09:00", [{"type": "text", "text": "That, too."}], id="c")]
ANSWERS = ("Mended.", "That, too.")


def clock(at: datetime | None) -> str:
    return f"{at:%H:%M:%S}"


def file(*lines: object) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in lines)


async def entries(database: Database, run_id: int) -> list[AgentRunLog]:
    return await logs.read(database, run_id, limit=100)


async def test_a_session_file_becomes_a_run_with_its_turns(
    database: Database, folder: Path
) -> None:
    result = await brought_in(database, folder, file(*FIRST, *SECOND))
    (imported,) = result.runs
    assert (imported.outcome, imported.origin) == ("imported", f"claude_code:{ID}")
    run = await runs.get(database, imported.id)
    assert (run.title, run.prompt) == ("Mend the login", "Mend the test\nplease")
    assert (run.status, run.status_reason) == ("CANCELLED", "interrupted")
    assert (run.provider, run.agent, run.model) == ("claude_code", "claude", "claude-x")
    assert (run.branch, run.turn, run.source_type) == ("main", 2, "LOCAL")
    assert run.metadata == {"claude_code_session": ID, "cwd": "/home/me/api", "version": "2.0.1"}
    assert run.usage["llm_calls"] == 2
    assert run.usage["summed"] == {
        "inputTokens": 20,
        "outputTokens": 10,
        "cachedReadTokens": 200,
        "totalTokens": 230,
    }
    seen = [(each.message_type, each.turn) for each in await entries(database, run.id)]
    assert seen == [
        ("CLAUDE_CODE_FILE_HISTORY_SNAPSHOT", 1),
        ("CLAUDE_CODE_SUMMARY", 1),
        ("USER_MESSAGE", 1),
        ("ACTION", 1),
        ("FINAL_ANSWER", 1),
        ("USER_MESSAGE", 2),
        ("ACTION", 2),
    ]
    first, second = await turns.list_(database, run.id)
    assert (first.status, first.result) == ("COMPLETE", "Mended.")
    assert (second.status, second.prompt) == ("CANCELLED", "And the other one")


async def test_a_session_that_has_grown_updates_its_run(database: Database, folder: Path) -> None:
    (first,) = (await brought_in(database, folder, file(*FIRST))).runs
    (again,) = (await brought_in(database, folder, file(*FIRST))).runs
    (grown,) = (await brought_in(database, folder, file(*FIRST, *SECOND))).runs
    assert (again.outcome, grown.outcome) == ("known", "updated")
    assert first.id == again.id == grown.id
    assert (await runs.get(database, first.id)).turn == 2
    assert len(await entries(database, first.id)) == 7


async def test_an_answer_has_the_time_at_which_it_was_given(
    database: Database, folder: Path
) -> None:
    (imported,) = (await brought_in(database, folder, file(*FIRST, SECOND[0], *LAST))).runs
    answers = [each for each in await entries(database, imported.id) if each.observation in ANSWERS]
    first, second = await turns.list_(database, imported.id)
    run = await runs.get(database, imported.id)
    assert [clock(each.created_at) for each in answers] == ["10:00:06", "10:09:00"]
    assert [clock(turn.finished_at) for turn in (first, second)] == ["10:00:06", "10:09:00"]
    assert clock(run.finished_at) == "10:09:00"


async def test_a_session_that_was_broken_off_lasts_until_its_last_call_ended(
    database: Database, folder: Path
) -> None:
    (imported,) = (await brought_in(database, folder, file(*FIRST[:6]))).runs
    assert clock((await runs.get(database, imported.id)).finished_at) == "10:00:05"


async def test_a_call_without_a_result_has_no_duration(database: Database, folder: Path) -> None:
    (found,) = (await brought_in(database, folder, file(*FIRST[:5], SECOND[0]))).runs
    (call,) = [each for each in await entries(database, found.id) if each.tool_name]
    assert (clock(call.created_at), call.duration_ms) == ("10:00:02", None)


async def test_an_agent_within_a_session_is_a_run_of_its_own(
    database: Database, folder: Path
) -> None:
    await brought_in(database, folder, file(*FIRST))
    aside = [{**each, "agentId": "a1", "isSidechain": True} for each in FIRST[2:]]
    (imported,) = (await brought_in(database, folder, file(*aside))).runs
    assert (imported.outcome, imported.origin) == ("imported", f"claude_code:{ID}/a1")


async def test_a_session_that_is_watched_here_is_left_alone(
    database: Database, folder: Path
) -> None:
    watched = await claude_sessions.open_session(database, 1, ID)
    (imported,) = (await brought_in(database, folder, file(*FIRST))).runs
    assert (imported.id, imported.outcome) == (watched.id, "known")


async def test_a_session_that_was_imported_can_still_be_watched(
    database: Database, folder: Path
) -> None:
    (imported,) = (await brought_in(database, folder, file(*FIRST))).runs
    watched = await claude_sessions.open_session(database, 1, ID)
    assert watched.id != imported.id


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (file(*FIRST) + b'{"type":"user","sess', "Line 8: the file ends in the middle"),
        (file(*FIRST[:3]) + b"<html>\n" + file(*FIRST[3:]), "Line 4: it is not JSON"),
        (file(FIRST[0], FIRST[1]), "Line 1: this is neither an export of agent_runs"),
    ],
)
async def test_a_broken_session_file_is_refused_with_its_line(
    database: Database, folder: Path, content: bytes, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words):
        await brought_in(database, folder, content)
    assert (await runs.counts(database)).by_status == {}
    assert list(folder.iterdir()) == []


async def test_halves_of_surrogate_pairs_and_strange_content_come_in(
    database: Database, folder: Path
) -> None:
    strange = [
        line("user", "00:00", "a\ud800b\0c"),
        line("assistant", None, [{"type": "text", "text": 7}, "words", None, {"type": "x"}]),
        line("assistant", "00:01", [{"type": "tool_use", "input": [1]}]),
        {"type": ["odd"], "sessionId": ID},
        line("user", "99:99", {"not": "a list"}),
    ]
    (imported,) = (await brought_in(database, folder, file(*strange))).runs
    assert (await runs.get(database, imported.id)).prompt == "a\ufffdbc"


async def test_no_half_of_a_secret_stands_where_title_and_summary_are_cut(
    database: Database, folder: Path
) -> None:
    def redact(text: str) -> str:
        return text.replace("hunter2", "•••")

    database.redact = redact
    words = f"{'.' * 194}hunter2{'.' * 50}"
    answer = line("assistant", "00:01", [{"type": "text", "text": words}], stop_reason="end_turn")
    result = await brought_in(database, folder, file(line("user", "00:00", words), answer))
    run = await runs.get(database, result.runs[0].id)
    assert (run.title, run.summary) == (f"{'.' * 194}•••..…", f"{'.' * 194}•••..…")
