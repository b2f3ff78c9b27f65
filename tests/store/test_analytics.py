"""Figures are read by spans of days, on both engines: any period is the sum of its days."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_samples import NOW, entry, new_run

from agent_runs.store import analytics, figures, logs, runs
from agent_runs.store.analytics import FigureFilter
from agent_runs.store.database import Database


@pytest.mark.anyio
async def test_any_period_is_read_as_the_sum_of_its_days(database: Database) -> None:
    for days_ago in range(70):
        run = await new_run(
            database, created_at=NOW - timedelta(days=days_ago), agent=f"agent{days_ago % 2}"
        )
        async with database.begin() as transaction:
            entries = [entry("", tool_name="bash") for _ in range(days_ago % 5)]
            await logs.append(transaction, run.id, None, entries)
            run = await runs.lock(transaction, run.id)
            run = await runs.change(transaction, run, status="COMPLETE")
    kinds = (figures.RUNS, figures.STEPS, "tool")
    newest = figures.place_of(run).day + 69
    for days, before in ((1, 0), (29, 3), (30, 30), (64, 1), (80, 0), (1100, 0)):
        wanted = FigureFilter(newest - before - days + 1, newest - before)
        daily = _summed(await analytics.by_day(database, kinds, wanted, 1))
        assert daily["runs", "COMPLETE", "number"] == min(days, 70 - before)
        assert daily == _summed(await analytics.by_name(database, kinds, wanted))
        assert daily == _summed(await analytics.by_day(database, kinds, wanted, 7))
        assert daily == _summed(await analytics.by_origin(database, kinds, wanted, "agent"))


def _summed(found: Iterable[Any]) -> Counter[Any]:
    sums: Counter[Any] = Counter()
    for each in found:
        for what, number in (each.amount._asdict() | each.buckets).items():
            sums[each.kind, each.name, what] += number
    return sums


@given(first=st.integers(0, 30_000), days=st.integers(1, 1100))
def test_a_period_is_read_in_few_pieces_that_touch_each_other(first: int, days: int) -> None:
    pieces = analytics.pieces_of(first, first + days - 1)
    assert [day for span, begin in pieces for day in range(begin, begin + span)] == list(
        range(first, first + days)
    )
    assert all(begin % span == 0 for span, begin in pieces)
    assert len(pieces) <= 18 + days // 30
