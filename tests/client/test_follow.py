"""Following a run: over connections that break, and over polling; nothing lost, nothing twice."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from agent_runs.client.blocking.client import CodegenClient
from agent_runs.errors import RunNotFound, ServerUnreachable, WaitTimeout
from agent_runs.models import AgentRun, AgentRunLog
from tests.client.clocks import FakeClock
from tests.hosted_api import ORG, TOKEN, Fault, HostedApi


def sends(*steps: bytes | Callable[[], None]) -> AsyncIterator[bytes]:
    """One connection: bytes are sent, functions change the twin in between."""

    async def stream() -> AsyncIterator[bytes]:
        for step in steps:
            if isinstance(step, bytes):
                yield step
            else:
                step()

    return stream()


def breaks() -> None:
    raise ConnectionAbortedError("as the test wants")


def numbers(logs: Iterator[AgentRunLog]) -> list[object]:
    return [log.observation for log in logs]


HINT = b'event: logs.appended\ndata: {"agent_run_id": 101}\n\n'


def test_entries_come_once_and_in_order_over_connections_that_break(
    client: CodegenClient, twin: HostedApi
) -> None:
    run_id = twin.add_run()

    def write(*texts: str) -> Callable[[], None]:
        def step() -> None:
            for text in texts:
                twin.add_log(run_id, observation=text)

        return step

    def finish() -> None:
        twin.runs[run_id]["status"] = "COMPLETE"

    twin.streams = iter(
        [
            sends(b"id: 1\n\n", write("a", "b"), HINT, write("c"), breaks),
            sends(write("d"), HINT, HINT, b"id: 9\n", breaks),
            sends(b"event: draft\ndata: {}\n\n", write("e"), b":\n\n", write("f"), finish, HINT),
        ]
    )
    assert numbers(client.stream_logs(run_id)) == ["a", "b", "c", "d", "e", "f"]


def test_reading_starts_after_the_entry_that_was_seen_last(
    client: CodegenClient, twin: HostedApi
) -> None:
    run_id = twin.add_run("COMPLETE")
    for text in "abcd":
        twin.add_log(run_id, observation=text)
    assert numbers(client.stream_logs(run_id, after_seq=1)) == ["c", "d"]


def test_more_entries_than_a_page_holds_are_read_before_the_end_is_believed(
    client: CodegenClient, twin: HostedApi
) -> None:
    run_id = twin.add_run("COMPLETE")
    for number in range(230):
        twin.add_log(run_id, observation=str(number))
    assert numbers(client.stream_logs(run_id)) == [str(number) for number in range(230)]


def test_a_server_without_events_is_asked_again_and_again(
    twin: HostedApi, clock: FakeClock
) -> None:
    run_id = twin.add_run()
    script = [
        lambda: twin.add_log(run_id, observation="a"),
        lambda: None,
        lambda: twin.add_log(run_id, observation="b"),
        lambda: twin.runs[run_id].update(status="FAILED"),
    ]

    class Clock(type(clock)):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            script.pop(0)()

    with CodegenClient(TOKEN, ORG, twin.url, clock=Clock()) as client:
        assert numbers(client.stream_logs(run_id)) == ["a", "b"]
    assert sum("/events" in request for request in twin.requests) == 1


def test_a_server_without_events_is_asked_at_most_every_second(
    client: CodegenClient, twin: HostedApi, clock: FakeClock
) -> None:
    run_id = twin.add_run()
    with pytest.raises(WaitTimeout):
        list(client.follow(run_id, timeout=60))
    looks = sum("/logs" in request for request in twin.requests)
    assert looks <= 40
    assert clock.time == pytest.approx(60)


def test_the_run_is_given_whenever_it_changed(twin: HostedApi, clock: FakeClock) -> None:
    run_id = twin.add_run()
    script = ["PAUSED", "PAUSED", "COMPLETE"]

    class Clock(type(clock)):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            twin.runs[run_id]["status"] = script.pop(0)

    with CodegenClient(TOKEN, ORG, twin.url, clock=Clock()) as client:
        runs = [new for new in client.follow(run_id) if isinstance(new, AgentRun)]
    assert [run.status for run in runs] == ["ACTIVE", "PAUSED", "COMPLETE"]


def test_a_server_that_restarts_meanwhile_is_waited_for(
    client: CodegenClient, twin: HostedApi
) -> None:
    run_id = twin.add_run("COMPLETE")
    twin.add_log(run_id, observation="a")
    twin.faults = [Fault(503)] * 9
    assert numbers(client.stream_logs(run_id)) == ["a"]


def test_a_server_that_is_gone_ends_the_stream_with_the_reason(clock: FakeClock) -> None:
    with (
        CodegenClient(base_url="http://127.0.0.1:9", org_id=1, clock=clock) as client,
        pytest.raises(ServerUnreachable),
    ):
        list(client.stream_logs(1))
    assert clock.time > 60


def test_a_run_that_does_not_exist_cannot_be_followed(client: CodegenClient) -> None:
    with pytest.raises(RunNotFound):
        list(client.stream_logs(5))


def test_events_go_on_after_the_last_one_when_a_connection_breaks(
    client: CodegenClient, twin: HostedApi
) -> None:
    twin.streams = iter(
        [
            sends(b"id: 4\n\n", breaks),
            sends(b'id: 5\nevent: run.created\ndata: {"id": 1}\n\n', breaks),
            sends(b'id: 6\nevent: run.updated\ndata: {"id": 1}\n\n'),
        ]
    )
    events = client.events()
    assert [next(events).id, next(events).id] == [5, 6]
    events.close()
    assert twin.requests == ["GET /events", "GET /events?after=4", "GET /events?after=5"]


def test_events_that_may_have_been_missed_are_told_as_a_reset(
    client: CodegenClient, twin: HostedApi
) -> None:
    twin.streams = iter([sends(b":\n\n"), sends(b":\n\n")])
    events = client.events()
    assert next(events).kind == "reset"
    events.close()
