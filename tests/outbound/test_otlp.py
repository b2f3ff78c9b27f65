"""Spans are taken by a real receiver, and sent again to one that cannot take them now."""

import asyncio
import platform
from collections.abc import Iterator

import anyio.lowlevel
import pytest
from export_samples import full_run, parts_of
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agent_runs.errors import InvalidRequest, ServerUnreachable, UnexpectedAnswer
from agent_runs.outbound.otlp import headers_of, send_spans
from agent_runs.store.engine.database import Database
from tests.live_server import free_port
from tests.patience import PATIENCE_SECONDS
from tests.receiver import Receiver, receiving

pytestmark = pytest.mark.anyio


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


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


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
    with pytest.raises(ServerUnreachable, match="accepted no spans in 5 attempts"):
        await asyncio.to_thread(send_spans, parts, nobody, {}, sleep=lambda _: None)
    with pytest.raises(InvalidRequest, match="a collector's address"):
        send_spans(parts, "localhost:4318", {})


def test_headers_are_read_as_opentelemetry_writes_them() -> None:
    assert headers_of("a=b%20c, d=e") == {"a": "b c", "d": "e"}
    assert headers_of("") == {}
