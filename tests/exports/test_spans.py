"""Spans: a trace per run in the words of the conventions, taken by a real receiver."""

import asyncio
import json
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread

import anyio.lowlevel
import pytest
from export_samples import ALL, full_run, no_diff
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agent_runs.errors import InvalidRequest, ServerUnreachable, UnexpectedAnswer
from agent_runs.exports.formats import FORMATS, FormatName
from agent_runs.exports.reader import RunReader
from agent_runs.models import JSON
from agent_runs.outbound.otlp import headers_of, send_spans
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs
from tests.live_server import free_port
from tests.patience import PATIENCE_SECONDS
from tests.receiver import Receiver
from tests.store_samples import entry, new_run

pytestmark = pytest.mark.anyio


async def parts_of(database: Database, form: FormatName = "otlp") -> list[bytes]:
    reader = RunReader(database, no_diff)
    return [part async for part in FORMATS[form].write(reader.matching(ALL), "server", "title")]


def spans_of(parts: list[bytes]) -> list[dict[str, JSON]]:
    return [
        span
        for line in b"".join(parts).splitlines()
        for resource in json.loads(line)["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def told(span: Span) -> dict[str, object]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value")
        for each in span.attributes
    }


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the receiver is built for x86-64 alone")
async def test_a_real_receiver_gets_a_run_as_one_trace(database: Database) -> None:
    from oteltap import (  # noqa: PLC0415 - see above
        OtelTapHttpProtobufReceiver,
        OtelTapHttpProtobufReceiverSettings,
    )

    run = await full_run(database)
    parts = await parts_of(database)
    port, seen = free_port(), list[Span]()
    settings = OtelTapHttpProtobufReceiverSettings(http_port=port)
    async with OtelTapHttpProtobufReceiver(settings) as receiver:
        all_seen = receiver.await_trace(lambda span: seen.append(span) or len(seen) == 5)
        waiting = asyncio.ensure_future(all_seen)
        await anyio.lowlevel.checkpoint()
        sent = await asyncio.to_thread(send_spans, parts, f"http://127.0.0.1:{port}", {})
        with anyio.fail_after(PATIENCE_SECONDS):
            await waiting
    assert (sent.spans, sent.rejected) == (5, 0)
    assert len({span.trace_id for span in seen}) == 1
    by_name = {
        f"{span.name} {told(span).get('agent_runs.turn', '')}".strip(): span for span in seen
    }
    assert sorted(by_name) == [
        "execute_tool bash",
        "execute_tool edit_file",
        "invoke_agent scripted 1",
        "invoke_agent scripted 2",
        "invoke_workflow agent run",
    ]
    root, first = by_name["invoke_workflow agent run"], by_name["invoke_agent scripted 1"]
    assert root.parent_span_id == b""
    assert first.parent_span_id == root.span_id
    bash = by_name["execute_tool bash"]
    assert bash.parent_span_id == first.span_id
    assert bash.end_time_unix_nano - bash.start_time_unix_nano == 1_500_000_000
    assert bash.status.code == 2
    assert told(root)["agent_runs.run.id"] == run.id
    assert told(root)["error.type"] == "ERROR"
    assert told(bash)["gen_ai.operation.name"] == "execute_tool"
    assert told(bash)["gen_ai.tool.name"] == "bash"
    assert "gen_ai.tool.call.arguments" not in told(bash)


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


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = Thread(target=made.run)
    thread.start()
    yield made
    made.stop()
    thread.join()


async def test_what_a_collector_cannot_take_now_is_sent_again(
    database: Database, receiver: Receiver
) -> None:
    await full_run(database)
    parts, waits = await parts_of(database), list[float]()
    for status in (503, 429):
        receiver.answers.put((status, {}))
    url = receiver.url.replace("/hook", "/")
    sent = await asyncio.to_thread(send_spans, parts, url, {"x-token": "t"}, sleep=waits.append)
    assert (sent.spans, waits) == (5, [1.0, 2.0])
    got = [receiver.next() for _ in range(4)]
    assert {each.path for each in got} == {"/v1/traces"}
    assert got[0].body == got[1].body == got[2].body
    headers = {name.lower(): value for name, value in got[0].headers.items()}
    assert (headers["x-token"], headers["content-type"]) == ("t", "application/x-protobuf")
    assert ExportTraceServiceRequest.FromString(got[3].body).resource_spans


async def test_a_collector_that_refuses_or_is_not_there_is_named(
    database: Database, receiver: Receiver
) -> None:
    await full_run(database)
    parts = await parts_of(database)
    receiver.answers.put((401, {}))
    with pytest.raises(UnexpectedAnswer, match="401"):
        await asyncio.to_thread(send_spans, parts, receiver.url, {})
    nobody = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ServerUnreachable, match="took no spans in 5 tries"):
        await asyncio.to_thread(send_spans, parts, nobody, {}, sleep=lambda _: None)
    with pytest.raises(InvalidRequest, match="address of a collector"):
        send_spans(parts, "localhost:4318", {})


def test_headers_are_read_as_opentelemetry_writes_them() -> None:
    assert headers_of("a=b%20c, d=e") == {"a": "b c", "d": "e"}
    assert headers_of("") == {}
