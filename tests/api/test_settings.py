"""Settings over HTTP: shown without secrets, saved to `.env`, tried before they are saved."""

import stat
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from api_parts import UPSTREAM_TOKEN
from hosted_api import TOKEN as TWIN_TOKEN
from hosted_api import Fault, HostedApi, serve_twin

from agent_runs.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def twin() -> Generator[HostedApi]:
    with serve_twin() as api:
        yield api


def values(shown: dict[str, list[dict[str, object]]]) -> dict[object, object]:
    return {item["name"]: item["value"] for item in shown["items"]}


async def test_all_settings_are_shown_with_their_meaning(
    http: httpx.AsyncClient, env_file: Path
) -> None:
    shown = (await http.get("/settings")).json()
    assert [item["name"] for item in shown["items"]] == list(Settings.model_fields)
    assert shown["env_file"] == str(env_file)
    assert all(item["description"] for item in shown["items"])
    by_name = {item["name"]: item for item in shown["items"]}
    assert by_name["codegen_api_token"]["value"] == {"set": False, "hint": None}
    assert (by_name["idle_timeout_seconds"]["value"], by_name["idle_timeout_seconds"]["unit"]) == (
        900,
        "seconds",
    )
    assert by_name["default_agent"]["changeable"]
    # What decides who may reach the server, or what it runs, cannot be changed over HTTP.
    for name in ("host", "api_token", "allowed_hosts", "agents_file", "database_url", "sandbox"):
        assert not by_name[name]["changeable"]
        assert (await http.put("/settings", json={name: "x"})).status_code == 422


async def test_saved_credentials_are_in_the_file_in_health_and_nowhere_else(
    http: httpx.AsyncClient, env_file: Path
) -> None:
    env_file.write_text("# mine\nOTHER=kept\n")
    saved = await http.put(
        "/settings", json={"codegen_api_token": UPSTREAM_TOKEN, "codegen_org_id": "323"}
    )
    assert saved.status_code == 200, saved.text
    assert values(saved.json())["codegen_api_token"] == {"set": True, "hint": "…91bc"}
    text = env_file.read_text()
    assert text.startswith("# mine\nOTHER=kept\n")
    assert f"CODEGEN_API_TOKEN={UPSTREAM_TOKEN}\n" in text
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    assert (await http.get("/health")).json()["configured"]["api_token"] is True

    await http.put("/settings", json={"codegen_api_token": None})
    assert UPSTREAM_TOKEN not in env_file.read_text()
    assert "CODEGEN_ORG_ID=323" in env_file.read_text()


async def test_what_needs_a_restart_is_named(http: httpx.AsyncClient) -> None:
    saved = await http.put("/settings", json={"concurrency": 2, "codegen_org_id": "1"})
    assert saved.json()["restart_needed"] == ["concurrency"]


@pytest.mark.parametrize(
    "body",
    [
        {"codegen_base_url": "not an address"},
        {"codegen_api_token": "two\nlines"},
        {"concurrency": 0},
        {"permission_policy": "sometimes"},
        {"default_agent": "nobody"},
        {"nothing": 1},
    ],
)
async def test_a_setting_that_cannot_be_is_refused_and_the_file_stays(
    http: httpx.AsyncClient, env_file: Path, body: dict[str, object]
) -> None:
    env_file.write_text("CODEGEN_ORG_ID=7\n")
    answer = await http.put("/settings", json=body)
    assert answer.status_code == 422
    assert env_file.read_text() == "CODEGEN_ORG_ID=7\n"


async def test_a_saved_token_is_never_sent_to_another_address(
    http: httpx.AsyncClient, twin: HostedApi
) -> None:
    await http.put("/settings", json={"codegen_api_token": UPSTREAM_TOKEN})
    checked = await http.post("/settings/check", json={"base_url": twin.url})
    moved = await http.put("/settings", json={"codegen_base_url": twin.url})
    assert (checked.json()["ok"], checked.json()["problem"]) == (False, "token")
    assert moved.status_code == 422
    assert twin.requests == []


async def test_good_credentials_are_told_with_their_user_and_organizations(
    http: httpx.AsyncClient, twin: HostedApi
) -> None:
    body = {"token": TWIN_TOKEN, "org_id": "323", "base_url": f"{twin.url}/v1"}
    checked = (await http.post("/settings/check", json=body)).json()
    assert (checked["ok"], checked["problem"]) == (True, None)
    assert checked["user"]["github_username"] == "ann"
    assert [organization["id"] for organization in checked["organizations"]] == [323]
    assert TWIN_TOKEN not in str(checked)


async def test_saved_credentials_are_tried_when_none_are_given(
    http: httpx.AsyncClient, twin: HostedApi
) -> None:
    await http.put(
        "/settings", json={"codegen_api_token": TWIN_TOKEN, "codegen_base_url": twin.url}
    )
    assert (await http.post("/settings/check", json={})).json()["ok"] is True


async def test_each_way_to_be_wrong_is_told_apart(http: httpx.AsyncClient, twin: HostedApi) -> None:
    good = {"token": TWIN_TOKEN, "base_url": twin.url}
    for change, fault, problem in (
        ({"token": "sk-wrong-token-xyz"}, None, "token"),
        ({"org_id": 999}, None, "organization"),
        ({"base_url": "http://127.0.0.1:9"}, None, "unreachable"),
        ({}, Fault(status=200, text="<html>hello</html>"), "answer"),
        ({}, Fault(status=404), "answer"),
        ({}, Fault(status=500), "answer"),
        ({"base_url": "not an address"}, None, "answer"),
    ):
        twin.faults = [fault] if fault else []
        checked = (await http.post("/settings/check", json=good | change)).json()
        assert (checked["ok"], checked["problem"]) == (False, problem), (change, fault, checked)
        assert checked["message"]
