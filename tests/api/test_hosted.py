"""A hosted account over HTTP: set without a restart, told of, created at, under official paths."""

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import anyio
import httpx
import pytest
from fastapi import FastAPI

from agent_runs.api.hosted import in_short
from agent_runs.models import JSON
from agent_runs.tasks import watched
from tests.hosted_api import ORG, TOKEN, Fault, HostedApi, serve_twin
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


@pytest.fixture
def twin() -> Generator[HostedApi]:
    with serve_twin() as served:
        yield served


async def set_account(http: httpx.AsyncClient, twin: HostedApi) -> None:
    account = {
        "codegen_api_token": TOKEN,
        "codegen_org_id": str(ORG),
        "codegen_base_url": twin.url,
    }
    answer = await http.put("/settings", json=account)
    assert answer.status_code == 200, answer.text
    assert answer.json()["restart_needed"] == []


async def until(
    app: FastAPI, http: httpx.AsyncClient, path: str, true: Callable[[JSON], object]
) -> JSON:
    """Look again with each event, and now and then: not all that is waited for is one."""
    with anyio.fail_after(PATIENCE_SECONDS):
        async with app.state.server.bus.subscribe() as subscription:
            while not true(answer := (await http.get(path)).json()):
                await subscription.next(0.1)
    return answer


def is_followed(hosted: JSON) -> bool:
    return bool(hosted["items"]) and hosted["items"][0]["state"] == "ok"


async def test_without_an_account_nothing_is_followed_and_runs_work_here(
    http: httpx.AsyncClient,
) -> None:
    assert (await http.get("/hosted")).json() == {"items": [], "accounts": []}
    assert (await http.get("/health")).json()["hosted"] == []
    answer = await http.post("/agent_runs", json={"prompt": "/say hi", "provider": "codegen"})
    assert answer.status_code == 422
    assert "CODEGEN_API_TOKEN" in answer.json()["message"]
    made = (await http.post("/agent_runs", json={"prompt": "/say hi"})).json()
    assert made["provider"] == "acp"


async def test_an_account_is_followed_as_soon_as_it_is_saved_and_left_when_it_is_removed(
    app: FastAPI, http: httpx.AsyncClient, twin: HostedApi
) -> None:
    run_id = twin.add_run("COMPLETE", result="done")
    twin.add_log(run_id, observation="what it did")
    await set_account(http, twin)
    hosted = await until(app, http, "/hosted", is_followed)
    (organization,) = hosted["items"]
    assert (organization["organization_id"], organization["base_url"]) == (ORG, twin.url)
    assert organization["remaining"]["create"] == 10
    (run,) = (await until(app, http, "/agent_runs", lambda page: page["total"] == 1))["items"]
    assert (run["organization_id"], run["upstream_id"]) == (ORG, str(run_id))
    logs = (await http.get(f"/agent_runs/{run['id']}/logs")).json()
    assert [entry["observation"] for entry in logs["logs"]] == ["what it did"]
    health = (await http.get("/health")).json()["hosted"][0]
    assert (health["organization_id"], health["state"]) == (ORG, "ok")
    assert TOKEN not in (await http.get("/hosted")).text
    nothing = dict.fromkeys(("codegen_api_token", "codegen_org_id", "codegen_base_url"))
    assert (await http.put("/settings", json=nothing)).status_code == 200
    assert (await http.get("/hosted")).json()["items"] == []
    assert (await http.get(f"/agent_runs/{run['id']}")).json()["status"] == "COMPLETE"


async def test_settings_that_name_no_organization_number_are_refused_and_not_saved(
    http: httpx.AsyncClient, env_file: Path
) -> None:
    wrong = {"codegen_api_token": TOKEN, "codegen_org_id": "my team"}
    answer = await http.put("/settings", json=wrong)
    assert answer.status_code == 422
    assert "CODEGEN_ORG_ID" in answer.json()["message"]
    assert TOKEN not in env_file.read_text()


async def test_a_refused_token_is_a_state_and_what_is_stored_stays(
    app: FastAPI, http: httpx.AsyncClient, twin: HostedApi
) -> None:
    twin.faults = [Fault(status=401, times=None)]
    await set_account(http, twin)

    def refused(hosted: JSON) -> bool:
        return bool(hosted["items"]) and hosted["items"][0]["state"] == "token_refused"

    (organization,) = (await until(app, http, "/hosted", refused))["items"]
    trouble = organization["troubles"][0]
    assert trouble["since"] <= trouble["next_try"]
    made = (await http.post("/agent_runs", json={"prompt": "Wait for me"})).json()
    assert (made["status"], made["status_reason"]) == ("PENDING", "waits_for_upstream")
    stopped = (await http.post(f"/agent_runs/{made['id']}/stop")).json()
    assert stopped["status"] == "CANCELLED"


