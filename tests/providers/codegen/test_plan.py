"""What is asked next: the stalest first, watched first, nothing forgotten."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runs.providers.codegen.plan import FollowPlan, Intervals, LogsDue, StatusDue
from bench.hosted import share, simulate
from tests.length import IS_LONG, examples, rounds

HOUR = 3600.0


def account(*works: int, runs: int = 1000) -> list[tuple[str, bool]]:
    """A list of runs, newest first, of which those at these places work."""
    return [(str(runs - place), place in works) for place in range(runs)]


def plan_of(runs: list[tuple[str, bool]], now: float = 0.0) -> FollowPlan:
    plan = FollowPlan()
    for skip in range(0, len(runs), 100):
        plan.listed(skip, runs[skip : skip + 100], now)
    return plan


def test_the_first_request_of_all_is_the_first_page() -> None:
    assert FollowPlan().next_status(5.0) == StatusDue(-math.inf)


def test_one_page_refreshes_all_runs_that_are_on_it() -> None:
    runs = account(*range(60))
    plan = plan_of(runs)
    due = plan.next_status(3.0)
    assert (due.skip, due.run, due.at) == (0, None, 2.5)
    plan.listed(0, runs[:100], 3.0)
    assert plan.next_status(3.0).at == 5.5
    assert {plan.age(run, 3.0)[0] for run in plan.followed} == {0.0}


def test_pages_without_runs_that_work_are_never_asked_for() -> None:
    runs = account(3, 420)
    plan, now = plan_of(runs), 0.0
    skips: list[int] = []
    while now < 60:
        due = plan.next_status(now)
        now = max(now + 1, due.at)
        plan.listed(due.skip, runs[due.skip : due.skip + 100], now)
        skips.append(due.skip)
    assert set(skips) == {0, 410}


def test_nothing_that_works_means_a_look_at_the_first_page_now_and_then() -> None:
    plan = plan_of(account())
    assert plan.next_status(1.0) == StatusDue(30.0)
    plan.watch({"1000"})
    assert plan.next_status(1.0) == StatusDue(5.0)


def test_a_page_with_one_run_is_not_forgotten_for_pages_with_many() -> None:
    runs = account(*range(180), 950)
    plan, oldest = plan_of(runs), 0.0
    for second in range(1, 300):
        due = plan.next_status(second)
        plan.listed(due.skip, runs[due.skip : due.skip + 100], second)
        oldest = max(oldest, plan.age("50", second)[0])
    assert oldest < 30


def test_newcomers_move_the_others_down_and_these_are_still_found() -> None:
    plan = plan_of(account(450))
    later = [(str(number), False) for number in range(1040, 1000, -1)] + account(450)
    plan.listed(0, later[:100], 10.0)
    due = plan.next_status(20.0)
    while due.skip == 0:
        plan.listed(0, later[:100], 20.0)
        due = plan.next_status(20.0)
    assert "550" in dict(later[due.skip : due.skip + 100])


def test_a_run_that_is_not_on_its_page_is_asked_for_alone_until_it_is_found() -> None:
    runs = account(450)
    plan = plan_of(runs)
    for now in (10.0, 20.0, 30.0):
        plan.listed(440, account()[300:400], now)  # the list has shrunk by much
        plan.listed(0, runs[:100], now)
        assert plan.next_status(now) == StatusDue(now - 7.5 if now > 10 else 2.5, run="550")
        plan.seen("550", now, works=True)
    plan.listed(0, runs[:100], 32.0)
    assert plan.next_status(32.0) == StatusDue(32.5, run="550")
    plan.listed(400, runs[400:500], 33.0)
    assert plan.next_status(36.0) == StatusDue(35.5, 440)
    plan.forget("550")
    assert list(plan.followed) == []


def test_an_empty_page_makes_no_one_be_forgotten_or_asked_for_without_end() -> None:
    runs = account(*range(60))
    plan = plan_of(runs)
    plan.listed(0, [], 10.0)
    assert len(plan.followed) == 60
    alone = plan.next_status(10.0)
    assert alone.run is not None
    assert plan.next_status(13.0).run is None
    plan.listed(0, runs[:100], 13.0)
    assert plan.next_status(13.0) == StatusDue(15.5)


def test_one_run_that_cannot_be_asked_for_does_not_stop_the_others() -> None:
    plan = plan_of(account(0))
    plan.seen("7", 0.0, works=True)
    assert plan.next_status(3.0).run is None
    plan.listed(0, account(0)[:100], 3.0)
    assert plan.next_status(3.0).run == "7"
    plan.failed("7", 3.0)
    assert plan.next_status(3.0) == StatusDue(5.5)
    assert plan.next_status(9.0).run == "7"


def test_a_run_that_came_and_ended_between_two_looks_is_read_once() -> None:
    plan = plan_of(account())
    plan.listed(0, [("1001", False), *account()[:99]], 20.0)
    assert plan.next_logs(20.0, watched=False) == LogsDue(20.0, "1001")
    plan.logs_started("1001", 20.0)
    plan.logs_read("1001", 20.5, more=False)
    assert list(plan.followed) == []


def test_a_whole_page_of_newcomers_is_followed_and_the_first_page_ever_is_not() -> None:
    plan = FollowPlan()
    plan.listed(0, account(runs=100), 0.0)
    assert list(plan.followed) == []
    plan.listed(0, account(runs=1000)[:100], 60.0)
    assert len(plan.followed) == 100


def test_watched_logs_take_turns_and_nobody_reads_the_same_twice() -> None:
    plan = plan_of(account(0, 1, 2))
    plan.watch({"1000", "999", "998"})
    order: list[str] = []
    for now in (1.0, 2.0, 3.0):
        due = plan.next_logs(now, watched=True)
        assert due
        plan.logs_started(due.run, now)
        order.append(due.run)
    assert sorted(order) == ["1000", "998", "999"]
    assert plan.next_logs(3.0, watched=True) is None
    for run in order:
        plan.logs_read(run, 3.0, more=False)
    assert plan.next_logs(4.0, watched=True) == LogsDue(5.0, order[0])
    assert plan.next_logs(4.0, watched=False) is None


def test_more_entries_are_read_at_once_but_in_turn_with_others() -> None:
    plan = plan_of(account(0, 1))
    plan.watch({"1000", "999"})
    for run, now, more in (("1000", 1.0, True), ("999", 2.0, False)):
        plan.logs_started(run, now)
        plan.logs_read(run, now, more=more)
    assert plan.next_logs(2.5, watched=True) == LogsDue(2.5, "1000")
    plan.logs_started("1000", 2.5)
    plan.logs_read("1000", 2.5, more=True)
    assert plan.next_logs(5.0, watched=True) == LogsDue(5.0, "999")


def test_of_the_unwatched_those_that_ended_come_first() -> None:
    plan = plan_of(account(0, 1))
    for run, now in (("1000", 1.0), ("999", 2.0)):
        plan.logs_started(run, now)
        plan.logs_read(run, now, more=False)
    plan.seen("999", 3.0, works=False)
    assert plan.next_logs(HOUR, watched=False) == LogsDue(HOUR, "999")


def test_a_run_is_complete_only_when_it_was_read_after_its_end_was_seen() -> None:
    plan = plan_of(account(0))
    plan.logs_started("1000", 5.0)
    plan.seen("1000", 6.0, works=False)
    plan.logs_read("1000", 5.0, more=False)
    assert list(plan.followed) == ["1000"]
    plan.logs_started("1000", 7.0)
    plan.logs_read("1000", 7.0, more=False)
    assert list(plan.followed) == []


def test_a_run_that_goes_on_after_its_end_is_followed_again() -> None:
    plan = plan_of(account(0))
    plan.seen("1000", 6.0, works=False)
    plan.seen("1000", 7.0, works=True)
    plan.logs_started("1000", 8.0)
    plan.logs_read("1000", 8.0, more=False)
    assert list(plan.followed) == ["1000"]


def test_logs_that_cannot_be_read_are_tried_later_and_later_and_stop_no_others() -> None:
    plan = plan_of(account(0, 1))
    now = 1.0
    waits: list[float] = []
    for _ in range(9):
        plan.logs_started("1000", now)
        plan.failed("1000", now)
        plan.logs_started("999", now)
        plan.logs_read("999", now, more=True)
        assert plan.next_logs(now, watched=False) == LogsDue(now, "999")
        plan.logs_started("999", now)
        due = plan.next_logs(now, watched=False)
        assert due
        assert due.run == "1000"
        plan.logs_read("999", now, more=False)
        waits.append(due.at - now)
        now = due.at
    assert waits == pytest.approx([5, 10, 20, 40, 80, 160, 300, 300, 300])


@pytest.mark.soak
@settings(max_examples=examples(60))
@given(st.data())
def test_every_run_that_works_is_seen_however_the_list_moves(data: st.DataObject) -> None:
    """Runs start, end and vanish between any two requests; each request refreshes what it shows."""
    runs = [(str(place), data.draw(st.booleans(), "works")) for place in range(30, 0, -1)]
    plan, next_id = FollowPlan(Intervals(status=0.0, newcomers=0.0)), 31
    plan.listed(0, runs, 0.0)
    for second in range(1, 400):
        if second < 30:
            for _ in range(data.draw(st.integers(0, 3), "new")):
                runs.insert(0, (str(next_id), True))
                next_id += 1
            if runs and data.draw(st.booleans(), "vanish"):
                runs.pop(data.draw(st.integers(0, len(runs) - 1)))
        due = plan.next_status(second)
        if due.run is None:
            plan.listed(due.skip, runs[due.skip : due.skip + 100], second)
        elif due.run in dict(runs):
            plan.seen(due.run, second, works=dict(runs)[due.run])
        else:
            plan.forget(due.run)
    working = {run for run, works in runs if works}
    assert working <= set(plan.followed)
    for run in working:
        assert plan.age(run, 399.0)[0] < 200


@pytest.mark.soak
@pytest.mark.parametrize("seed", rounds())
def test_minutes_of_a_large_account_stay_inside_the_limits_and_fresh(seed: int) -> None:
    ages = simulate(watched=2, seconds=HOUR if IS_LONG else 400, seed=5 + seed)
    assert ages.most[0] <= 60
    assert ages.most[1] <= 60
    assert share(ages.status, 0.95) < 5
    assert share(ages.watched, 0.95) < 5
