"""The short way for lists: a body that is kept is never older than the latest change."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from store_samples import entry, new_run

from agent_runs.models import AgentRunStatus
from agent_runs.providers.base import TurnOutcome
from agent_runs.runs.turns import NextTurn, begin_turn, end_turn
from agent_runs.settings import Settings
from agent_runs.store.engine.database import Database, Transaction
from agent_runs.store.runs import logs, permissions, queue, runs

pytestmark = pytest.mark.anyio

Change = Callable[[Transaction, int], Awaitable[object]]


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(home=tmp_path / "home", database_url=database_url, sandbox="none")


@pytest.fixture
async def elsewhere(database_url: str) -> AsyncGenerator[Database]:
    """The same database, as another process has it open: our own hears nothing of its commits."""
    async with Database.open(database_url) as database:
        yield database


async def _append(transaction: Transaction, run_id: int) -> None:
    await logs.append(transaction, run_id, None, [entry("more")])


async def _end(transaction: Transaction, run_id: int) -> None:
    outcome = TurnOutcome(status=AgentRunStatus.COMPLETE, result="x" * 5000)
    await end_turn(transaction, await runs.lock(transaction, run_id), outcome, fence=None)


async def _resume(transaction: Transaction, run_id: int) -> None:
    await begin_turn(transaction, await runs.lock(transaction, run_id), NextTurn("again"))


async def _archive(transaction: Transaction, run_id: int) -> None:
    run = await runs.lock(transaction, run_id)
    await runs.change(transaction, run, archived_at=datetime.now(UTC))


async def _restore(transaction: Transaction, run_id: int) -> None:
    await runs.change(transaction, await runs.lock(transaction, run_id), archived_at=None)


async def _queue(transaction: Transaction, run_id: int) -> None:
    await queue.insert(transaction, run_id, prompt="later")
    await runs.change(transaction, await runs.lock(transaction, run_id), queued=1)


async def _ask(transaction: Transaction, run_id: int) -> None:
    question = await permissions.insert(
        transaction, run_id=run_id, turn=1, tool_call={}, options=[]
    )
    run = await runs.lock(transaction, run_id)
    await runs.change(transaction, run, status=AgentRunStatus.PAUSED, permission_id=question.id)


async def _another(transaction: Transaction, run_id: int) -> None:
    await runs.insert(transaction, prompt=f"after {run_id}")


async def test_every_change_of_another_process_is_in_the_next_answer(
    http: httpx.AsyncClient, elsewhere: Database
) -> None:
    run = await new_run(elsewhere)
    ways = (
        ("/agent_runs", "/agent_runs?archived=false"),
        ("/v1/organizations/1/agent/runs", "/v1/organizations/1/agent/runs?archived=false"),
        (f"/agent_runs/{run.id}/logs", f"/agent_runs/{run.id}/logs?reverse=false"),
        (
            f"/v1/organizations/1/agent/run/{run.id}/logs",
            f"/v1/organizations/1/agent/run/{run.id}/logs?reverse=false",
        ),
    )
    # A query that means nothing takes the long way.
    ways += tuple(
        (path, f"{path}?long=way")
        for path in (f"/agent_runs/{run.id}", f"/v1/organizations/1/agent/run/{run.id}")
    )
    changes: tuple[Change, ...] = (
        _append, _queue, _ask, _end, _archive, _restore, _resume, _append, _another
    )  # fmt: skip
    for change in changes:
        before = [(await http.get(short)).content for short, _ in ways]
        assert [(await http.get(short)).content for short, _ in ways] == before
        async with elsewhere.begin() as transaction:
            await change(transaction, run.id)
        after = [(await http.get(short)).content for short, _ in ways]
        assert after == [(await http.get(long)).content for _, long in ways], change.__name__
        assert after[:2] != before[:2], change.__name__


async def test_an_overlong_address_is_left_to_the_long_way(http: httpx.AsyncClient) -> None:
    answer = await http.get(f"/agent_runs?limit={'0' * 500}1")
    assert (answer.status_code, answer.json()["limit"]) == (200, 1)
