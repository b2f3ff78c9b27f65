"""Counters of analytics, on both engines: always what a count of everything would give."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import NOW, entry, new_run

from agent_runs.models import JSON, TERMINAL_STATUSES
from agent_runs.store import figures, logs, permissions, runs, tallies, turns
from agent_runs.store.database import Database
from agent_runs.store.outbox import SPANS
from agent_runs.store.recount import ensure_counted, recount

FAILED = {"status": "failed"}


async def counted(database: Database) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """All figures and all tallies that are not nothing."""
    kept = await database.read(
        "select scope, kind, span, day, agent, repo_id, mode, name, organization_id,"
        " number, failed, total, buckets from figure"
        " where number <> 0 or failed <> 0 or total <> 0 or buckets not in ('', '{}')"
    )
    tally = await database.read(
        "select run_id, kind, name, number, failed, total from run_tally"
        " where number <> 0 or failed <> 0 or total <> 0"
    )
    return (
        {
            row[:9]: (*map(int, row[9:12]), *sorted(orjson.loads(row[12] or "{}").items()))
            for row in kept
            if row[1] != "counted"
        },
        {row[:3]: tuple(map(int, row[3:])) for row in tally},
    )


async def overall(database: Database, kind: str) -> dict[str, tuple[int, int, int]]:
    """The figures of a kind over all runs and days, by name."""
    rows = await database.read(
        "select name, sum(number), sum(failed), sum(total) from figure"
        " where scope = 0 and span = 1 and kind = :kind group by name having sum(number) <> 0",
        {"kind": kind},
    )
    return {name: (int(number), int(failed), int(total)) for name, number, failed, total in rows}


async def end(database: Database, run_id: int, status: str = "COMPLETE", **changes: JSON) -> None:
    async with database.begin() as transaction:
        run = await runs.lock(transaction, run_id)
        await runs.change(transaction, run, status=status, **changes)


async def add(database: Database, run_id: int, *entries: dict[str, Any]) -> None:
    async with database.begin() as transaction:
        await logs.append(
            transaction, run_id, None, [entry(each.pop("said", ""), **each) for each in entries]
        )


@pytest.mark.anyio
async def test_what_a_run_did_is_counted_when_it_ends(database: Database) -> None:
    run = await new_run(database, agent="claude", repo_id=3, metadata={"mode": "bugfix"})
    call = {"tool_name": "bash", "duration_ms": 40}
    await add(database, run.id, dict(call), dict(call, tool_output=FAILED, said="exit code 2"))
    assert await overall(database, "tool") == {}
    assert await overall(database, "runs") == {"PENDING": (1, 0, 0)}
    usage = {"last_turn": {"inputTokens": 10, "outputTokens": 5}, "cost": {"amount": 0.25}}
    await end(database, run.id, usage=usage)
    assert await overall(database, "runs") == {"COMPLETE": (1, 0, 0)}
    assert await overall(database, "tool") == {"bash": (2, 1, 80)}
    assert await overall(database, "error") == {"exit code #": (1, 1, 0)}
    assert await overall(database, "tokens") == {
        "input": (1, 0, 10),
        "output": (1, 0, 5),
        "total": (1, 0, 15),
    }
    assert await overall(database, "cost") == {"USD": (1, 0, 250_000)}
    scopes = await database.read(
        "select scope, agent, repo_id, mode from figure where kind = 'tool' and span = 30"
        " order by scope"
    )
    assert scopes == [
        (figures.ALL, "*", -1, "*"),
        (figures.BY_AGENT, "=claude", -1, "*"),
        (figures.BY_REPO, "*", 3, "*"),
        (figures.BY_MODE, "*", -1, "=bugfix"),
        (figures.EXACT, "=claude", 3, "=bugfix"),
    ]


@pytest.mark.anyio
async def test_a_run_that_is_resumed_counts_again_only_when_it_has_ended_again(
    database: Database,
) -> None:
    run = await new_run(database)
    await add(database, run.id, {"tool_name": "bash"})
    await end(database, run.id)
    await end(database, run.id, "PENDING", finished_at=None)
    assert await overall(database, "tool") == {}
    assert await overall(database, "runs") == {"PENDING": (1, 0, 0)}
    await add(database, run.id, {"tool_name": "bash"})
    await end(database, run.id, "ERROR")
    assert await overall(database, "tool") == {"bash": (2, 0, 0)}
    assert await overall(database, "runs") == {"ERROR": (1, 0, 0)}


@pytest.mark.anyio
async def test_entries_that_come_after_the_end_are_counted(database: Database) -> None:
    run = await new_run(database, status="COMPLETE")
    await add(database, run.id, {"tool_name": "bash", "tool_output": FAILED, "said": "no"})
    async with database.begin() as transaction:
        await logs.complete(transaction, run.id, entry("fine", tool_name="edit", duration_ms=7))
    assert await overall(database, "tool") == {"edit": (1, 0, 7)}
    assert await overall(database, "error") == {}
    assert await overall(database, "steps") == {"": (1, 0, 1)}


@pytest.mark.anyio
async def test_the_time_that_a_run_waits_for_a_person_is_kept(database: Database) -> None:
    run = await new_run(database)
    await end(database, run.id, "PAUSED", status_reason="permission")
    assert (await runs.get(database, run.id)).paused_at is not None
    minute_ago = datetime.now(UTC) - timedelta(minutes=1)
    await end(database, run.id, "PAUSED", paused_at=minute_ago)
    await end(database, run.id, "ACTIVE", status_reason=None)
    again = await runs.get(database, run.id)
    assert again.paused_at is None
    assert 60_000 <= again.waited_ms < 90_000
    await end(database, run.id)
    ((number, _, total),) = (await overall(database, "waited")).values()
    assert (number, total) == (1, again.waited_ms)


@pytest.mark.anyio
async def test_a_duration_is_that_of_the_turns_and_not_of_what_is_between(
    database: Database,
) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        await runs.claim(transaction, run.id, "worker")
    await end(database, run.id, finished_at=datetime.now(UTC) + timedelta(seconds=60))
    worked = (await runs.get(database, run.id)).worked_ms
    assert worked is not None
    assert 59_000 <= worked <= 61_000
    async with database.begin() as transaction:
        await turns.insert(transaction, run.id, 2, prompt="go on")
        run = await runs.change(
            transaction, run, status="PENDING", turn=2, finished_at=None, worked_ms=worked
        )
        await runs.claim(transaction, run.id, "worker")
    await end(database, run.id)
    assert 59_000 <= ((await runs.get(database, run.id)).worked_ms or 0) <= 62_000


@pytest.mark.anyio
async def test_a_run_whose_start_is_not_known_has_no_duration(database: Database) -> None:
    run = await new_run(database, created_at=NOW, provider="codegen", upstream_id="7")
    await end(database, run.id)
    assert (await runs.get(database, run.id)).worked_ms is None
    assert await overall(database, "duration") == {}


@pytest.mark.anyio
async def test_nobody_fills_the_counters_with_names(database: Database) -> None:
    run = await new_run(database)
    calls = [
        {"tool_name": f"tool{at}", "tool_output": FAILED, "said": f"{'x' * at} failed"}
        for at in range(130)
    ]
    await add(database, run.id, *calls, *[{"tool_name": "bash"} for _ in range(3)])
    await end(database, run.id)
    tools, errors = await overall(database, "tool"), await overall(database, "error")
    assert (len(tools), tools["bash"], tools[figures.OTHERS]) == (101, (3, 0, 0), (31, 31, 0))
    assert (len(errors), errors[figures.OTHERS]) == (51, (80, 1, 0))


@pytest.mark.parametrize("value", [0, 1, 2, 3, 10, 999, 86_400_000, 10**12])
def test_the_middle_of_a_bucket_is_off_by_at_most_a_tenth(value: int) -> None:
    middle = figures.middle_of(figures.bucket_of(value))
    assert middle == 0 if value == 0 else 1 / 1.0906 <= middle / value <= 1.0906


@pytest.mark.anyio
async def test_what_an_older_version_stored_is_counted_at_the_start(database: Database) -> None:
    run = await new_run(database, created_at=NOW, started_at=NOW + timedelta(seconds=1))
    async with database.begin() as transaction:
        await turns.start(transaction, run.id, 1)
        await logs.append(
            transaction,
            run.id,
            None,
            [
                entry("do it", message_type="USER_MESSAGE"),
                entry("", tool_name="bash", created_at=NOW + timedelta(seconds=9)),
            ],
        )
        asked = await permissions.insert(
            transaction, run_id=run.id, turn=1, tool_call={}, options=[{"optionId": "a"}]
        )
        await permissions.answer(transaction, asked.id, "a")
        await turns.finish(transaction, run.id, 1, status="COMPLETE")
    await end(database, run.id)
    before = await runs.get(database, run.id)
    async with database.begin() as transaction:
        # As the older version kept it.
        old = before.model_dump_json(
            exclude={"first_step_at", "paused_at", "waited_ms", "worked_ms", "web_url"}
        )
        await transaction.write("update run set payload = :old, mode = null", {"old": old})
        await transaction.write("delete from figure")
        await transaction.write("delete from run_tally")
    await ensure_counted(database)
    after = await runs.get(database, run.id)
    assert after.first_step_at == NOW + timedelta(seconds=9)
    assert after.worked_ms is not None
    assert await overall(database, "tool") == {"bash": (1, 0, 0)}
    assert await overall(database, "runs") == {"COMPLETE": (1, 0, 0)}
    once = await counted(database)
    await ensure_counted(database)
    assert await counted(database) == once


RUN_FIELDS = st.fixed_dictionaries(
    {
        "agent": st.sampled_from([None, "claude", "codex", "*"]),
        "repo_id": st.sampled_from([None, 1, 2]),
        "metadata": st.sampled_from([{}, {"mode": "bugfix"}, {"mode": "*"}, {"mode": 7}]),
        "organization_id": st.sampled_from([1, 2]),
        "created_at": st.sampled_from([NOW, NOW - timedelta(days=1), NOW - timedelta(days=40)]),
        "status": st.sampled_from(["PENDING", "PENDING", "COMPLETE", "ERROR", "ODD_WORD"]),
    }
)
STATUS = st.sampled_from(
    ["PENDING", "ACTIVE", "PAUSED", "COMPLETE", "ERROR", "CANCELLED", "TIMEOUT", "ODD_WORD"]
)
ENTRY = st.fixed_dictionaries(
    {
        "message_type": st.sampled_from(["ACTION", "ACTION", "ERROR", "USER_MESSAGE"]),
        "tool_name": st.sampled_from([None, "bash", "edit", "(others)"]),
        "tool_output": st.sampled_from([None, {"status": "completed"}, FAILED]),
        "duration_ms": st.sampled_from([None, 0, 17, -4, 10**18]),
        "said": st.sampled_from(["", "exit code 1", "exit code 2", "no such file '/x'", "\0", "é"]),
    }
)
CHANGES = st.sampled_from(
    [
        {"archived_at": NOW},
        {"archived_at": None},
        {"usage": {"summed": {"inputTokens": 3}, "cost": {"amount": 0.1, "currency": "EUR"}}},
        {"usage": {"last_turn": {"inputTokens": -1}, "cost": {"amount": float(10**20)}}},
        {"metadata": {"mode": "docs"}},
        {"repo_id": 9},
        {"agent": "codex"},
        {"started_at": NOW},
    ]
)
STEP = st.one_of(
    st.tuples(st.just("new"), RUN_FIELDS),
    st.tuples(st.just("append"), st.integers(0, 5), st.lists(ENTRY, max_size=4)),
    st.tuples(st.just("complete"), st.integers(0, 5), ENTRY),
    st.tuples(st.just("status"), st.integers(0, 5), STATUS),
    st.tuples(st.just("change"), st.integers(0, 5), CHANGES),
    st.tuples(st.just("claim"), st.integers(0, 5)),
    st.tuples(st.just("broken"), st.integers(0, 5)),
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=1, max_size=25))
def test_counters_equal_a_recount_after_any_sequence_of_operations(
    database_url: str, steps: list[tuple[Any, ...]]
) -> None:
    anyio.run(_equal_a_recount, database_url, steps)


async def _equal_a_recount(database_url: str, steps: list[tuple[Any, ...]]) -> None:
    async with Database.open(database_url) as database:
        async with database.begin() as transaction:
            for table in ("figure", "run_tally", "log", "run", "turn", "run_total"):
                await transaction.write(f"delete from {table}")
        ids: list[int] = []
        for name, *rest in steps:
            if name == "new":
                ids.append((await new_run(database, **rest[0])).id)
            elif ids:
                await _operate(database, name, ids[rest[0] % len(ids)], *rest[1:])
        kept = await counted(database)
        for row in (row for amounts in kept for row in amounts.values()):
            assert all(number >= 0 for number in row[:3])
            assert all(number > 0 for _, number in row[3:])
        await recount(database)
        assert kept == await counted(database)
        await _spans_equal_their_days(database)
        await _equal_what_is_stored(database)


async def _operate(database: Database, name: str, run_id: int, given: Any = None) -> None:
    try:
        async with database.begin() as transaction:
            run = await runs.lock(transaction, run_id)
            if name == "append":
                said = [entry(each["said"], **_rest(each)) for each in given]
                await logs.append(transaction, run_id, None, said)
            elif name == "complete" and run.log_count:
                await logs.complete(transaction, run_id, entry(given["said"], **_rest(given)))
            elif name == "status":
                await runs.change(transaction, run, status=given)
            elif name == "change":
                await runs.change(transaction, run, **given)
            elif name == "claim" and run.status == "PENDING":
                await runs.claim(transaction, run_id, "worker")
            elif name == "broken":
                await logs.append(transaction, run_id, None, [entry("", tool_name="bash")])
                await runs.change(transaction, run, status="ERROR")
                raise InterruptedError
    except InterruptedError:
        pass


async def _spans_equal_their_days(database: Database) -> None:
    """And a histogram holds as many values as its row tells."""
    days: defaultdict[Any, Counter[str]] = defaultdict(Counter)
    spans: defaultdict[Any, Counter[str]] = defaultdict(Counter)
    figures_kept, _ = await counted(database)
    for key, (number, failed, total, *buckets) in figures_kept.items():
        scope, kind, span, day, *rest = key
        amounts = Counter({"number": number, "failed": failed, "total": total} | dict(buckets))
        if kind in figures.SPREADS:
            assert sum(count for _, count in buckets) == number
        for longer in SPANS if span == 1 else ():
            days[scope, kind, longer, day - day % longer, *rest].update(amounts)
        spans[key].update(amounts)
    assert spans == days


def _rest(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "said"}


async def _equal_what_is_stored(database: Database) -> None:
    """The same out of the rows themselves, by other means than the recount."""
    statuses = await database.read("select status, count(*) from run group by status")
    assert {name: n for name, (n, _, _) in (await overall(database, "runs")).items()} == dict(
        statuses
    )
    calls: Counter[str] = Counter()
    for tool, status, number in await database.read(
        "select tool_name, status, count(*) from log join run on run.id = log.run_id"
        " where tool_name is not null group by tool_name, status"
    ):
        if status in TERMINAL_STATUSES:
            calls[tool] += number
    assert {name: n for name, (n, _, _) in (await overall(database, "tool")).items()} == calls
    failures = await database.read(
        "select count(*) from log join run on run.id = log.run_id where failed = 1"
        " and status in ('COMPLETE', 'ERROR', 'CANCELLED', 'TIMEOUT')"
    )
    errors = await overall(database, "error")
    assert sum(number for number, _, _ in errors.values()) == failures[0][0]


def test_a_tally_knows_each_entry_once() -> None:
    rows = [{"tool_name": "bash", "failed": 1, "duration_ms": 5, "payload": '{"observation":"x"}'}]
    assert tallies.of_rows(rows) == {
        ("tool", "bash"): (1, 1, 5),
        ("error", "x"): (1, 1, 0),
    }


@pytest.mark.anyio
async def test_a_recount_of_nothing_counts_nothing(database: Database) -> None:
    await ensure_counted(database)
    assert await counted(database) == ({}, {})


@pytest.mark.anyio
@pytest.mark.parametrize("amount", [9e14, 10.0**9, float("inf"), -1.0])
async def test_a_run_ends_whatever_cost_its_agent_claims(database: Database, amount: float) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        usage = {"cost": {"amount": amount}, "last_turn": {"inputTokens": 9 * 10**14}}
        ended = await runs.change(transaction, run, status="COMPLETE", usage=usage)
    assert ended.finished_at
    assert await overall(database, figures.COST) == {}
