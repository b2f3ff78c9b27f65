"""The async client: the same methods, and the same behaviour where it waits or streams."""

import inspect
from collections.abc import AsyncGenerator

import anyio
import httpx
import pytest

from agent_runs import errors
from agent_runs.client.asynchronous.client import AsyncAgentTask, AsyncCodegenClient
from agent_runs.client.blocking.client import AgentTask, CodegenClient
from tests.client.clocks import FakeAsyncClock
from tests.client.test_follow import HINT, breaks, sends
from tests.hosted_api import ORG, TOKEN, Fault, HostedApi
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(twin: HostedApi) -> AsyncGenerator[AsyncCodegenClient]:
    async with AsyncCodegenClient(TOKEN, ORG, twin.url, clock=FakeAsyncClock()) as client:
        yield client


def methods(kind: type) -> dict[str, list[str]]:
    """Public methods with their parameters."""
    return {
        name: [f"{p.kind.name} {p.name}={p.default!r}" for p in parameters]
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
        for parameters in [inspect.signature(method).parameters.values()]
    }


@pytest.mark.parametrize(
    ("blocking", "other"), [(CodegenClient, AsyncCodegenClient), (AgentTask, AsyncAgentTask)]
)
def test_both_forms_have_the_same_methods_with_the_same_parameters(
    blocking: type, other: type
) -> None:
    assert methods(blocking) == methods(other)


async def test_the_whole_life_of_a_run(client: AsyncCodegenClient, twin: HostedApi) -> None:
    task = await client.run("Write a function", agent="scripted")
    assert twin.bodies == [{"prompt": "Write a function", "agent": "scripted"}]
    twin.add_log(task.id, observation="a")
    twin.runs[task.id]["status"] = "COMPLETE"
    assert (await task.refresh()).status == "COMPLETE"
    assert [log.observation for log in await task.logs()] == ["a"]
    assert (await task.resume("go on")).status == "ACTIVE"
    assert (await task.stop()).status == "CANCELLED"
    assert (await task.wait()).status == "CANCELLED"
    assert [run.id async for run in client.iter_agent_runs()] == [task.id]
    assert (await client.list_agent_runs(page=1)).total == 1
    assert (await client.get_me()).github_username == "ann"


async def test_entries_come_once_over_connections_that_break(
    client: AsyncCodegenClient, twin: HostedApi
) -> None:
    run_id = twin.add_run()
    twin.streams = iter(
        [
            sends(lambda: twin.add_log(run_id, observation="a"), HINT, breaks),
            sends(
                lambda: twin.add_log(run_id, observation="b"),
                HINT,
                lambda: twin.runs[run_id].update(status="COMPLETE"),
                HINT,
            ),
        ]
    )
    with anyio.fail_after(PATIENCE_SECONDS):
        assert [log.observation async for log in client.stream_logs(run_id)] == ["a", "b"]


async def test_events_go_on_after_the_last_one(client: AsyncCodegenClient, twin: HostedApi) -> None:
    twin.streams = iter(
        [
            sends(b"id: 5\nevent: run.created\ndata: {}\n\n", breaks),
            sends(b"id: 6\nevent: run.updated\ndata: {}\n\n"),
        ]
    )
    events = client.events()
    with anyio.fail_after(PATIENCE_SECONDS):
        assert [(await anext(events)).id, (await anext(events)).id] == [5, 6]
    await events.aclose()
    assert twin.requests[-1] == "GET /events?after=5"


async def test_reading_is_tried_again_and_creating_is_not(
    client: AsyncCodegenClient, twin: HostedApi
) -> None:
    run_id = twin.add_run()
    twin.faults = [Fault(503), Fault(drop=True)]
    assert (await client.get_agent_run(run_id)).id == run_id
    twin.faults = [Fault(503)]
    with pytest.raises(errors.Unavailable):
        await client.create_agent_run("x")
    assert len(twin.runs) == 1


async def test_waiting_gives_up_at_the_deadline(
    client: AsyncCodegenClient, twin: HostedApi
) -> None:
    with pytest.raises(errors.WaitTimeout):
        await client.wait(twin.add_run(), timeout=5)
    with pytest.raises(errors.RunNotFound):
        await client.wait(9999)


async def test_logs_are_read_from_the_second_path_where_the_first_is_missing(
    client: AsyncCodegenClient, twin: HostedApi
) -> None:
    run_id = twin.add_run()
    twin.faults = [Fault(404)]
    with pytest.raises(errors.RunNotFound):
        await client.get_agent_run_logs(run_id)
    assert "alpha" not in twin.requests[-1]


async def test_requests_can_be_carried_to_an_application_in_this_process() -> None:
    twin = HostedApi()
    carried = httpx.ASGITransport(twin.app())
    async with AsyncCodegenClient(TOKEN, ORG, "http://in-process", transport=carried) as client:
        assert (await client.create_agent_run("x")).id == 101
