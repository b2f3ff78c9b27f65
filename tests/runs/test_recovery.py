"""What a process that died left behind is found by the next one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import anyio
import pytest
from living_system import living

from agent_runs.errors import Conflict, LostFence
from agent_runs.executors.base import Executor
from agent_runs.executors.local import LocalExecutor
from agent_runs.models import AgentRunStatus, MessageType, NewLog
from agent_runs.runs import owned, recovery
from agent_runs.runs.turns import INTERRUPTED, NextTurn, begin_turn, end_turn
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import leases, logs, runs
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


async def _abandoned(database: Database, worker: str) -> tuple[int, int]:
    """A run that a worker of that name claimed and then never ended; (run id, fence)."""
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="/say hello", agent="scripted")
        _, fence = await runs.claim(transaction, run.id, worker)
    return run.id, fence


async def _waiting(database: Database, worker: str) -> int:
    """A run that a worker of that name accepted and never started."""
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="/say hello", agent="scripted")
        await runs.change_private(transaction, run.id, worker=worker)
    return run.id


async def test_runs_of_a_dead_worker_are_interrupted_and_its_late_writes_refused(
    tmp_path: Path, database_url: str
) -> None:
    async with await Database.open(database_url) as database:
        run_id, fence = await _abandoned(database, "dead")
    async with living(tmp_path / "home", database_url, worker="next") as system:
        run = await runs.get(system.database, run_id)
        assert (run.status, run.status_reason) == (AgentRunStatus.ERROR, "interrupted")
        entries = await system.logs(run_id)
        assert entries[-1].message_type == MessageType.ERROR
        late = NewLog(created_at=datetime.now(UTC), message_type=MessageType.ACTION)
        with pytest.raises(LostFence):
            async with system.database.begin() as transaction:
                await logs.append(transaction, run_id, fence, [late])
        with anyio.fail_after(PATIENCE_SECONDS):
            await system.runs.resume(run_id, "/say on we go")
            done = await system.finished(run_id)
        assert done.status == AgentRunStatus.COMPLETE


async def test_a_run_whose_stop_was_asked_for_is_cancelled_by_the_recovery(
    tmp_path: Path, database_url: str
) -> None:
    async with await Database.open(database_url) as database:
        run_id, _ = await _abandoned(database, "dead")
        async with database.begin() as transaction:
            run = await runs.lock(transaction, run_id)
            await runs.change(transaction, run, stop_requested_at=datetime.now(UTC))
    async with living(tmp_path / "home", database_url, worker="next") as system:
        assert (await runs.get(system.database, run_id)).status == AgentRunStatus.CANCELLED


async def test_runs_of_a_worker_that_still_beats_are_left_alone(database_url: str) -> None:
    async def nothing(_run_id: int) -> None:
        return

    async with await Database.open(database_url) as database:
        run_id, _ = await _abandoned(database, "neighbour")
        executor = LocalExecutor(concurrency=1)
        executor.use(nothing)
        now = datetime.now(UTC)
        for beat, expected in (
            (now, AgentRunStatus.ACTIVE),
            (now - recovery.DEAD_AFTER - timedelta(seconds=1), AgentRunStatus.ERROR),
        ):
            async with database.begin() as transaction:
                await leases.beat(transaction, "neighbour", beat)
            await recovery.take_over(database, executor, worker="me", alone=False)
            assert (await runs.get(database, run_id)).status == expected


@pytest.mark.parametrize("waits", [True, False])
async def test_a_run_that_another_server_took_over_first_is_left_to_it(
    database_url: str, waits: bool
) -> None:
    async with await Database.open(database_url) as database:
        first = await _waiting(database, "dead")
        run_id = (
            await _waiting(database, "dead") if waits else (await _abandoned(database, "dead"))[0]
        )
        submitted: list[int] = []

        class Slow:
            """While the first run is submitted, another server takes the second and works on it."""

            async def submit(self, submitted_id: int) -> None:
                submitted.append(submitted_id)
                async with database.begin() as transaction:
                    if not waits:
                        run = await runs.lock(transaction, run_id)
                        fence = await runs.advance_fence(transaction, run_id)
                        await end_turn(transaction, run, INTERRUPTED, fence=fence)
                        await begin_turn(transaction, run, NextTurn("again"))
                    await runs.claim(transaction, run_id, "other")

        await recovery.take_over(database, cast("Executor", Slow()), worker="me", alone=False)
        assert submitted == [first]
        assert (await runs.get(database, run_id)).status == AgentRunStatus.ACTIVE
        assert (await runs.private(database, run_id)).worker == "other"


def test_a_home_folder_has_one_owner(tmp_path: Path) -> None:
    with owned(tmp_path), pytest.raises(Conflict, match="Another server"), owned(tmp_path):
        pass
    with owned(tmp_path):
        pass
