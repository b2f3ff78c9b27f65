"""How upstream is doing, and when it is asked again."""

from datetime import UTC, datetime, timedelta

import pytest

from agent_runs import errors
from agent_runs.providers.codegen.condition import Conditions, Trouble

START = datetime(2026, 1, 1, tzinfo=UTC)


class Day:
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


@pytest.fixture
def day() -> Day:
    return Day()


@pytest.fixture
def conditions(day: Day) -> Conditions:
    return Conditions(pick=lambda _, high: high, wall=day)


def fail(conditions: Conditions, day: Day, error: errors.AgentRunsError) -> float:
    """One failure now; the wait after it."""
    conditions.failed(error, day.seconds)
    return conditions.wait(day.seconds)


def test_waits_double_up_to_a_minute_and_since_stays(conditions: Conditions, day: Day) -> None:
    waits: list[float] = []
    for _ in range(8):
        waits.append(fail(conditions, day, errors.ServerUnreachable("away")))
        day.seconds += waits[-1]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    only = conditions.all[0]
    assert (only.trouble, only.since, only.message) == (Trouble.OFFLINE, START, "away")
    assert only.next_try == day()
    conditions.answered()
    assert (conditions.all, conditions.wait(day.seconds)) == ([], 0)
    assert fail(conditions, day, errors.ServerUnreachable("away")) == 1


def test_requests_that_fail_together_count_once(conditions: Conditions, day: Day) -> None:
    for _ in range(5):
        fail(conditions, day, errors.ServerUnreachable("away"))
    assert conditions.wait(day.seconds) == 1


def test_a_wish_to_wait_is_shown_as_it_was_said(conditions: Conditions, day: Day) -> None:
    assert fail(conditions, day, errors.RateLimited("slow down", retry_after_seconds=42)) == 42
    assert conditions.all[0].next_try == START + timedelta(seconds=42)


def test_another_trouble_begins_anew(conditions: Conditions, day: Day) -> None:
    fail(conditions, day, errors.ServerUnreachable("away"))
    day.seconds = 30
    fail(conditions, day, errors.Unauthorized("wrong token"))
    only = conditions.all[0]
    assert (only.trouble, only.since) == (Trouble.TOKEN_REFUSED, day())
    assert conditions.wait(day.seconds) == 60


def test_a_used_up_allotment_stops_nothing_but_new_runs(conditions: Conditions, day: Day) -> None:
    assert fail(conditions, day, errors.PaymentRequired("used up")) == 0
    conditions.answered()
    assert [each.trouble for each in conditions.all] == [Trouble.ALLOTMENT_USED_UP]
    conditions.created()
    assert conditions.all == []


def test_a_run_that_cannot_be_read_stops_nothing(conditions: Conditions, day: Day) -> None:
    conditions.failed(errors.UnexpectedAnswer("odd"), day.seconds, "7")
    conditions.answered("8")
    assert [(each.run, each.trouble) for each in conditions.all] == [("7", Trouble.SHAPE_CHANGED)]
    assert conditions.wait(day.seconds) == 0
    conditions.answered("7")
    assert conditions.all == []


def test_no_connection_is_never_about_one_run(conditions: Conditions, day: Day) -> None:
    conditions.failed(errors.ServerUnreachable("away"), day.seconds, "7")
    assert [(each.run, each.trouble) for each in conditions.all] == [(None, Trouble.OFFLINE)]
