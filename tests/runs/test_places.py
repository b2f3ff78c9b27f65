"""Every place answers the same questions; what it cannot do is refused with the reason."""

from typing import get_args

import pytest
from living_system import System

from agent_runs.errors import Conflict, NotFound
from agent_runs.models import JSON, AgentRun, AgentRunStatus
from agent_runs.reading.place import PlaceName
from agent_runs.runs import Mark, claude_sessions
from agent_runs.store.runs import runs

pytestmark = pytest.mark.anyio

ELSEWHERE: dict[PlaceName, dict[str, JSON]] = {
    "upstream": {"provider": "codegen", "upstream_id": "7"},
    "watched": {"provider": "claude_code", "upstream_id": "5f0c"},
    "imported": {"provider": "acp"},
}


async def run_at(system: System, place: PlaceName, status: str) -> AgentRun:
    """A run that nobody here works on."""
    async with system.database.begin() as transaction:
        run = await runs.insert(transaction, prompt="p", status=status, **ELSEWHERE[place])
        if place == "imported":
            run = await runs.change(transaction, run, imported_at=run.created_at)
    assert run.place == place
    return run


def test_every_place_but_this_server_is_tried() -> None:
    assert {"here", *ELSEWHERE} == set(get_args(PlaceName))


@pytest.mark.parametrize(
    ("place", "words"), [("watched", "claude --resume 5f0c"), ("imported", "Start a new run")]
)
async def test_a_run_that_takes_no_prompts_says_what_to_do_instead(
    system: System, place: PlaceName, words: str
) -> None:
    run = await run_at(system, place, AgentRunStatus.COMPLETE)
    assert run.can == ()
    with pytest.raises(Conflict, match=words):
        await system.runs.resume(run.id, "more")
    with pytest.raises(Conflict, match=words):
        await system.runs.queue(run.id, "more")


async def test_a_hosted_run_has_no_queue_and_needs_its_account(system: System) -> None:
    run = await run_at(system, "upstream", AgentRunStatus.COMPLETE)
    assert run.can == ("resume",)
    with pytest.raises(Conflict, match="cannot be queued"):
        await system.runs.queue(run.id, "more")
    with pytest.raises(Conflict, match="Set the token again"):
        await system.runs.resume(run.id, "more")


@pytest.mark.parametrize("place", ELSEWHERE)
async def test_a_run_elsewhere_has_no_work_tree(system: System, place: PlaceName) -> None:
    run = await run_at(system, place, AgentRunStatus.COMPLETE)
    assert await system.runs.diff(run.id) == ""
    assert await system.runs.files(run.id) == []
    with pytest.raises(NotFound, match=r"has no file 'a.py'"):
        await system.runs.read_file(run.id, "a.py")


@pytest.mark.parametrize("mark", ["ban", "remove-from-pr"])
async def test_a_watched_session_that_is_banned_ends_here_at_once(
    system: System, mark: Mark
) -> None:
    run = await run_at(system, "watched", AgentRunStatus.ACTIVE)
    await system.runs.mark(run.id, mark)
    ended = await runs.get(system.database, run.id)
    assert (ended.status, ended.muted) == (AgentRunStatus.CANCELLED, True)
    await system.runs.mark(run.id, "unban")
    assert not (await runs.get(system.database, run.id)).muted


@pytest.mark.parametrize("place", ELSEWHERE)
async def test_a_run_that_has_ended_elsewhere_is_stopped_to_no_effect(
    system: System, place: PlaceName
) -> None:
    run = await run_at(system, place, AgentRunStatus.COMPLETE)
    assert (await system.runs.stop(run.id)).status == AgentRunStatus.COMPLETE


async def test_what_a_session_failed_of_is_gone_once_it_goes_on(system: System) -> None:
    run = await run_at(system, "watched", AgentRunStatus.ACTIVE)
    for status in ("ERROR", "ACTIVE"):
        await claude_sessions.set_status(system.database, 1, "5f0c", status)
    assert (await runs.get(system.database, run.id)).error is None
