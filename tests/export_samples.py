"""Runs with a bit of everything in them, for tests of exports and imports."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent_runs.exports import lines
from agent_runs.exports.formats import FORMATS
from agent_runs.exports.reader import RunReader
from agent_runs.filters import ExportFormat, RunFilter
from agent_runs.models import JSON, AgentRun, NewLog
from agent_runs.runs.imports import ImportResult, Imports
from agent_runs.store.engine.database import Database
from agent_runs.store.files import imports
from agent_runs.store.organization import repos
from agent_runs.store.runs import logs, permissions, runs, turns

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PICTURE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
HOSTILE = "<script>alert(1)</script> ![x](http://evil/t.png) [l](javascript:alert(1)) \"'& ```` end"
DIFF = "diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-<b>old</b>\n+new\n"


ALL = RunFilter(archived=None)


async def no_diff(_: int) -> str:
    return ""


async def full_run(database: Database, prompt: str = HOSTILE) -> AgentRun:
    """A run of two turns with a repository, a picture, a question, failures and hostile text."""
    async with database.begin() as transaction:
        repo = await repos.insert(transaction, name="api", url="https://git.example/acme/api")
        run = await runs.insert(
            transaction,
            prompt=prompt,
            images=[PICTURE],
            title="=1+1",
            agent="scripted",
            repo_id=repo.id,
            created_at=AT,
            metadata={"ticket": "ABC-12"},
        )
        question = await permissions.insert(
            transaction,
            run_id=run.id,
            turn=1,
            tool_call={"title": "rm -rf build"},
            options=[{"optionId": "yes", "name": "Yes", "kind": "allow_once"}],
        )
        await permissions.answer(transaction, question.id, "yes")
        await logs.append(transaction, run.id, None, entries())
        await turns.finish(
            transaction, run.id, 1, status="COMPLETE", result=HOSTILE, finished_at=AT
        )
        await turns.insert(transaction, run.id, 2, prompt="And again", created_at=AT)
        await turns.finish(
            transaction, run.id, 2, status="ERROR", stop_reason="refusal", finished_at=AT
        )
        return await runs.change(
            transaction,
            run,
            status="ERROR",
            turn=2,
            result=HOSTILE,
            error="The agent <gave> up.",
            started_at=AT,
            finished_at=AT + timedelta(minutes=3),
        )


def entries() -> list[NewLog]:
    """Two turns of entries of every kind."""

    def entry(kind: str, seconds: int, **fields: JSON) -> NewLog:
        return NewLog(created_at=AT + timedelta(seconds=seconds), message_type=kind, **fields)

    return [
        entry("USER_MESSAGE", 0, observation=HOSTILE, tool_output={"images": 1}),
        entry("PLAN_EVALUATION", 1, thought=f"I think\n{HOSTILE}"),
        entry(
            "ACTION",
            2,
            tool_name="bash",
            tool_input={"command": f"echo {HOSTILE}"},
            tool_output={"status": "failed", "exit_code": 2},
            observation="\x1b[31mred\x1b[0m \u202eturned",
            duration_ms=1500,
        ),
        entry(
            "ACTION",
            4,
            tool_name="edit_file",
            tool_input={"path": "x.py"},
            tool_output={"status": "completed", "diffs": [{"path": "x.py", "unified": DIFF}]},
            duration_ms=20,
        ),
        entry("SOMETHING_NEW", 5, observation={"deep": [1, {"er": HOSTILE}]}),
        entry("FINAL_ANSWER", 6, observation=f"**Done**\n\n{HOSTILE}"),
        entry("USER_MESSAGE", 7, turn=2, observation="And again"),
        entry("ERROR", 8, turn=2, observation="It broke"),
    ]


async def exported(database: Database, *run_ids: int, diff: str = "") -> bytes:
    """These runs of a database, or all, as JSON Lines."""

    async def read_diff(run_id: int) -> str:
        return await imports.diff(database, run_id) or diff

    reader = RunReader(database, read_diff)
    runs_ = await reader.listed(run_ids) if run_ids else reader.matching(ALL)
    written = lines.write(runs_, await reader.server_id())
    return b"".join([part async for part in written])


def importer(database: Database, folder: Path, limit_bytes: int = 10**9) -> Imports:
    """What takes files for a database."""
    return Imports(database, folder, worker="tests", alone=True, limit_bytes=limit_bytes)


async def brought_in(database: Database, folder: Path, content: bytes) -> ImportResult:
    """Import a file that comes in parts."""

    async def body() -> AsyncIterator[bytes]:
        for at in range(0, len(content), 50_000):
            yield content[at : at + 50_000]

    return await importer(database, folder).take(body())


def records(content: bytes) -> list[dict[str, JSON]]:
    """The lines of an export."""
    return [json.loads(line) for line in content.decode().split("\n") if line]


_OF_THE_SERVER = (
    *("exported_at", "server", "web_url"),
    *("imported_at", "started_by", "place", "can"),
)


def told_alike(content: bytes) -> list[dict[str, JSON]]:
    """The lines of an export without what differs from server to server.

    Ids and addresses do, and what says that a run was imported.
    """
    ids: dict[int, int] = {}
    parts = records(content)
    for record in parts:
        for name in _OF_THE_SERVER:
            record.pop(name, None)
        if record["type"] == "run":
            ids[record["id"]] = record["id"] = len(ids)
            record["repo_id"] = record["repo_id"] is not None
        elif record["type"] == "permission":
            record.pop("id")
        if "agent_run_id" in record:
            record["agent_run_id"] = ids[record["agent_run_id"]]
    return parts


async def parts_of(database: Database, form: ExportFormat = "otlp") -> list[bytes]:
    """An export of all runs."""
    reader = RunReader(database, no_diff)
    return [part async for part in FORMATS[form].write(reader.matching(ALL), "server", "title")]
