"""Spans: a trace per run in the words of the conventions."""

import json
from datetime import UTC, datetime

import pytest
from export_samples import full_run, parts_of

from agent_runs.models import JSON
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs
from tests.store_samples import entry, new_run

pytestmark = pytest.mark.anyio


def spans_of(parts: list[bytes]) -> list[dict[str, JSON]]:
    return [
        span
        for line in b"".join(parts).splitlines()
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


async def test_texts_are_in_the_spans_only_when_asked_for(database: Database) -> None:
    await full_run(database, prompt="the secret plan")
    without = b"".join(await parts_of(database))
    assert b"alert(1)" not in without
    assert b"secret plan" not in without
    spans = spans_of(await parts_of(database, "otlp-content"))
    keys = {each["key"] for span in spans for each in span["attributes"]}
    assert {
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
    } <= keys


async def test_ids_are_hexadecimal_and_the_same_each_time(database: Database) -> None:
    await full_run(database)
    once, again = spans_of(await parts_of(database)), spans_of(await parts_of(database))
    assert once == again
    assert all(len(span["traceId"]) == 32 and len(span["spanId"]) == 16 for span in once)


@pytest.mark.parametrize(
    ("year", "duration_ms"), [(2026, 2**53), (9998, 31_536_000_000), (2026, -(2**63))]
)
async def test_times_beyond_what_a_span_can_say_do_not_break_an_export(
    database: Database, year: int, duration_ms: int
) -> None:
    at = datetime(year, 6, 1, tzinfo=UTC)
    run = await new_run(database, status="COMPLETE", created_at=at)
    call = entry("x", tool_name="bash", created_at=at, duration_ms=duration_ms)
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [call])
    for span in spans_of(await parts_of(database)):
        begin, end = int(str(span["startTimeUnixNano"])), int(str(span["endTimeUnixNano"]))
        assert 0 < begin <= end < 2**63


async def test_long_runs_come_in_requests_of_bounded_size(database: Database) -> None:
    run = await new_run(database, status="COMPLETE")
    async with database.begin() as transaction:
        calls = [entry("x", tool_name="bash") for _ in range(450)]
        await logs.append(transaction, run.id, None, calls)
    lines = b"".join(await parts_of(database)).splitlines()
    assert [len(spans_of([line])) for line in lines] == [200, 200, 50, 2]
