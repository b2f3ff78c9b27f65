"""A request that carries a key is carried out once, however often and however it is sent."""

import anyio
import pytest
from living_system import System

from agent_runs.errors import InvalidRequest
from agent_runs.filters import RunFilter
from agent_runs.runs import NewRun
from agent_runs.store.runs import runs, turns

pytestmark = pytest.mark.anyio


async def count(system: System) -> int:
    _, total = await runs.page(system.database, RunFilter(), skip=0, limit=1)
    return total


async def test_the_same_create_makes_one_run_and_is_answered_with_it(system: System) -> None:
    first = await system.runs.create(NewRun("/say hello", key="k1"))
    again = await system.runs.create(NewRun("/say hello", key="k1"))
    assert again.id == first.id
    other = await system.runs.create(NewRun("/say hello", key="k2"))
    assert other.id != first.id
    assert await count(system) == 2


async def test_requests_at_the_same_moment_make_one_run(system: System) -> None:
    made: list[int] = []

    async def create() -> None:
        made.append((await system.runs.create(NewRun("/say hello", key="same"))).id)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(create)
    assert len(made) == 10
    assert len(set(made)) == 1
    assert await count(system) == 1


async def test_a_key_that_came_with_another_request_is_refused_and_nothing_is_done(
    system: System,
) -> None:
    await system.runs.create(NewRun("/say hello", key="k1"))
    with pytest.raises(InvalidRequest, match="Idempotency-Key"):
        await system.runs.create(NewRun("/say something else", key="k1"))
    assert await count(system) == 1


async def test_the_same_resume_adds_one_turn(system: System) -> None:
    run = await system.runs.create(NewRun("/say hello"))
    await system.finished(run.id)
    for _ in range(2):
        resumed = await system.runs.resume(run.id, "/say again", key="r1")
        assert resumed.turn == 2
    await system.finished(run.id)
    assert len(await turns.list_(system.database, run.id)) == 2


async def test_a_request_that_was_refused_may_come_again(system: System) -> None:
    with pytest.raises(InvalidRequest):
        await system.runs.create(NewRun("/say hello", agent="nobody", key="k1"))
    made = await system.runs.create(NewRun("/say hello", agent="scripted", key="k1"))
    assert made.id
