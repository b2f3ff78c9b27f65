"""Tables of analytics on both engines: rates, percentiles and the way back to the runs."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from store_samples import entry, new_run

from agent_runs.analytics import TABLES, Scope, read_table
from agent_runs.analytics.histogram import Histogram
from agent_runs.filters import RunFilter, TableName
from agent_runs.models import JSON
from agent_runs.store.engine.database import Database
from agent_runs.store.figures.figures import bucket_of
from agent_runs.store.organization import repos
from agent_runs.store.runs import logs, runs

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FORTNIGHT = Scope(DAY - timedelta(days=13), DAY)
FAILED = {"status": "failed"}


@pytest.fixture
async def history(database: Database) -> Database:
    """A week of runs: two agents, two repositories, one template, failures, costs."""
    async with database.begin() as transaction:
        await repos.insert(transaction, name="shop", url="/shop")
        await repos.insert(transaction, name="tools", url="/tools")
    for days_ago in range(7):
        for hour in range(4):
            await _run(
                database,
                NOON - timedelta(days=days_ago, hours=hour),
                agent="claude" if hour % 2 else "codex",
                repo_id=1 if hour < 2 else 2,
                mode="bugfix" if hour == 0 else None,
                status="ERROR" if hour == 3 else "COMPLETE",
                seconds=10 * (hour + 1),
            )
    await new_run(database, created_at=NOON, agent="claude", archived_at=NOON)
    return database


async def _run(
    database: Database,
    created: datetime,
    *,
    agent: str,
    repo_id: int,
    mode: str | None,
    status: str,
    seconds: int,
) -> None:
    run = await new_run(
        database,
        created_at=created,
        agent=agent,
        repo_id=repo_id,
        metadata={"mode": mode} if mode else {},
    )
    started = created + timedelta(seconds=1)
    calls = [
        entry("fine", tool_name="bash", duration_ms=500, created_at=started),
        entry("nothing like '/a/b'", tool_name="edit", duration_ms=100, created_at=started),
    ]
    if status == "ERROR":
        calls.append(
            entry(f"exit code {seconds}", tool_name="bash", duration_ms=500, tool_output=FAILED)
        )
    usage: dict[str, JSON] = {"summed": {"inputTokens": 100, "outputTokens": 10}}
    if agent == "claude":
        usage["cost"] = {"amount": 0.5, "currency": "USD"}
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, calls)
        await runs.change(
            transaction,
            run,
            status=status,
            started_at=started,
            worked_ms=1000 * seconds,
            usage=usage,
            finished_at=started + timedelta(seconds=seconds),
        )


async def rows(
    database: Database, name: TableName, scope: Scope = FORTNIGHT
) -> list[dict[str, Any]]:
    table = await read_table(database, name, scope)
    names = [column.name for column in table.kind.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


async def runs_behind(database: Database, path: str) -> int:
    """How many runs the list shows that a figure leads to."""
    query = parse_qs(urlsplit(path).query)
    assert urlsplit(path).path == "/agent_runs"
    one: dict[str, JSON] = {
        name: query[name][0]
        for name in ("agent", "mode", "tool", "failed_tool", "error", "measured")
        if name in query
    }
    wanted = RunFilter(
        status=tuple(query.get("status", ())),
        since=datetime.fromisoformat(query["since"][0]),
        until=datetime.fromisoformat(query["until"][0]),
        repo_id=int(query["repo_id"][0]) if "repo_id" in query else None,
        archived=None,
        **one,
    )
    _, total = await runs.page(database, wanted, skip=0, limit=1)
    return total


async def test_days_say_how_runs_ended_and_lead_to_them(history: Database) -> None:
    days = await rows(history, "days")
    assert len(days) == 14
    assert days[0] | {"runs": ""} == {
        "day": "2026-11-09",
        "number": 0,
        "complete": 0,
        "failed": 0,
        "cancelled": 0,
        "working": 0,
        "success_rate": None,
        "runs": "",
    }
    last = days[-1]
    assert (last["number"], last["complete"], last["failed"], last["working"]) == (5, 3, 1, 1)
    assert last["success_rate"] == 0.75
    for row in days:
        assert await runs_behind(history, row["runs"]) == row["number"]


async def test_measured_figures_lead_to_the_runs_that_were_measured(history: Database) -> None:
    async with history.begin() as transaction:
        # It ended, waited, and nobody knows when it began; the next one has an entry at least.
        measured: tuple[dict[str, JSON], ...] = ({"waited_ms": 5000}, {"first_step_at": NOON})
        for fields in measured:
            run = await runs.insert(transaction, prompt="x", agent="codex", created_at=NOON)
            await runs.change(transaction, run, status="CANCELLED", **fields)
    numbers: dict[str, list[int]] = {}
    for name in ("durations", "first_steps", "waiting", "steps"):
        table = await rows(history, name)
        numbers[name] = [row["number"] for row in table]
        assert [await runs_behind(history, row["runs"]) for row in table] == numbers[name]
    assert [numbers[name][-1] for name in numbers] == [4, 5, 1, 6]


async def test_percentiles_are_near_and_sums_exact(history: Database) -> None:
    last = (await rows(history, "durations"))[-1]
    assert (last["number"], last["total"], last["mean"]) == (4, 100.0, 25.0)
    assert last["p50"] == pytest.approx(20, rel=0.091)
    assert last["p99"] == pytest.approx(40, rel=0.091)
    first_step = (await rows(history, "first_steps"))[-1]
    assert first_step["p50"] == pytest.approx(1, rel=0.091)
    steps = (await rows(history, "steps"))[-1]
    assert (steps["number"], steps["total"]) == (4, 9)


async def test_tools_tell_failures_and_time_and_lead_to_their_runs(history: Database) -> None:
    bash, edit = await rows(history, "tools")
    assert (bash["tool"], bash["calls"], bash["failed"]) == ("bash", 35, 7)
    assert (bash["failure_rate"], bash["mean"], bash["total"]) == (0.2, 0.5, 17.5)
    assert (edit["tool"], edit["calls"], edit["failed_runs"]) == ("edit", 28, "")
    assert await runs_behind(history, bash["runs"]) == 28
    assert await runs_behind(history, bash["failed_runs"]) == 7


async def test_errors_are_grouped_by_likeness_and_lead_to_their_runs(history: Database) -> None:
    (error,) = await rows(history, "errors")
    assert (error["error"], error["number"], error["in_runs"]) == ("exit code #", 7, 7)
    assert error["last_day"] == "2026-11-22"
    assert await runs_behind(history, error["runs"]) == 7


async def test_origins_tell_success_tokens_and_cost_as_reported(history: Database) -> None:
    claude, codex = await rows(history, "agents")
    assert (claude["agent"], claude["number"], claude["ended"]) == ("claude", 15, 14)
    assert (claude["success_rate"], claude["cost"]) == (0.5, {"USD": 7.0})
    assert (codex["agent"], codex["success_rate"], codex["cost"]) == ("codex", 1.0, {})
    assert (codex["input_tokens"], codex["total_tokens"], codex["reporting"]) == (1400, 1540, 14)
    shop, tools, none = await rows(history, "repositories")
    assert [(row["name"], row["number"]) for row in (shop, tools, none)] == [
        ("shop", 14),
        ("tools", 14),
        (None, 1),
    ]
    plain, bugfix = await rows(history, "templates")
    assert (plain["mode"], plain["number"]) == (None, 22)
    assert (bugfix["mode"], bugfix["number"]) == ("bugfix", 7)
    for row in (claude, codex, shop, tools, bugfix):
        assert await runs_behind(history, row["runs"]) == row["number"]


@pytest.mark.parametrize(
    ("more", "number"),
    [
        ({"agent": "claude"}, 15),
        ({"repo_id": 2}, 14),
        ({"mode": "bugfix"}, 7),
        ({"agent": "codex", "repo_id": 1}, 7),
        ({"agent": "codex", "repo_id": 1, "mode": "bugfix"}, 7),
        ({"agent": "claude", "mode": "bugfix"}, 0),
        ({"agent": "nobody"}, 0),
    ],
)
async def test_filters_hold_in_every_table(
    history: Database, more: dict[str, Any], number: int
) -> None:
    scope = Scope(FORTNIGHT.first_day, FORTNIGHT.last_day, **more)
    summary = {row["figure"]: row for row in await rows(history, "summary", scope)}
    assert summary["runs"]["value"] == number
    assert sum(row["number"] for row in await rows(history, "days", scope)) == number
    for name in ("agents", "repositories", "templates"):
        table = await rows(history, name, scope)
        assert sum(row["number"] for row in table) == number
        for row in table:
            if row["runs"]:
                assert await runs_behind(history, row["runs"]) == row["number"]
    for row in await rows(history, "tools", scope):
        assert await runs_behind(history, row["runs"]) > 0


async def test_the_summary_compares_with_the_period_before(history: Database) -> None:
    three_days = Scope(DAY - timedelta(days=2), DAY)
    figures = {row["figure"]: row for row in await rows(history, "summary", three_days)}
    assert (figures["runs"]["value"], figures["runs"]["before"]) == (13, 12)
    assert figures["success_rate"]["value"] == 0.75
    assert figures["duration_p50"]["value"] == pytest.approx(20, rel=0.091)
    assert figures["tool_failure_rate"]["value"] == pytest.approx(3 / 27, abs=0.001)
    assert (figures["tokens"]["value"], figures["cost"]["value"]) == (1320, {"USD": 3.0})
    assert await runs_behind(history, figures["runs"]["runs"]) == 13
    assert await runs_behind(history, figures["failed"]["runs"]) == figures["failed"]["value"] == 3


async def test_where_the_time_goes_adds_up(history: Database) -> None:
    parts = {row["part"]: row for row in await rows(history, "time")}
    assert parts["tools"]["total"] == 17.5 + 2.8
    assert parts["queued"]["total"] == 28
    assert parts["model"]["total"] == pytest.approx(700 - 20.3)
    assert sum(row["share"] for row in parts.values()) == pytest.approx(1, abs=0.001)


async def test_a_long_period_has_a_row_per_week_with_the_same_sums(history: Database) -> None:
    year = Scope(DAY - timedelta(days=364), DAY)
    days = await rows(history, "days", year)
    assert len(days) == 53
    assert sum(row["number"] for row in days) == 29
    for row in days[-3:]:
        assert await runs_behind(history, row["runs"]) == row["number"]


async def test_without_runs_every_table_says_so_honestly(database: Database) -> None:
    for name in get_args(TableName):
        for row in await rows(database, name):
            counts = [row.get(key) for key in ("number", "value", "total", "calls")]
            assert not any(counts), (name, row)
    assert set(get_args(TableName)) == set(TABLES)


@pytest.mark.parametrize("values", [[7], [1, 1, 1, 1000], list(range(1, 500)), [0, 0, 5]])
def test_a_percentile_is_off_by_at_most_a_tenth(values: list[int]) -> None:
    buckets = Counter(f"{bucket_of(value):03}" for value in values)
    histogram = Histogram(buckets, sum(values))
    ordered = sorted(values)
    for share in (0.01, 0.5, 0.9, 0.99, 1):
        exact = ordered[max(-(-int(share * 100) * len(values) // 100), 1) - 1]
        assert histogram.percentile(share) == pytest.approx(exact, rel=0.0906)
    assert (histogram.number, histogram.total) == (len(values), sum(values))
