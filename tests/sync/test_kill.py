"""kill -9 of our server between every two steps of a create: upstream has the run exactly once."""

import json
import sqlite3
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from agent_runs import CodegenClient
from agent_runs.providers.codegen.creation import KEY, SETTLE_SECONDS
from tests.hosted_api import ORG, TOKEN, Fault, HostedApi, serve_twin
from tests.hosted_api_life import RealClock, working_life
from tests.live_server import LiveServer, start_server
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.soak

CREATE = "POST /v1/organizations/323/agent/run"


@pytest.fixture
def api() -> Generator[HostedApi]:
    clock = RealClock()
    with serve_twin(HostedApi(clock=clock, life=partial(working_life, every_seconds=0.02))) as twin:
        yield twin


def account(api: HostedApi) -> dict[str, str]:
    return {
        "CODEGEN_BASE_URL": api.url,
        "CODEGEN_API_TOKEN": TOKEN,
        "CODEGEN_ORG_ID": str(ORG),
    }


@pytest.fixture
def server(tmp_path: Path, api: HostedApi) -> Generator[LiveServer]:
    with start_server(tmp_path / "home", **account(api)) as running:
        yield running


def state_of(server: LiveServer, run_id: int) -> str:
    with sqlite3.connect(server.home / "agent_runs.db") as connection:
        rows = connection.execute(
            "select state from hosted_creation where run_id = ?", (run_id,)
        ).fetchall()
    return rows[0][0]


def let_time_pass(server: LiveServer, run_id: int) -> None:
    """Make the stopped server's request older than any that may still arrive."""
    with sqlite3.connect(server.home / "agent_runs.db") as connection:
        ((payload,),) = connection.execute(
            "select payload from hosted_creation where run_id = ?", (run_id,)
        ).fetchall()
        stored = json.loads(payload)
        stored["sent_at"] -= SETTLE_SECONDS + 1
        connection.execute(
            "update hosted_creation set payload = ? where run_id = ?", (json.dumps(stored), run_id)
        )


def create(server: LiveServer) -> int:
    with CodegenClient(base_url=server.url) as client:
        return client.create_agent_run("Only once", provider="codegen").id


def check_once(server: LiveServer, api: HostedApi, run_id: int) -> None:
    with CodegenClient(base_url=server.url) as client:
        run = client.wait(run_id, timeout=PATIENCE_SECONDS)
        assert (run.status, run.prompt) == ("COMPLETE", "Only once")
        assert [each.id for each in client.iter_agent_runs()] == [run_id]
    ((upstream_id, upstream),) = api.runs.items()
    assert run.upstream_id == str(upstream_id)
    assert upstream["metadata"][KEY]


def test_killed_after_it_was_stored_and_before_it_was_sent(tmp_path: Path, api: HostedApi) -> None:
    api.faults = [Fault(status=401, times=None)]
    with start_server(tmp_path / "home", **account(api)) as server:
        with CodegenClient(base_url=server.url) as client:
            while client.list_hosted()["items"][0]["state"] != "token_refused":
                pass
        run_id = create(server)
        assert state_of(server, run_id) == "waiting"
        server.kill()
        api.faults = []
        server.start()
        check_once(server, api, run_id)


def test_killed_while_the_request_is_on_its_way_and_never_arrives(
    server: LiveServer, api: HostedApi
) -> None:
    api.faults = [Fault(hang=True, only=CREATE)]
    run_id = create(server)
    api.wait_for(lambda: CREATE in api.requests)
    server.kill()
    assert state_of(server, run_id) == "sending"
    assert api.runs == {}
    let_time_pass(server, run_id)
    server.start()
    check_once(server, api, run_id)


@pytest.mark.parametrize("fault", ["no answer", "half an answer"])
def test_killed_after_it_arrived_and_before_the_answer_was_stored(
    server: LiveServer, api: HostedApi, fault: str
) -> None:
    slow = Fault(hang=True) if fault == "no answer" else Fault(drip_seconds=0.5)
    api.faults[:] = [replace(slow, taken=True, only=CREATE)]
    run_id = create(server)
    api.wait_for(lambda: bool(api.runs))
    server.kill()
    assert state_of(server, run_id) == "sending"
    server.start()
    check_once(server, api, run_id)
    assert api.requests.count(CREATE) == 1


def test_killed_after_the_answer_was_stored(server: LiveServer, api: HostedApi) -> None:
    run_id = create(server)
    with CodegenClient(base_url=server.url) as client:
        for _ in client.events(after=0):
            if client.get_agent_run(run_id).upstream_id:
                break
    server.kill()
    server.start()
    check_once(server, api, run_id)
    assert api.requests.count(CREATE) == 1
