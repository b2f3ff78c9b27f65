"""What the Raycast extension asks, in its order with its parameters.

It is a program for macOS, so its requests are replayed. Source: the extension's own code.
"""

from collections.abc import Generator

import httpx
import pytest

from tests.live_server import LiveServer
from tests.patience import PATIENCE_SECONDS

IMAGE = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


@pytest.fixture
def raycast(server: LiveServer) -> Generator[httpx.Client]:
    headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=PATIENCE_SECONDS) as client:
        yield client


def test_a_run_is_created_tracked_stopped_and_resumed(raycast: httpx.Client) -> None:
    user = raycast.get("/v1/users/me").json()
    assert {"id", "github_username", "full_name"} <= user.keys()
    organizations = raycast.get("/v1/organizations", params={"page": 1, "size": 50}).json()
    assert [each["id"] for each in organizations["items"]] == [1]
    assert organizations["items"][0]["settings"], "only those with settings are offered"
    org = f"/v1/organizations/{organizations['items'][0]['id']}"
    users = raycast.get(f"{org}/users", params={"page": 1, "size": 50}).json()
    assert users["items"][0] == user
    assert raycast.get(f"{org}/users/{user['id']}").json() == user

    body = {"prompt": "/image\n/sleep 60", "images": [IMAGE]}
    created = raycast.post(f"{org}/agent/run", json=body).json()
    assert (type(created["id"]), created["organization_id"]) == (int, 1)
    assert created["status"] in {"PENDING", "ACTIVE"}
    tracked = raycast.get(f"{org}/agent/run/{created['id']}").json()
    assert tracked["web_url"]
    assert tracked["github_pull_requests"] == []

    beta = "/v1/beta/organizations/1/agent/run"
    stopped = raycast.post(f"{beta}/stop", json={"agent_run_id": created["id"]})
    assert stopped.status_code == 200
    _wait_for(raycast, created["id"], "CANCELLED")
    body = {"agent_run_id": created["id"], "prompt": "/say continued"}
    assert raycast.post(f"{beta}/resume", json=body).json()["id"] == created["id"]
    assert _wait_for(raycast, created["id"], "COMPLETE")["result"] == "continued"


def test_what_goes_wrong_has_a_message(raycast: httpx.Client) -> None:
    for path in ("/v1/organizations/9/agent/run/1", "/v1/organizations/1/agent/run/999999"):
        refused = raycast.get(path)
        assert refused.status_code in {403, 404}
        assert refused.json()["message"]


def _wait_for(client: httpx.Client, run_id: int, status: str) -> dict[str, object]:
    """Follow the run's events until it is there, as a test that does not poll."""
    path = f"/agent_runs/{run_id}/events?after=0&until_finished=true"
    with client.stream("GET", path) as events:
        for _ in events.iter_lines():
            pass
    run = client.get(f"/v1/organizations/1/agent/run/{run_id}").json()
    assert run["status"] == status
    return run
