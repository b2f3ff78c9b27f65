"""The official paths and shapes, as official clients need them."""

import httpx
import pytest
from api_parts import Finish
from fastapi import FastAPI

pytestmark = pytest.mark.anyio

ORG = "/v1/organizations/1"
OFFICIAL = {
    "id": int,
    "organization_id": int,
    "status": str,
    "created_at": str,
    "web_url": str,
    "source_type": str,
    "github_pull_requests": list,
    "metadata": dict,
}


async def test_user_and_organizations_have_the_fields_that_clients_cannot_do_without(
    http: httpx.AsyncClient,
) -> None:
    user = (await http.get("/v1/users/me")).json()
    organizations = (await http.get("/v1/organizations")).json()
    assert (type(user["id"]), type(user["github_user_id"])) == (int, str)
    assert user == (await http.get("/users/me")).json()
    assert organizations == {
        "items": [
            {
                "id": 1,
                "name": "Local",
                "settings": {"enable_pr_creation": True, "enable_rules_detection": True},
            }
        ],
        "total": 1,
        "page": 1,
        "size": 100,
        "pages": 1,
    }


async def test_a_run_is_created_read_listed_resumed_and_stopped(
    http: httpx.AsyncClient, finished: Finish
) -> None:
    created = await http.post(f"{ORG}/agent/run", json={"prompt": "/say hi", "webhooks": []})
    run = created.json()
    assert created.status_code == 200
    assert {name: type(run[name]) for name in OFFICIAL} == OFFICIAL
    assert {"result", "summary"} <= run.keys()
    await finished(run["id"])
    assert (await http.get(f"{ORG}/agent/run/{run['id']}")).json()["result"] == "hi"

    page = (await http.get(f"{ORG}/agent/runs?source_type=API&user_id=1&limit=10")).json()
    assert [item["id"] for item in page["items"]] == [run["id"]]
    assert (page["total"], page["page"], page["size"], page["pages"]) == (1, 1, 10, 1)
    assert (await http.get(f"{ORG}/agent/runs?user_id=2")).json()["items"] == []

    body = {"agent_run_id": run["id"], "prompt": "/sleep 600"}
    assert (await http.post(f"{ORG}/agent/run/resume", json=body)).json()["turn"] == 2
    assert (await http.post(f"{ORG}/agent/run/resume", json=body)).status_code == 409
    stopped = await http.post(f"{ORG}/agent/run/ban", json={"agent_run_id": run["id"]})
    assert stopped.json()["id"] == run["id"]
    assert (await finished(run["id"])).status == "CANCELLED"


async def test_another_organization_is_a_403_that_names_ours(http: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", "agent/runs"),
        ("GET", "agent/run/1"),
        ("POST", "agent/run"),
        ("POST", "agent/run/resume"),
    ):
        answer = await http.request(
            method, f"/v1/organizations/323/{path}", json={"prompt": "x", "agent_run_id": 1}
        )
        assert answer.status_code == 403, path
        assert set(answer.json()) == {"message", "detail", "status_code"}
        assert "1 (Local)" in answer.json()["message"]


async def test_claude_code_is_asked_for_in_two_ways_and_is_the_default_agent_when_it_is_missing(
    app: FastAPI, http: httpx.AsyncClient
) -> None:
    agents = {agent.name: agent for agent in await app.state.server.runs.agents()}
    expected = "claude" if agents["claude"].available else "scripted"
    by_type = await http.post(
        f"{ORG}/agent/run", json={"prompt": "/say hi", "agent_type": "claude_code"}
    )
    by_header = await http.post(
        f"{ORG}/agent/run",
        json={"prompt": "/say hi"},
        headers={"x-codegen-client": "codegen__claude_code"},
    )
    plain = await http.post(f"{ORG}/agent/run", json={"prompt": "/say hi", "agent_type": "codegen"})
    assert [answer.json()["agent"] for answer in (by_type, by_header, plain)] == [
        expected,
        expected,
        "scripted",
    ]


async def test_a_page_that_is_no_multiple_of_its_size_is_numbered_by_the_official_rule(
    http: httpx.AsyncClient,
) -> None:
    for n in range(5):
        await http.post(f"{ORG}/agent/run", json={"prompt": f"/say {n}"})
    page = (await http.get(f"{ORG}/agent/runs?skip=3&limit=2")).json()
    assert (page["page"], page["size"], page["pages"], len(page["items"])) == (2, 2, 3, 2)
