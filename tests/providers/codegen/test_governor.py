"""The governor: never over budget, in order of priority, nobody starves, no endless waits."""

import itertools
import math
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runs.errors import RateLimited
from agent_runs.providers.codegen.budget import Limit, Limits
from agent_runs.providers.codegen.governor import Governor, Governors, GovernorState, Kind, Priority
from bench import virtual_time
from tests.length import examples

Sent = tuple[float, Priority, Kind]
"""When upstream counted a request, and what it was."""

SMALL = Limits(total=Limit(6, 3), logs=Limit(4, 6), create=Limit(2, 6), reserve=1, burst=2)


def most_in_a_window(times: list[float], seconds: float) -> int:
    return max((sum(t <= each <= t + seconds for each in times) for t in times), default=0)


async def send(
    governor: Governor,
    log: list[Sent],
    priority: Priority,
    kind: Kind = Kind.READ,
    *,
    takes: float = 0.0,
    counted: float = 0.0,
    patience: float | None = None,
) -> None:
    """One request that upstream counts somewhere (`counted`, 0..1) in the time that it takes."""
    async with governor.turn(priority, kind=kind, patience_seconds=patience):
        start = anyio.current_time()
        await anyio.sleep(takes)
        log.append((start + takes * counted, priority, kind))


jobs = st.lists(
    st.tuples(
        st.floats(0, 20),
        st.sampled_from(Priority),
        st.sampled_from(Kind),
        st.floats(0, 5),
        st.floats(0, 1),
    ),
    max_size=60,
)


@pytest.mark.soak
@settings(max_examples=examples(150))
@given(jobs=jobs, limits=st.sampled_from([SMALL, Limits(SMALL.total, reserve=0, burst=50)]))
def test_upstream_never_sees_more_than_is_allowed_in_any_window(
    jobs: list[tuple[float, Priority, Kind, float, float]], limits: Limits
) -> None:
    log: list[Sent] = []

    async def work() -> None:
        governor = Governor(limits)

        async def one(
            at: float, priority: Priority, kind: Kind, takes: float, counted: float
        ) -> None:
            await anyio.sleep(at)
            await send(governor, log, priority, kind, takes=takes, counted=counted, patience=10_000)

        async with anyio.create_task_group() as tasks:
            for job in jobs:
                tasks.start_soon(one, *job)

    virtual_time.run(work)
    assert len(log) == len(jobs)
    for limit, kinds in (
        (limits.total, set(Kind)),
        (limits.logs, {Kind.LOGS}),
        (limits.create, {Kind.CREATE}),
    ):
        times = [at for at, _, kind in log if kind in kinds]
        assert most_in_a_window(times, limit.seconds) <= limit.requests


@pytest.mark.soak
@settings(max_examples=examples(100))
@given(
    refusals=st.lists(
        st.tuples(st.floats(0, 60), st.none() | st.floats(-5, 40)), min_size=1, max_size=8
    )
)
def test_nothing_is_sent_before_the_time_that_upstream_asked_for_is_over(
    refusals: list[tuple[float, float | None]],
) -> None:
    log: list[Sent] = []

    async def work() -> None:
        governor = Governor(SMALL)

        async def refuse(at: float, retry_after: float | None) -> None:
            await anyio.sleep(at)
            governor.refused(retry_after)

        async def ask() -> None:
            await anyio.sleep(0.001)
            while anyio.current_time() < 120:
                await send(governor, log, Priority.USER, patience=10_000)

        async with anyio.create_task_group() as tasks:
            for refusal in refusals:
                tasks.start_soon(refuse, *refusal)
            tasks.start_soon(ask)

    virtual_time.run(work)
    assert log[-1][0] >= 60
    for at, retry_after in refusals:
        least = retry_after if retry_after is not None and retry_after >= 0 else 0
        assert [sent for sent, *_ in log if at < sent < at + least] == []


def test_turns_go_by_priority_and_within_one_by_order() -> None:
    async def work() -> list[Priority]:
        governor = Governor(Limits(Limit(1, 1.0), reserve=0))
        log: list[Sent] = []
        await send(governor, log, Priority.USER)

        async def one(priority: Priority) -> None:
            await send(governor, log, priority)

        async with anyio.create_task_group() as tasks:
            for priority in reversed(Priority):
                tasks.start_soon(one, priority)
                tasks.start_soon(one, Priority.CREATE)
        return [priority for _, priority, _ in log][1:]

    order = virtual_time.run(work)
    assert order[:8] == [Priority.USER, *[Priority.CREATE] * 7]
    # Within these seconds nobody was overdue but run lists, that waited 5 s.
    assert Counter(order) == Counter([*Priority, *[Priority.CREATE] * 6])


