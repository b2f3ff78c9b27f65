"""The local executor: order, bound, withdrawal, and what leaving it does."""

import asyncio

import anyio
import pytest

from agent_runs.executors.local import LocalExecutor
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


async def test_no_more_runs_work_at_the_same_time_than_there_is_room_for() -> None:
    most = now = 0
    done = asyncio.Event()
    finished: list[int] = []

    async def work(run_id: int) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        finished.append(run_id)
        if len(finished) == 10:
            done.set()

    executor = LocalExecutor(concurrency=3)
    executor.use(work)
    async with executor:
        for run_id in range(10):
            await executor.submit(run_id)
        with anyio.fail_after(PATIENCE_SECONDS):
            await done.wait()
    assert most == 3
    assert finished == list(range(10))


async def test_a_run_that_waits_is_not_doubled_by_a_second_submit() -> None:
    gate, both = asyncio.Event(), asyncio.Event()
    worked: list[int] = []

    async def work(run_id: int) -> None:
        await gate.wait()
        worked.append(run_id)
        if len(worked) == 2:
            both.set()

    executor = LocalExecutor(concurrency=1)
    executor.use(work)
    async with executor:
        await executor.submit(1)
        await executor.submit(2)
        await executor.submit(2)
        gate.set()
        with anyio.fail_after(PATIENCE_SECONDS):
            await both.wait()
        await asyncio.sleep(0)
    assert worked == [1, 2]


async def test_a_run_submitted_while_its_last_turn_tidies_up_works_again() -> None:
    gate, once, twice = asyncio.Event(), asyncio.Event(), asyncio.Event()
    worked: list[int] = []

    async def work(run_id: int) -> None:
        worked.append(run_id)
        (once if len(worked) == 1 else twice).set()
        await gate.wait()

    executor = LocalExecutor(concurrency=1)
    executor.use(work)
    async with executor:
        await executor.submit(1)
        with anyio.fail_after(PATIENCE_SECONDS):
            await once.wait()
            await executor.submit(1)
            gate.set()
            await twice.wait()
    assert worked == [1, 1]


async def test_a_waiting_run_can_be_withdrawn_and_a_working_one_cannot() -> None:
    gate, started = asyncio.Event(), asyncio.Event()
    worked: list[int] = []

    async def work(run_id: int) -> None:
        worked.append(run_id)
        started.set()
        await gate.wait()

    executor = LocalExecutor(concurrency=1)
    executor.use(work)
    async with executor:
        await executor.submit(1)
        await executor.submit(2)
        with anyio.fail_after(PATIENCE_SECONDS):
            await started.wait()
        assert await executor.withdraw(2) is True
        assert await executor.withdraw(1) is False
        assert await executor.withdraw(3) is False
        gate.set()
    assert worked == [1]


async def test_a_run_submitted_again_while_it_is_withdrawn_is_not_lost() -> None:
    gate, again = asyncio.Event(), asyncio.Event()

    async def work(run_id: int) -> None:
        await gate.wait()
        if run_id == 2:
            again.set()

    executor = LocalExecutor(concurrency=1)
    executor.use(work)
    async with executor:
        await executor.submit(1)
        await executor.submit(2)
        await asyncio.sleep(0)
        withdrawing = asyncio.create_task(executor.withdraw(2))
        await asyncio.sleep(0)
        await executor.submit(2)
        assert await withdrawing is True
        gate.set()
        with anyio.fail_after(PATIENCE_SECONDS):
            await again.wait()


async def test_a_run_whose_work_fails_does_not_end_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = asyncio.Event()

    async def work(run_id: int) -> None:
        if run_id == 1:
            raise ValueError("broken")
        done.set()

    executor = LocalExecutor(concurrency=1)
    executor.use(work)
    async with executor:
        await executor.submit(1)
        await executor.submit(2)
        with anyio.fail_after(PATIENCE_SECONDS):
            await done.wait()
    assert "run 1: its work failed" in caplog.text


async def test_leaving_the_executor_cancels_the_work_and_waits_for_it() -> None:
    started = asyncio.Event()
    tidied: list[int] = []

    async def work(run_id: int) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            tidied.append(run_id)

    executor = LocalExecutor(concurrency=1)
    executor.use(work)
    async with executor:
        await executor.submit(1)
        with anyio.fail_after(PATIENCE_SECONDS):
            await started.wait()
    assert tidied == [1]
