"""Background tasks: what dies is told and begins again, and what ends is waited for."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable

import anyio
import pytest

from agent_runs.errors import Unavailable
from agent_runs.tasks import (
    Background,
    Restart,
    deaths,
    end,
    living,
    outlast,
    to_its_end,
    watched,
)
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

AT_ONCE = Restart(first_seconds=0, most_seconds=0)


def failing(*failures: BaseException) -> tuple[Callable[[], Awaitable[None]], asyncio.Event]:
    """Work that fails in each of these ways, then tells that it is there and stays."""
    left, stays = list(failures), asyncio.Event()

    async def work() -> None:
        if left:
            raise left.pop(0)
        stays.set()
        await asyncio.Event().wait()

    return work, stays


def stubborn() -> tuple[Callable[[], Awaitable[None]], asyncio.Event, asyncio.Event]:
    """Work that tells that it is there, and goes on after a cancellation until it is let go."""
    begun, gate = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        while not gate.is_set():
            try:
                await gate.wait()
            except asyncio.CancelledError:
                continue

    return work, begun, gate


def records_of_tasks(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    # Other libraries log as well: asyncio names its selector when debug messages are kept.
    return [record for record in caplog.records if record.name == "agent_runs.tasks"]


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in records_of_tasks(caplog)]


async def test_work_runs_beside_the_block_under_its_name_and_ends_with_it() -> None:
    work, begun = failing()
    async with living("at-work", work):
        with anyio.fail_after(PATIENCE_SECONDS):
            await begun.wait()
        (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "at-work"]
        assert not task.done()
    assert task.cancelled()


async def test_a_death_is_told_once_with_its_traceback_and_not_restarted_unless_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = deaths().get("dies-once", 0)
    work, stays = failing(ValueError("broken"))
    await watched("dies-once", work)
    assert told(caplog) == ["dies-once died and will not be restarted"]
    assert "ValueError: broken" in caplog.text
    assert "in work" in caplog.text
    assert not stays.is_set()
    assert deaths()["dies-once"] == before + 1


async def test_work_that_dies_begins_again_when_told_so(caplog: pytest.LogCaptureFixture) -> None:
    work, stays = failing(ValueError("one"), OSError("two"))
    async with living("returns", work, restart=AT_ONCE):
        with anyio.fail_after(PATIENCE_SECONDS):
            await stays.wait()
    assert told(caplog) == ["returns died and will be restarted in 0.0 s"] * 2


async def test_what_is_away_is_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    work, _ = failing(Unavailable("The database cannot be used now."))
    await watched("waits", work)
    (record,) = records_of_tasks(caplog)
    assert record.getMessage() == (
        "waits stopped and will not be restarted: The database cannot be used now."
    )
    assert (record.levelno, record.exc_info) == (logging.WARNING, None)


async def test_work_that_is_done_is_not_started_again(caplog: pytest.LogCaptureFixture) -> None:
    times = itertools.count(1)

    async def once() -> None:
        next(times)

    await watched("once", once, restart=AT_ONCE)
    assert next(times) == 2
    assert told(caplog) == []


async def test_deaths_are_counted_by_name_without_a_number() -> None:
    before = deaths().get("numbered", 0)
    for number in (7, 12):
        work, _ = failing(ValueError("broken"))
        await watched(f"numbered-{number}", work)
    assert deaths()["numbered"] == before + 2


def test_pauses_grow_up_to_a_bound_and_differ_by_chance() -> None:
    restart = Restart(first_seconds=1, most_seconds=10)
    longest = {1: 1, 2: 2, 3: 4, 4: 8, 5: 10, 5000: 10}
    for number, seconds in longest.items():
        pauses = [restart.pause(number) for _ in range(50)]
        assert 0.8 * seconds <= min(pauses) < max(pauses) <= seconds


async def test_what_the_block_raises_comes_out_as_it_is() -> None:
    failure = ValueError("of the block")
    dies, _ = failing(OSError("of the work"))

    async def block() -> None:
        async with living("beside", dies):
            await asyncio.sleep(0)
            raise failure

    with pytest.raises(ValueError, match="of the block") as caught:
        await block()
    assert caught.value is failure


async def test_the_block_ends_only_after_its_work_has_tidied_up() -> None:
    begun, tidied = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            tidied.set()

    with anyio.fail_after(PATIENCE_SECONDS):
        with anyio.CancelScope() as scope:
            async with living("tidies-up", work):
                await begun.wait()
                scope.cancel()
                await asyncio.sleep(0)
    assert tidied.is_set()


@pytest.mark.parametrize("in_a_group", [False, True])
async def test_work_that_fails_as_it_is_ended_is_told_and_not_restarted(
    caplog: pytest.LogCaptureFixture, in_a_group: bool
) -> None:
    begun = asyncio.Event()

    async def fail_at_the_end() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("cannot tidy up")

    async def with_others() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fail_at_the_end)

    work = with_others if in_a_group else fail_at_the_end
    async with living("ends-badly", work, restart=AT_ONCE):
        with anyio.fail_after(PATIENCE_SECONDS):
            await begun.wait()
    assert told(caplog) == ["ends-badly failed as it ended"]
    assert "ValueError: cannot tidy up" in caplog.text


async def test_an_end_is_not_waited_for_for_ever_and_names_who_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    work, begun, gate = stubborn()
    task = asyncio.create_task(watched("stubborn", work), name="stubborn-3")
    with anyio.fail_after(PATIENCE_SECONDS):
        await begun.wait()
        await end(task, seconds=0.01)
        assert told(caplog) == ["stubborn-3 did not end within 0.01 s"]
        gate.set()
        await task


async def test_what_had_failed_before_its_end_is_left_to_its_owner(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> None:
        raise ValueError("seen by the owner")

    task = asyncio.create_task(fail(), name="failed")
    await asyncio.wait({task})
    await end(task)
    assert told(caplog) == []
    assert str(task.exception()) == "seen by the owner"


async def test_a_background_ends_all_that_it_holds() -> None:
    background = Background()
    works = [failing() for _ in range(3)]
    tasks = [background.start(watched("held", work), "held") for work, _ in works]
    with anyio.fail_after(PATIENCE_SECONDS):
        for _, begun in works:
            await begun.wait()
        await background.close()
    assert [task.cancelled() for task in tasks] == [True] * 3


@pytest.mark.parametrize("way", ["asyncio", "anyio"])
async def test_work_goes_to_its_end_although_its_caller_is_cancelled(way: str) -> None:
    begun, gate, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await gate.wait()
        done.set()

    async def cancelled() -> None:
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            try:
                await to_its_end(work())
            finally:
                assert done.is_set()
            # anyio raises its cancellation where somebody waits.
            await anyio.sleep(30)

    scopes: list[anyio.CancelScope] = []
    caller = asyncio.create_task(cancelled())
    with anyio.fail_after(PATIENCE_SECONDS):
        await begun.wait()
        for _ in range(3):
            _ = caller.cancel() if way == "asyncio" else scopes[0].cancel()
            await asyncio.sleep(0)
        assert not caller.done()
        gate.set()
        await asyncio.wait({caller})
    assert caller.cancelled() is (way == "asyncio")
    assert caller.cancelled() or scopes[0].cancelled_caught


async def test_work_that_goes_to_its_end_gives_what_it_returns_or_raises() -> None:
    async def succeed() -> int:
        return 7

    async def fail() -> int:
        raise ValueError("broken")

    assert await to_its_end(succeed()) == 7
    with pytest.raises(ValueError, match="broken"):
        await to_its_end(fail())


async def test_a_failure_that_a_cancelled_caller_cannot_see_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun, gate = asyncio.Event(), asyncio.Event()

    async def fail_late() -> None:
        begun.set()
        await gate.wait()
        raise ValueError("too late for the caller")

    caller = asyncio.create_task(to_its_end(fail_late()))
    with anyio.fail_after(PATIENCE_SECONDS):
        await begun.wait()
        caller.cancel()
        gate.set()
        await asyncio.wait({caller})
    assert caller.cancelled()
    assert "ValueError: too late for the caller" in caplog.text


async def test_outlasting_has_a_bound_of_its_own() -> None:
    work, begun, gate = stubborn()
    task = asyncio.ensure_future(work())
    with anyio.fail_after(PATIENCE_SECONDS):
        await begun.wait()
        await outlast(task, seconds=0.01)
        assert not task.done()
        gate.set()
        await outlast(task)
    assert task.done()
