"""A question that nobody waits for any more is withdrawn, however its asker ends."""

import asyncio
from functools import partial

import anyio
import pytest

from agent_runs.bus.memory import MemoryBus
from agent_runs.models import AgentRunStatus
from agent_runs.providers.base import PermissionQuestion
from agent_runs.runs import questions
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events, permissions, runs
from tests.dying import cancelled_twice
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

QUESTION = PermissionQuestion(
    tool_call={"title": "rm -r"}, options=[{"optionId": "yes", "kind": "allow_once"}]
)


async def test_a_question_is_withdrawn_although_its_asker_is_cancelled_again_meanwhile(
    database: Database,
) -> None:
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="Work", agent="one")
        _, fence = await runs.claim(transaction, run.id, "one")
    bus = MemoryBus(partial(events.after, database), partial(events.bounds, database))
    database.on_events = bus.hint
    async with bus, bus.subscribe(run_id=run.id) as subscription:
        asking = asyncio.create_task(
            questions.ask(
                database, bus, QUESTION, run_id=run.id, turn=1, fence=fence, timeout_seconds=60
            )
        )
        with anyio.fail_after(PATIENCE_SECONDS):
            while (await runs.get(database, run.id)).status != AgentRunStatus.PAUSED:
                await subscription.next(10)
            async with database.begin() as transaction:
                await runs.lock(transaction, run.id)
                await cancelled_twice(asking)
            await asyncio.wait({asking})
    assert asking.cancelled()
    assert await permissions.pending(database, run.id) == []
    assert (await runs.get(database, run.id)).status == AgentRunStatus.ACTIVE
