"""Counters of analytics, on both engines: always what a count of everything would give."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
from figure_samples import counted, figures, named, named_figures, outcomes, overall
from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import NOW, entry, new_run

from agent_runs.models import JSON, TERMINAL_STATUSES
from agent_runs.reading.run import reading_of
from agent_runs.store.engine import figure_rows
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.figure_rows import SPANS, SPREADS
from agent_runs.store.figures import tallies
from agent_runs.store.figures.figures import COST, OTHERS, bucket_of, middle_of
from agent_runs.store.recount import ensure_counted, recount
from agent_runs.store.runs import logs, runs, turns
from tests.length import examples

FAILED = {"status": "failed"}


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
    assert await named(database, "tool") == {}
    assert await outcomes(database) == {"working": 1}
    usage = {"last_turn": {"inputTokens": 10, "outputTokens": 5}, "cost": {"amount": 0.25}}
    await end(database, run.id, usage=usage)
    assert await outcomes(database) == {"complete": 1}
    assert await named(database, "tool") == {"bash": (2, 1, 80)}
    assert await named(database, "error") == {"exit code #": (1, 1, 0)}
    sums = await overall(database)
    assert (sums["input_tokens"], sums["output_tokens"], sums["total_tokens"]) == (10, 5, 15)
    assert (sums["input_runs"], sums["output_runs"], sums["total_runs"]) == (1, 1, 1)
    assert (sums["calls"], sums["failed_calls"]) == (2, 1)
    assert await named(database, COST) == {"USD": (1, 0, 250_000)}
    cells = [
        (figure_rows.ALL, "*", -1, "*"),
        (figure_rows.BY_AGENT, "=claude", -1, "*"),
        (figure_rows.BY_REPO, "*", 3, "*"),
        (figure_rows.BY_MODE, "*", -1, "=bugfix"),
        (figure_rows.EXACT, "=claude", 3, "=bugfix"),
    ]
    monthly = [key for key, row in (await figures(database)).items() if key[1] == 36 and row]
    assert sorted((scope, *rest) for scope, _, _, *rest, _ in monthly) == cells
    tools = [key[1:] for key in await named_figures(database) if key[0] == "tool" and key[2] == 36]
    assert sorted((scope, *rest) for scope, _, _, *rest, _, _ in tools) == cells


@pytest.mark.anyio
async def test_a_run_that_is_resumed_counts_again_only_when_it_has_ended_again(
    database: Database,
) -> None:
    run = await new_run(database)
    await add(database, run.id, {"tool_name": "bash"})
    await end(database, run.id)
    await end(database, run.id, "PENDING", finished_at=None)
    assert await named(database, "tool") == {}
    assert await outcomes(database) == {"working": 1}
    await add(database, run.id, {"tool_name": "bash"})
    await end(database, run.id, "ERROR")
    assert await named(database, "tool") == {"bash": (2, 0, 0)}
    assert await outcomes(database) == {"failed": 1}


@pytest.mark.anyio
async def test_entries_that_come_after_the_end_are_counted(database: Database) -> None:
    run = await new_run(database, status="COMPLETE")
    await add(database, run.id, {"tool_name": "bash", "tool_output": FAILED, "said": "no"})
    async with database.begin() as transaction:
        await logs.complete(transaction, run.id, entry("fine", tool_name="edit", duration_ms=7))
    assert await named(database, "tool") == {"edit": (1, 0, 7)}
    assert await named(database, "error") == {}
    sums = await overall(database)
    assert (sums["steps_total"], sums[f"steps:{bucket_of(1)}"]) == (1, 1)


@pytest.mark.anyio
async def test_the_time_that_a_run_waits_for_a_person_is_kept(database: Database) -> None:
    run = await new_run(database)
    await end(database, run.id, "PAUSED", status_reason="permission")
    assert (await runs.get(database, run.id)).paused_at is not None
    # Whole seconds: the store keeps the present time in milliseconds.
    minute_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    await end(database, run.id, "PAUSED", paused_at=minute_ago)
    await end(database, run.id, "ACTIVE", status_reason=None)
    again = await runs.get(database, run.id)
    assert again.paused_at is None
    at_most = datetime.now(UTC) - minute_ago
    assert 60_000 <= again.waited_ms <= at_most / timedelta(milliseconds=1)
    await end(database, run.id)
    sums = await overall(database)
    assert sums["waited_total"] == again.waited_ms
    assert sums[f"waited:{bucket_of(again.waited_ms)}"] == 1


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
    assert not [name for name in await overall(database) if name.startswith("duration")]


@pytest.mark.anyio
async def test_nobody_fills_the_counters_with_names(database: Database) -> None:
    run = await new_run(database)
    calls = [
        {"tool_name": f"tool{at}", "tool_output": FAILED, "said": f"{'x' * at} failed"}
        for at in range(130)
    ]
    await add(database, run.id, *calls, *[{"tool_name": "bash"} for _ in range(3)])
    await end(database, run.id)
    tools, errors = await named(database, "tool"), await named(database, "error")
    assert (len(tools), tools["bash"], tools[OTHERS]) == (101, (3, 0, 0), (31, 31, 0))
    assert (len(errors), errors[OTHERS]) == (51, (80, 1, 0))


@pytest.mark.parametrize("value", [0, 1, 2, 3, 10, 999, 86_400_000, 10**12])
def test_the_middle_of_a_bucket_is_off_by_at_most_a_tenth(value: int) -> None:
    middle = middle_of(bucket_of(value))
    assert middle == 0 if value == 0 else 1 / 1.0906 <= middle / value <= 1.0906


@pytest.mark.anyio
async def test_figures_that_were_counted_by_other_rules_are_counted_anew_at_the_start(
    database: Database,
) -> None:
    run = await new_run(database, created_at=NOW, started_at=NOW + timedelta(seconds=1))
    await add(database, run.id, {"tool_name": "bash"})
    await end(database, run.id)
    async with database.begin() as transaction:
        for table in ("run_figure", "run_tally"):
            await transaction.write(f"delete from {table}")
        await transaction.write("update figure set name = 'older' where kind = 'counted'")
        await transaction.write("update figure set number = 99 where kind <> 'counted'")
    await ensure_counted(database)
    assert await named(database, "tool") == {"bash": (1, 0, 0)}
    assert await outcomes(database) == {"complete": 1}
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


@pytest.mark.soak
@settings(max_examples=examples(25))
@given(steps=st.lists(STEP, min_size=1, max_size=25))
def test_counters_equal_a_recount_after_any_sequence_of_operations(
    database_url: str, steps: list[tuple[Any, ...]]
) -> None:
    anyio.run(_equal_a_recount, database_url, steps)


async def _equal_a_recount(database_url: str, steps: list[tuple[Any, ...]]) -> None:
    async with Database.open(database_url) as database:
        async with database.begin() as transaction:
            for table in ("figure", "run_figure", "run_tally", "log", "run", "turn", "run_total"):
                await transaction.write(f"delete from {table}")
        ids: list[int] = []
        for name, *rest in steps:
            if name == "new":
                ids.append((await new_run(database, **rest[0])).id)
            elif ids:
                at: int = rest[0] % len(ids)
                await _operate(database, name, ids[at], *rest[1:])
        figures_before = await counted(database)
        for row in (await figures(database)).values():
            assert all(number > 0 for number in row.values())
        for amount in (await named_figures(database)).values():
            assert all(number >= 0 for number in amount)
        await recount(database)
        assert figures_before == await counted(database)
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
    """And a histogram holds a value of each run that it is about."""
    days: defaultdict[Any, Counter[str]] = defaultdict(Counter)
    spans: defaultdict[Any, Counter[str]] = defaultdict(Counter)
    rows: dict[Any, dict[str, int]] = {
        ("", *key): row for key, row in (await figures(database)).items()
    }
    for (kind, *key, name), amount in (await named_figures(database)).items():
        rows[f"{kind} {name}", *key] = amount._asdict()
    for (what, scope, span, day, *rest), row in rows.items():
        if not what:
            ended = sum(row.get(outcome, 0) for outcome in ("complete", "failed", "cancelled"))
            for spread in SPREADS:
                values = sum(n for name, n in row.items() if name.startswith(f"{spread}:"))
                assert values == ended if spread == "steps" else values <= ended
        for longer in SPANS if span == 1 else ():
            days[what, scope, longer, day - day % longer, *rest].update(row)
        spans[what, scope, span, day, *rest].update(row)
    assert spans == days


def _rest(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "said"}


_OUTCOME = {
    "COMPLETE": "complete",
    "CANCELLED": "cancelled",
    "ERROR": "failed",
    "TIMEOUT": "failed",
}


async def _equal_what_is_stored(database: Database) -> None:
    """The same out of the rows themselves, by other means than the recount."""
    statuses = Counter[str]()
    for status, number in await database.read("select status, count(*) from run group by status"):
        statuses[_OUTCOME.get(status, "working")] += number
    assert await outcomes(database) == statuses
    calls: Counter[str] = Counter()
    for tool, status, number in await database.read(
        "select tool_name, status, count(*) from log join run on run.id = log.run_id"
        " where tool_name is not null group by tool_name, status"
    ):
        if status in TERMINAL_STATUSES:
            calls[tool] += number
    assert {name: n for name, (n, _, _) in (await named(database, "tool")).items()} == calls
    failures = await database.read(
        "select count(*) from log join run on run.id = log.run_id where failed = 1"
        " and status in ('COMPLETE', 'ERROR', 'CANCELLED', 'TIMEOUT')"
    )
    errors = await named(database, "error")
    assert sum(number for number, _, _ in errors.values()) == failures[0][0]


def test_a_tally_knows_each_entry_once() -> None:
    rows = [{"tool_name": "bash", "failed": 1, "duration_ms": 5, "payload": '{"observation":"x"}'}]
    assert tallies.of_rows(rows) == {
        ("tool", "bash"): (1, 1, 5),
        ("error", "x"): (1, 1, 0),
    }


@pytest.mark.anyio
async def test_entries_of_an_earlier_version_are_judged_anew(database: Database) -> None:
    run = await new_run(database)
    bad = {"tool_name": "bash", "tool_output": {"status": "completed", "exit_code": 2}}
    await add(database, run.id, dict(bad, said="boom"), {"tool_name": "bash"})
    await end(database, run.id)
    right = await counted(database)
    async with database.begin() as transaction:
        await transaction.write("update log set failed = 1 - failed")
        await transaction.write("update figure set name = '5' where kind = 'counted'")
    await ensure_counted(database)
    assert await counted(database) == right
    assert await named(database, "error") == {"boom": (1, 1, 0)}
    assert [log.failed for log in await logs.read(database, run.id, limit=9)] == [True, False]


@pytest.mark.anyio
async def test_runs_of_an_earlier_version_are_read_anew(database: Database) -> None:
    run = await new_run(database, prompt="Template.\nGo", metadata={"original_query": "Go"})
    await end(database, run.id, "TIMEOUT", usage={"summed": {"totalTokens": 7}})
    right = await runs.get(database, run.id)
    assert (right.name, right.status_word, right.has_failed) == ("Go", "Timed out", True)
    assert right.spent.total_tokens == 7
    fields = right.model_dump(mode="json", exclude={"web_url", *reading_of(right.model_dump())})
    async with database.begin() as transaction:
        await transaction.write("update run set payload = :old", {"old": json.dumps(fields)})
        await transaction.write("update figure set name = '5' where kind = 'counted'")
    assert (await runs.get(database, run.id)).name == ""
    await ensure_counted(database)
    assert await runs.get(database, run.id) == right


@pytest.mark.anyio
async def test_a_recount_of_nothing_counts_nothing(database: Database) -> None:
    await ensure_counted(database)
    assert await counted(database) == ({}, {}, {}, set())


@pytest.mark.anyio
@pytest.mark.parametrize("amount", [9e14, 10.0**9, float("inf"), -1.0])
async def test_a_run_ends_whatever_cost_its_agent_claims(database: Database, amount: float) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        usage = {"cost": {"amount": amount}, "last_turn": {"inputTokens": 9 * 10**14}}
        ended = await runs.change(transaction, run, status="COMPLETE", usage=usage)
    assert ended.finished_at
    assert await named(database, COST) == {}
