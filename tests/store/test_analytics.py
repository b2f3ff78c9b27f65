"""Figures are read by spans of days, on both engines: any period is the sum of its days."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_samples import NOW, entry, new_run

from agent_runs.store.engine.database import Database
from agent_runs.store.figures import figures
from agent_runs.store.figures import sums as analytics
from agent_runs.store.figures.sums import FigureFilter, Totals
from agent_runs.store.runs import logs, runs


@pytest.mark.anyio
async def test_any_period_is_read_as_the_sum_of_its_days(database: Database) -> None:
    newest = 0
    for days_ago in range(70):
        run = await new_run(
            database, created_at=NOW - timedelta(days=days_ago), agent=f"agent{days_ago % 2}"
        )
        async with database.begin() as transaction:
            entries = [entry("", tool_name="bash") for _ in range(days_ago % 5)]
            await logs.append(transaction, run.id, None, entries)
            run = await runs.lock(transaction, run.id)
            run = await runs.change(transaction, run, status="COMPLETE")
        newest = figures.cell_of(run).day + days_ago
    columns = ("complete", "calls", "steps")
    for days, before in ((1, 0), (29, 3), (30, 30), (64, 1), (80, 0), (1100, 0)):
        wanted = FigureFilter(newest - before - days + 1, newest - before)
        daily = _summed(await analytics.by_step(database, columns, wanted, 1))
        assert daily["complete"] == min(days, 70 - before)
        assert daily == _summed(await analytics.by_step(database, columns, wanted, days))
        assert daily == _summed(await analytics.by_step(database, columns, wanted, 7))
        assert daily == _summed(await analytics.by_origin(database, columns, wanted, "agent"))
        for origin in (None, "agent"):
            for is_daily in (True, False):
                tools = await analytics.by_name(
                    database, "tool", wanted, origin=origin, is_daily=is_daily
                )
                assert sum(each.amount.number for each in tools) == daily["calls"]


def _summed(found: Mapping[Any, Totals]) -> Counter[Any]:
    sums: Counter[Any] = Counter()
    for totals in found.values():
        sums.update(totals.amounts)
        for column, buckets in totals.buckets.items():
            sums.update({(column, bucket): number for bucket, number in buckets.items()})
    return sums


@pytest.mark.anyio
async def test_the_last_day_of_a_name_is_exact_when_days_are_read(database: Database) -> None:
    for days_ago in (3, 5):
        run = await new_run(database, created_at=NOW - timedelta(days=days_ago))
        async with database.begin() as transaction:
            await logs.append(transaction, run.id, None, [entry("", tool_name="bash")])
            await runs.change(transaction, await runs.lock(transaction, run.id), status="COMPLETE")
    today = figures.cell_of(run).day + 5
    wanted = FigureFilter(today - 40, today)
    (bash,) = await analytics.by_name(database, "tool", wanted, is_daily=True)
    assert (bash.name, bash.amount.number, bash.last_day) == ("bash", 2, today - 3)


@given(first=st.integers(0, 30_000), days=st.integers(1, 1100))
def test_a_period_is_read_in_few_pieces_that_touch_each_other(first: int, days: int) -> None:
    pieces = analytics.pieces_of(FigureFilter(first, first + days - 1), days)
    assert [day for _, span, begin in pieces for day in range(begin, begin + span)] == list(
        range(first, first + days)
    )
    assert all(begin % span == 0 for _, span, begin in pieces)
    assert len(pieces) <= 18 + days // 30


@given(first=st.integers(0, 30_000), days=st.integers(1, 200), step=st.integers(1, 200))
def test_no_piece_reaches_over_the_end_of_a_step(first: int, days: int, step: int) -> None:
    for at, span, begin in analytics.pieces_of(FigureFilter(first, first + days - 1), step):
        assert (begin - first) // step == (begin + span - 1 - first) // step == at
