"""Who is let in: hosts, origins, tokens, body sizes, and the headers of every answer."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from agent_runs import __version__
from agent_runs.api.app import create_app
from agent_runs.api.guard import Admission, Guard, origin_of
from agent_runs.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000"])
async def test_names_of_this_machine_are_answered(http: httpx.AsyncClient, host: str) -> None:
    answer = await http.get("/users/me", headers={"host": host})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8000", "", "[::2]"]
)
@pytest.mark.parametrize("path", ["/agent_runs", "/docs", "/nowhere", "/v1/users/me"])
async def test_a_foreign_host_name_is_refused_before_anything_else(
    http: httpx.AsyncClient, host: str, path: str
) -> None:
    answer = await http.get(path, headers={"host": host})
    assert answer.status_code == 403
    assert "AGENT_RUNS_ALLOWED_HOSTS" in answer.json()["message"]


async def test_a_name_from_the_settings_is_answered_and_a_star_means_any() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    for hosts, expected in ((("box.lan",), 204), (("other.lan",), 403), (("*",), 204)):
        guard = httpx.ASGITransport(Guard(app, Admission(hosts=hosts)))
        async with httpx.AsyncClient(transport=guard, base_url="http://BOX.lan:8000") as client:
            assert (await client.get("/")).status_code == expected


async def test_a_server_on_all_addresses_answers_to_each_but_to_no_foreign_name(
    tmp_path: Path,
) -> None:
    settings = Settings(home=tmp_path, host="0.0.0.0", api_token=SecretStr("a-token-of-the-test"))
    app = httpx.ASGITransport(create_app(settings, env_file=tmp_path / ".env"))
    token = {"authorization": "Bearer a-token-of-the-test"}
    async with httpx.AsyncClient(transport=app, base_url="http://localhost") as client:
        for host, expected in (
            ("192.0.2.7:8000", 404),
            ("[2001:db8::7]:8000", 404),
            ("192.0.2.7.evil.example", 403),
            ("[evil]", 403),
        ):
            answer = await client.get("/nowhere", headers={"host": host, **token})
            assert answer.status_code == expected, host


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:9999", "https://localhost"]
)
async def test_a_cross_site_origin_may_not_create_a_run(
    http: httpx.AsyncClient, origin: str
) -> None:
    answer = await http.post(
        "/agent_runs", json={"prompt": "/say hello"}, headers={"origin": origin}
    )
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert (await http.get("/agent_runs")).json()["total"] == 0


@pytest.mark.parametrize("origin", ["http://localhost:8000", "http://localhost:3000"])
async def test_our_own_pages_and_the_dashboard_are_let_in(
    http: httpx.AsyncClient, origin: str
) -> None:
    answer = await http.get("/agent_runs", headers={"origin": origin})
    assert answer.status_code == 200


async def test_the_dashboard_may_read_answers_from_a_browser(http: httpx.AsyncClient) -> None:
    asked = {
        "origin": "http://localhost:3000",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "content-type",
    }
    preflight = await http.options("/settings", headers=asked)
    answer = await http.get("/agent_runs", headers={"origin": "http://localhost:3000"})
    assert preflight.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3000"


async def test_a_foreign_page_without_an_origin_is_refused_but_a_link_may_be_followed(
    http: httpx.AsyncClient,
) -> None:
    foreign = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    followed = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
    }
    framed = followed | {"sec-fetch-dest": "iframe"}
    assert (await http.get("/agent_runs", headers=foreign)).status_code == 403
    assert (await http.get("/agent_runs", headers=framed)).status_code == 403
    assert (await http.get("/docs", headers=followed)).status_code == 200
    assert (await http.post("/status", headers=followed)).status_code == 403


async def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_its_length(
    settings: Settings, env_file: Path
) -> None:
    app = create_app(settings.model_copy(update={"body_limit_bytes": 1000}), env_file=env_file)

    async def chunks() -> AsyncGenerator[bytes]:
        yield b'{"prompt": "'
        for _ in range(20):
            yield b"x" * 100
        yield b'"}'

    json_type = {"content-type": "application/json"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        for path in ("/agent_runs", "/v1/organizations/1/agent/run", "/nowhere"):
            announced = await client.post(path, content=b"x" * 1001, headers=json_type)
            huge = await client.post(path, headers=json_type | {"content-length": "9" * 40})
            assert (announced.status_code, huge.status_code) == (413, 413), path
            assert announced.json()["status_code"] == 413
        untold = await client.post("/agent_runs", content=chunks(), headers=json_type)
        assert (untold.status_code, untold.json()["error"]) == (413, "TooLarge")
        assert (await client.get("/agent_runs")).json()["total"] == 0


async def test_every_answer_forbids_guessing_framing_and_storing(http: httpx.AsyncClient) -> None:
    for path in ("/agent_runs", "/agent_runs/7", "/v1/users/me", "/docs"):
        headers = (await http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (await http.get("/agent_runs")).headers["cache-control"] == "no-store"


async def test_every_answer_says_that_it_is_ours(http: httpx.AsyncClient) -> None:
    for path in ("/health", "/agent_runs/7", "/v1/users/me", "/v1/organizations/1/agent/runs"):
        assert (await http.get(path)).headers["x-agent-runs-version"] == __version__
    foreign = await http.get("/health", headers={"host": "evil.example"})
    assert (foreign.status_code, foreign.headers["x-agent-runs-version"]) == (403, __version__)


async def test_two_slashes_at_the_start_are_taken_as_one(http: httpx.AsyncClient) -> None:
    answer = await http.get("http://localhost:8000//v1/users/me")
    assert answer.status_code == 200


def test_an_origin_is_written_as_browsers_do() -> None:
    assert origin_of("http://Dash.example:80/x") == "http://dash.example"
    assert origin_of("https://dash.example:8443") == "https://dash.example:8443"
    assert origin_of("http://[::1]:3000") == "http://[::1]:3000"