async def test_official_paths_know_the_hosted_organization(
    app: FastAPI, http: httpx.AsyncClient, twin: HostedApi
) -> None:
    await set_account(http, twin)
    await until(app, http, "/hosted", is_followed)
    named = await until(
        app,
        http,
        "/v1/organizations",
        lambda page: [each["name"] for each in page["items"]] == ["Local", "Twin"],
    )
    assert [each["id"] for each in named["items"]] == [1, ORG]
    there = f"/v1/organizations/{ORG}"
    made = (await http.post(f"{there}/agent/run", json={"prompt": "There"})).json()
    assert (made["provider"], made["organization_id"]) == ("codegen", ORG)
    here = (await http.post("/agent_runs", json={"prompt": "/say hi", "provider": "acp"})).json()
    await until(app, http, f"{there}/agent/runs", lambda page: page["items"][0]["upstream_id"])
    listed = (await http.get(f"{there}/agent/runs")).json()["items"]
    assert [run["id"] for run in listed] == [made["id"]]
    everything = (await http.get("/v1/organizations/1/agent/runs")).json()["items"]
    assert {run["id"] for run in everything} == {made["id"], here["id"]}
    mirrored = await until(app, http, f"{there}/repos", lambda page: page["total"] == 1)
    assert mirrored["items"][0]["full_name"] == "ann/shop"
    members = (await http.get(f"{there}/users")).json()["items"]
    assert [each["github_username"] for each in members] == ["ann"]
    for _ in range(2):
        models = (await http.get(f"{there}/models")).json()
        assert models["default_model"] == "claude-sonnet"
    assert sum(each.endswith("/models") for each in twin.requests) == 1
    banned = await http.post(f"{there}/agent/run/ban", json={"agent_run_id": made["id"]})
    assert banned.status_code == 200
    assert any(each.endswith("/agent/run/ban") for each in twin.requests)
    assert (await http.get("/v1/organizations/77/agent/runs")).status_code == 403


async def test_looking_at_a_run_brings_its_entries_in(
    app: FastAPI, http: httpx.AsyncClient, twin: HostedApi
) -> None:
    run_id = twin.add_run("COMPLETE")
    twin.add_log(run_id, observation="seen at once")
    await set_account(http, twin)
    (run,) = (await until(app, http, "/agent_runs", lambda page: page["total"] == 1))["items"]
    assert (await http.post(f"/agent_runs/{run['id']}/watch")).status_code == 204
    await until(app, http, f"/agent_runs/{run['id']}", lambda shown: shown["log_count"] == 1)
    assert (await http.post("/agent_runs/999/watch")).status_code == 404


async def test_following_that_takes_nothing_in_any_more_does_not_look_well(
    app: FastAPI, http: httpx.AsyncClient, twin: HostedApi
) -> None:
    await set_account(http, twin)
    await until(app, http, "/hosted", is_followed)
    (state,) = await app.state.server.accounts.states()
    assert in_short(state).state == "ok"
    assert in_short(replace(state, age_seconds=None)).state == "starting"
    assert in_short(replace(state, age_seconds=300.0)).state == "stalled"


async def test_metrics_are_in_the_format_of_prometheus(
    app: FastAPI, http: httpx.AsyncClient, twin: HostedApi
) -> None:
    await set_account(http, twin)
    await until(app, http, "/hosted", is_followed)
    answer = await http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert f'agent_runs_hosted_up{{organization_id="{ORG}"}} 1.0' in answer.text
    assert "agent_runs_event_streams 0.0" in answer.text


async def test_metrics_count_background_tasks_that_died(http: httpx.AsyncClient) -> None:
    async def fail() -> None:
        raise ValueError("broken")

    for number in (1, 2):
        await watched(f"counted-{number}", fail)
    answer = await http.get("/metrics")
    assert 'agent_runs_task_deaths_total{task="counted"} 2.0' in answer.text


async def test_the_same_key_creates_one_run_and_another_request_with_it_is_refused(
    http: httpx.AsyncClient,
) -> None:
    key = {"Idempotency-Key": "order-7"}
    made = [
        (await http.post("/agent_runs", json={"prompt": "/say once"}, headers=key)).json()["id"]
        for _ in range(2)
    ]
    assert made[0] == made[1]
    path = "/v1/organizations/1/agent/run"
    other = await http.post(path, json={"prompt": "/say twice"}, headers=key)
    assert other.status_code == 422
    assert (await http.get("/agent_runs")).json()["total"] == 1
    unusable = await http.post("/agent_runs", json={"prompt": "x"}, headers={"Idempotency-Key": ""})
    assert unusable.status_code == 422