def test_a_request_of_a_person_does_not_wait_for_background_work() -> None:
    async def work() -> list[float]:
        governor = Governor()
        log: list[Sent] = []
        waits: list[float] = []

        async def background(priority: Priority, kind: Kind) -> None:
            while anyio.current_time() < 300:
                await send(governor, log, priority, kind, takes=0.3)

        async def person() -> None:
            while anyio.current_time() < 300:
                await anyio.sleep(20)
                asked_at = anyio.current_time()
                for kind in (Kind.READ, Kind.LOGS):
                    await send(governor, log, Priority.USER, kind)
                waits.append(anyio.current_time() - asked_at)

        async with anyio.create_task_group() as tasks:
            for priority in Priority:
                if priority.is_background:
                    tasks.start_soon(background, priority, Kind.LOGS)
                    tasks.start_soon(background, priority, Kind.READ)
            tasks.start_soon(person)
        return waits

    assert max(virtual_time.run(work)) == 0


def sent_in_five_minutes(*flood: tuple[Priority, Kind]) -> Counter[Priority]:
    """How much each priority gets while all ask all the time, the flood three times over."""

    async def work() -> Counter[Priority]:
        governor = Governor()
        log: list[Sent] = []

        async def ask(priority: Priority, kind: Kind) -> None:
            while anyio.current_time() < 300:
                await send(governor, log, priority, kind, takes=0.3, patience=10_000)

        async with anyio.create_task_group() as tasks:
            for priority in Priority:
                if priority.is_background:
                    logs = priority in {Priority.WATCHED_LOGS, Priority.UNWATCHED_LOGS}
                    tasks.start_soon(ask, priority, Kind.LOGS if logs else Kind.READ)
            for _ in range(3):
                for priority, kind in flood:
                    tasks.start_soon(ask, priority, kind)
        return Counter(priority for _, priority, _ in log)

    return virtual_time.run(work)


def test_watched_logs_leave_something_for_everybody() -> None:
    sent = sent_in_five_minutes((Priority.WATCHED_LOGS, Kind.LOGS))
    assert sent[Priority.WATCHED_LOGS] > 180
    assert sent[Priority.RUN_LIST] > 200
    assert sent[Priority.UNWATCHED_LOGS] >= 50
    assert sent[Priority.BACKFILL] >= 12


def test_a_flood_of_people_leaves_something_for_everybody() -> None:
    sent = sent_in_five_minutes((Priority.USER, Kind.READ), (Priority.USER, Kind.LOGS))
    assert sent[Priority.USER] > 450
    for priority in Priority:
        if priority.is_background:
            assert sent[priority] >= 7, priority


def test_background_work_comes_evenly() -> None:
    async def work() -> list[float]:
        governor = Governor()
        log: list[Sent] = []
        for _ in range(120):
            await send(governor, log, Priority.WATCHED_LOGS, Kind.LOGS)
        return [at for at, *_ in log]

    times = virtual_time.run(work)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert max(gaps) < 5
    assert most_in_a_window(times, 60) <= 57
    assert times[-1] < 130


def test_a_wait_that_would_be_too_long_is_refused_at_once_and_says_when() -> None:
    async def work() -> tuple[float, RateLimited]:
        governor = Governor()
        log: list[Sent] = []
        for _ in range(60):
            await send(governor, log, Priority.USER)
        await anyio.sleep(1)
        with pytest.raises(RateLimited) as refused:
            await send(governor, log, Priority.USER)
        return anyio.current_time(), refused.value

    now, error = virtual_time.run(work)
    assert now == 1
    assert error.retry_after_seconds == pytest.approx(29.1)
    assert str(error).endswith("try again in 30 s.")


def test_a_wait_has_an_end_even_when_nothing_ever_comes_back() -> None:
    async def work() -> float:
        governor = Governor(SMALL)
        log: list[Sent] = []
        now = 0.0

        async def hang() -> None:
            await send(governor, log, Priority.USER, takes=math.inf)

        async with anyio.create_task_group() as tasks:
            for _ in range(6):
                tasks.start_soon(hang)
            await anyio.sleep(1)
            with pytest.raises(RateLimited):
                await send(governor, log, Priority.BACKFILL, patience=40)
            now = anyio.current_time()
            tasks.cancel_scope.cancel()
        return now

    assert virtual_time.run(work) == 41


