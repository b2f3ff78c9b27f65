"""The official rate limits: counted for each token, and off on a loopback address."""

from pathlib import Path

import httpx
import pytest
from starlette.responses import PlainTextResponse

from agent_runs.api.app import create_app
from agent_runs.api.v1.limits import RateLimits
from agent_runs.settings import Settings

pytestmark = pytest.mark.anyio
ORG = "/v1/organizations/1"


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("method", "path", "requests", "seconds"),
    [
        ("GET", f"{ORG}/agent/runs", 60, 30),
        ("POST", f"{ORG}/agent/run", 10, 60),
        ("GET", "/v1/alpha/organizations/1/agent/run/5/logs", 60, 60),
        ("PATCH", f"{ORG}/prs/5", 30, 60),
        ("PATCH", f"{ORG}/repos/1/prs/5", 30, 60),
        ("POST", f"{ORG}/setup-commands/generate", 5, 60),
        ("POST", f"{ORG}/sandbox/5/analyze-logs", 5, 60),
        ("POST", f"{ORG}/webhooks/agent-run/test", 10, 60),
        ("GET", f"{ORG}/cli/rules", 30, 60),
    ],
)
async def test_so_many_requests_in_so_many_seconds(
    method: str, path: str, requests: int, seconds: int
) -> None:
    clock = Clock()
    app = RateLimits(PlainTextResponse("ok"), clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:

        async def ask(token: str = "a") -> httpx.Response:
            return await http.request(method, path, headers={"Authorization": f"Bearer {token}"})

        for _ in range(requests):
            assert (await ask()).status_code == 200
            clock.now += 0.001
        refused = await ask()
        assert refused.status_code == 429
        assert refused.json().keys() == {"message", "detail", "status_code"}
        assert int(refused.headers["retry-after"]) in {seconds, seconds - 1}
        assert (await ask("b")).status_code == 200
        clock.now += seconds
        assert (await ask()).status_code == 200


async def test_the_limits_can_be_several_times_the_official_ones() -> None:
    clock = Clock()
    app = RateLimits(PlainTextResponse("ok"), clock, factor=1.5)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        answers = [(await http.post(f"{ORG}/agent/run")).status_code for _ in range(16)]
    assert answers == [200] * 15 + [429]


async def test_native_paths_have_no_limit() -> None:
    app = RateLimits(PlainTextResponse("ok"), Clock())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        answers = {(await http.get("/agent_runs")).status_code for _ in range(200)}
    assert answers == {200}


@pytest.mark.parametrize(
    ("host", "rate_limits", "status"),
    [
        ("127.0.0.1", "auto", 200),
        ("127.0.0.1", "on", 429),
        ("0.0.0.0", "auto", 429),
        ("0.0.0.0", "off", 200),
    ],
)
async def test_they_are_off_on_loopback_unless_set(
    settings: Settings, env_file: Path, host: str, rate_limits: str, status: int
) -> None:
    changed = settings.model_copy(update={"host": host, "rate_limits": rate_limits})
    made = create_app(changed, env_file=env_file)
    token = (changed.home / "api-token").read_text().strip() if host == "0.0.0.0" else "any"
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(made)
    async with (
        made.router.lifespan_context(made),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as http,
    ):
        for _ in range(60):
            assert (await http.get(f"{ORG}/agent/runs", headers=headers)).status_code == 200
        assert (await http.get(f"{ORG}/agent/runs", headers=headers)).status_code == status
