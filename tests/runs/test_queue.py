"""Prompts given to a run while it works follow when its turn is complete."""

import anyio
import pytest
from living_system import System

from agent_runs.errors import Conflict
from agent_runs.models import AgentRunStatus
from agent_runs.runs import NewRun, questions
from agent_runs.store.runs import queue
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


async def test_queued_prompts_are_sent_in_order_when_a_turn_is_complete(system: System) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(
            NewRun(prompt="/write a.txt words\n/say one", permission_policy="ask")
        )
        paused = await system.until(run.id, lambda r: r.permission_id is not None)
        await system.runs.queue(run.id, "/say two")
        await system.runs.queue(run.id, "/say three")
        assert (await system.until(run.id, lambda r: r.queued == 2)).turn == 1
        assert paused.permission_id is not None
        await questions.answer(system.database, run.id, paused.permission_id, decision="allow")
        done = await system.until(run.id, lambda r: r.turn == 3 and r.finished_at is not None)
    assert done.status == AgentRunStatus.COMPLETE
    assert done.queued == 0
    said = [e.observation for e in await system.logs(run.id) if e.message_type == "USER_MESSAGE"]
    assert said[1:] == ["/say two", "/say three"]


async def test_a_withdrawn_prompt_is_never_sent(system: System) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(NewRun(prompt="/write a.txt words", permission_policy="ask"))
        paused = await system.until(run.id, lambda r: r.permission_id is not None)
        queued = await system.runs.queue(run.id, "/say never")
        await system.runs.unqueue(run.id, queued.id)
        with pytest.raises(Conflict, match="was sent or withdrawn"):
            await system.runs.unqueue(run.id, queued.id)
        assert paused.permission_id is not None
        await questions.answer(system.database, run.id, paused.permission_id, decision="allow")
        done = await system.finished(run.id)
    assert (done.turn, done.queued) == (1, 0)


async def test_a_stopped_run_keeps_its_queue_until_a_turn_is_complete(system: System) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(NewRun(prompt="/sleep 600"))
        await system.until(run.id, lambda r: r.activity is not None)
        await system.runs.queue(run.id, "/say later")
        await system.runs.stop(run.id)
        done = await system.finished(run.id)
        assert (done.status, done.turn, done.queued) == (AgentRunStatus.CANCELLED, 1, 1)
        assert len(await queue.list_(system.database, run.id)) == 1
        await system.runs.resume(run.id, "/say now")
        done = await system.until(run.id, lambda r: r.turn == 3 and r.finished_at is not None)
    assert (done.status, done.queued) == (AgentRunStatus.COMPLETE, 0)


async def test_a_run_that_has_ended_takes_no_queued_prompt(system: System) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(NewRun(prompt="/say hello"))
        await system.finished(run.id)
        with pytest.raises(Conflict, match="Resume it instead"):
            await system.runs.queue(run.id, "/say more")
