"""Whatever way runs come in, their figures are what a count of everything gives."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from export_samples import brought_in, exported, full_run
from figure_samples import counted, named, outcomes

from agent_runs.models import AgentRun, AgentRunLog
from agent_runs.providers.codegen.entries import Position, news
from agent_runs.store.engine.database import Database
from agent_runs.store.recount import recount
from agent_runs.store.runs import runs
from agent_runs.sync import StoreMirror

pytestmark = pytest.mark.anyio

TIME = datetime(2026, 6, 21, tzinfo=UTC)


async def numbers(database: Database, kind: str) -> dict[str, int]:
    """How often each name of a kind was counted."""
    return {name: amount.number for name, amount in (await named(database, kind)).items()}


async def expect_exact(database: Database) -> None:
    before = await counted(database)
    await recount(database)
    assert await counted(database) == before


async def test_imported_runs_count_and_a_newer_import_replaces_what_they_added(
    database: Database, tmp_path: Path
) -> None:
    await full_run(database)
    first = (await exported(database)).replace(b'"origin":"', b'"origin":"elsewhere')
    await brought_in(database, tmp_path, first)
    assert await outcomes(database) == {"failed": 2}
    assert await numbers(database, "tool") == {"bash": 2, "edit_file": 2}
    await expect_exact(database)
    newer = first.replace(b'"tool_name":"bash"', b'"tool_name":"shell"').replace(
        b'"updated_at":"20', b'"updated_at":"21'
    )
    await brought_in(database, tmp_path, newer)
    assert await numbers(database, "tool") == {
        "bash": 1,
        "shell": 1,
        "edit_file": 2,
    }
    await expect_exact(database)


async def test_mirrored_runs_count_also_when_their_entries_come_after_their_end(
    database: Database,
) -> None:
    mirror = StoreMirror(database, 323)
    upstream = AgentRun(id=7, organization_id=323, status="ACTIVE", created_at=TIME)
    await mirror.take_runs([upstream])
    assert await outcomes(database) == {"working": 1}
    await mirror.take_runs([upstream.model_copy(update={"status": "COMPLETE", "result": "done"})])
    calls = [
        AgentRunLog(agent_run_id=7, created_at=TIME, message_type="ACTION", tool_name=name)
        for name in ("bash", "bash", "edit")
    ]
    read = news(Position(), calls)
    await mirror.take_news("7", read)
    assert await outcomes(database) == {"complete": 1}
    assert await numbers(database, "tool") == {"bash": 2, "edit": 1}
    completed = calls[-1].model_copy(update={"tool_output": {"status": "failed"}})
    await mirror.take_news("7", news(read.position, [*calls[read.position.skip : -1], completed]))
    assert await numbers(database, "error") == {"(no message)": 1}
    await expect_exact(database)
    run = await runs.by_upstream(database, 323, "7")
    assert run is not None
    assert run.worked_ms is None, "when work began is not known upstream"
