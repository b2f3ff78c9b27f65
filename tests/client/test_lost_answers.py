"""The answer to a create or a resume gets lost on a real line, and it is carried out once."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from agent_runs import AsyncCodegenClient, CodegenClient, errors
from agent_runs.client.calls import runs
from agent_runs.dashboard.serving import access
from tests.browser.line import Line
from tests.live_server import ROOT, LiveServer, start_server
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio
CREATE = re.compile("agent/run$")
RESUME = re.compile("agent/run/resume$")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with start_server(tmp_path_factory.mktemp("lost"), AGENT_RUNS_SANDBOX="none") as running:
        yield running


@pytest.fixture
def line(server: LiveServer) -> Iterator[Line]:
    with Line(server.port).running() as line:
        yield line


class Called:
    """Either client behind the same calls; no run of another test has its prompt."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def __call__(self, name: str, *args: Any, **options: Any) -> Any:
        result = getattr(self._client, name)(*args, **options)
        return await result if isinstance(self._client, AsyncCodegenClient) else result

    async def runs_of(self, prompt: str) -> int:
        return (await self("list_agent_runs", q=prompt)).total


@pytest.fixture(params=["blocking", "async"])
async def call(request: pytest.FixtureRequest, line: Line) -> AsyncIterator[Called]:
    if request.param == "blocking":
        with CodegenClient(base_url=line.url) as client:
            yield Called(client)
    else:
        async with AsyncCodegenClient(base_url=line.url) as client:
            yield Called(client)


def variant_of(request: pytest.FixtureRequest) -> str:
    return str(request.node.callspec.id)


def sent(line: Line, path: re.Pattern[str]) -> int:
    return sum(bool(path.search(each)) for each in line.passed)


async def test_a_create_is_sent_again_and_there_is_one_run(
    call: Called, line: Line, request: pytest.FixtureRequest
) -> None:
    prompt = f"/say {variant_of(request)} once"
    line.loses = CREATE
    run = await call("create_agent_run", prompt)
    assert sent(line, CREATE) == 2
    assert await call.runs_of(prompt) == 1
    assert (await call("get_agent_run", run.id)).prompt == prompt


async def test_a_resume_is_sent_again_and_there_is_one_more_turn(call: Called, line: Line) -> None:
    run = await call("create_agent_run", "/say first")
    await call("wait", run.id, timeout=PATIENCE_SECONDS)
    line.loses = RESUME
    resumed = await call("resume_agent_run", run.id, "/say second", wait=0)
    assert (resumed.id, sent(line, RESUME)) == (run.id, 2)
    assert len(await call("list_turns", run.id)) == 2


async def test_two_calls_are_two_runs(call: Called, request: pytest.FixtureRequest) -> None:
    prompt = f"/say {variant_of(request)} twice"
    for _ in range(2):
        await call("create_agent_run", prompt)
    assert await call.runs_of(prompt) == 2


async def test_a_key_of_the_caller_holds_across_calls(
    call: Called, request: pytest.FixtureRequest
) -> None:
    prompt, key = f"/say {variant_of(request)} keyed", f"order {variant_of(request)}"
    with pytest.raises(errors.InvalidRequest, match="visible ASCII"):
        await call("create_agent_run", prompt, idempotency_key=key)
    key = key.replace(" ", "-")
    first = await call("create_agent_run", prompt, idempotency_key=key)
    assert (await call("create_agent_run", prompt, idempotency_key=key)).id == first.id
    with pytest.raises(errors.InvalidRequest, match="a different request"):
        await call("create_agent_run", "/say another", idempotency_key=key)


async def test_a_server_that_has_not_said_whose_it_is_is_asked_once(line: Line) -> None:
    # The organization is given, so nothing is asked before: this might be any server of the API.
    line.loses = CREATE
    with CodegenClient(org_id=1, base_url=line.url) as client:
        with pytest.raises(
            errors.ServerUnreachable, match="check before you send it again"
        ) as lost:
            client.create_agent_run("/say to whom it may concern")
        assert lost.value.may_have_happened
        assert sent(line, CREATE) == 1
        assert client.list_agent_runs(q="to whom it may concern").total == 1
        line.loses = CREATE
        client.create_agent_run("/say known by now")
        assert client.list_agent_runs(q="known by now").total == 1


async def test_a_create_of_the_command_line_is_sent_again(line: Line, server: LiveServer) -> None:
    line.loses = CREATE
    command = [
        sys.executable,
        "-m",
        "agent_runs",
        "--url",
        line.url,
        "run",
        "/say from the terminal",
    ]
    subprocess.run(command, cwd=ROOT, env=server.env, check=True, capture_output=True)
    with CodegenClient(base_url=line.url) as client:
        assert client.list_agent_runs(q="from the terminal").total == 1


async def test_a_create_of_the_dashboard_is_sent_again(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_RUNS_API_URL", line.url)
    await access.close()
    try:
        await access.send(runs.list_agents())
        line.loses = CREATE
        made = await access.send(runs.create_agent_run("/say from the dashboard", {}))
        assert (await access.send(runs.get_agent_run(made.id))).prompt == "/say from the dashboard"
        assert sent(line, CREATE) == 2
    finally:
        await access.close()