def test_who_gives_up_waiting_takes_nothing_from_others() -> None:
    async def work() -> tuple[Mapping[Priority, int], Mapping[Kind, int]]:
        governor = Governor(SMALL)
        log: list[Sent] = []

        async def one() -> None:
            await send(governor, log, Priority.USER, takes=1.0)

        for _ in range(6):
            await send(governor, log, Priority.USER)
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(one)
            await anyio.sleep(1)
            tasks.cancel_scope.cancel()
        waiting = governor.state().waiting
        await anyio.sleep(3)
        return waiting, governor.state().remaining

    assert virtual_time.run(work) == ({}, {Kind.READ: 6, Kind.LOGS: 4, Kind.CREATE: 2})


def test_waits_double_with_each_refusal_and_start_anew_after_an_answer() -> None:
    async def work() -> tuple[list[float], int]:
        governor = Governor(pick=lambda _, high: high)
        waits: list[float] = []
        for answered in (False, False, False, True, *[False] * 9):
            asked_at = anyio.current_time()
            async with governor.turn(Priority.USER, patience_seconds=100):
                waits.append(anyio.current_time() - asked_at)
                if not answered:
                    governor.refused()
        return waits, governor.state().refusals

    waits, refusals = virtual_time.run(work)
    assert waits == pytest.approx([0, 1, 2, 4, 0, 1, 2, 4, 8, 16, 32, 60, 60])
    assert refusals == 12


def test_refusals_of_requests_that_were_sent_together_count_once() -> None:
    async def work() -> float:
        governor = Governor(pick=lambda _, high: high)
        async with governor.turn(Priority.USER), governor.turn(Priority.USER):
            governor.refused()
            governor.refused()
        asked_at = anyio.current_time()
        async with governor.turn(Priority.USER):
            return anyio.current_time() - asked_at

    assert virtual_time.run(work) == 1


def test_an_absurd_time_is_honoured_for_an_hour() -> None:
    async def work() -> float | None:
        governor = Governor(pick=lambda low, _: low)
        governor.refused(1e12)
        with pytest.raises(RateLimited) as refused:
            async with governor.turn(Priority.USER):
                pass
        await anyio.sleep(3600)
        async with governor.turn(Priority.USER):
            return refused.value.retry_after_seconds

    assert virtual_time.run(work) == 3600


def test_what_is_left_and_until_when_upstream_is_left_alone_can_be_seen() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)

    async def work() -> tuple[GovernorState, GovernorState]:
        governor = Governor(pick=lambda low, _: low, wall=lambda: now)
        log: list[Sent] = []
        await send(governor, log, Priority.CREATE, Kind.CREATE)
        await send(governor, log, Priority.WATCHED_LOGS, Kind.LOGS)
        before = governor.state()
        governor.refused(12)
        return before, governor.state()

    before, after = virtual_time.run(work)
    assert before.remaining == {Kind.READ: 58, Kind.LOGS: 58, Kind.CREATE: 9}
    assert before.sent == {Kind.CREATE: 1, Kind.LOGS: 1}
    assert (before.limited_until, before.refusals) == (None, 0)
    assert after.remaining == {Kind.READ: 0, Kind.LOGS: 0, Kind.CREATE: 0}
    assert (after.limited_until, after.refusals) == (now + timedelta(seconds=12), 1)


def test_everything_with_one_token_shares_one_governor() -> None:
    governors = Governors()
    first = governors.of("https://api.example.com", "a")
    assert governors.of("https://api.example.com/v1/", "a") is first
    assert governors.of("https://api.example.com", "b") is not first
    assert governors.of("https://other.example.com", "a") is not first


def test_a_limit_of_one_still_lets_everybody_through() -> None:
    async def work() -> int:
        governor = Governor(Limits(Limit(1, 1), Limit(1, 1), Limit(1, 1)))
        log: list[Sent] = []
        for priority in Priority:
            for kind in Kind:
                await send(governor, log, priority, kind)
        return len(log)

    assert virtual_time.run(work) == len(Priority) * len(Kind)
