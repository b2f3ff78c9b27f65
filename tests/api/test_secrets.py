"""Canaries: a secret that goes in never comes out, in no answer, no event and no log line."""

import io
import logging

import anyio
import httpx
import pytest
from api_parts import TOKEN, UPSTREAM_TOKEN, Finish
from fastapi import FastAPI
from pydantic import SecretStr

from agent_runs.settings import Settings
from agent_runs.store.runs import events
from agent_runs.telemetry import set_up_logging
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio
AGENT_KEY = "canary-of-a-gateway-6b2f"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.agents_file.parent.mkdir(parents=True, exist_ok=True)
    settings.agents_file.write_text(
        f'[agents.gateway]\nextends = "scripted"\nenv = {{ GATEWAY_API_KEY = "{AGENT_KEY}" }}\n'
    )
    return settings.model_copy(update={"api_token": SecretStr(TOKEN)})


@pytest.fixture
async def signed(http: httpx.AsyncClient) -> httpx.AsyncClient:
    http.headers["authorization"] = f"Bearer {TOKEN}"
    return http


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN],
)
async def test_without_the_right_token_there_is_no_answer(
    http: httpx.AsyncClient, header: str | None
) -> None:
    headers = {} if header is None else {"authorization": header}
    for path in ("/agent_runs", "/v1/users/me", "/settings", "/events", "/nowhere"):
        answer = await http.get(path, headers=headers)
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"] == "Bearer"
        assert TOKEN not in answer.text


async def test_with_the_token_everything_is_answered_and_the_open_paths_need_none(
    http: httpx.AsyncClient,
) -> None:
    for path in ("/health", "/docs", "/redoc", "/openapi.json"):
        assert (await http.get(path)).status_code == 200, path
    for scheme in ("Bearer", "bearer"):
        headers = {"authorization": f"{scheme} {TOKEN}"}
        assert (await http.get("/agent_runs", headers=headers)).status_code == 200


async def test_a_canary_is_in_no_answer_no_event_and_no_log_line(
    app: FastAPI, signed: httpx.AsyncClient, finished: Finish
) -> None:
    server = app.state.server
    lines = io.StringIO()
    set_up_logging("debug", server.redact, lines)
    await signed.put("/settings", json={"codegen_api_token": UPSTREAM_TOKEN})
    prompt = f"/say the tokens are {UPSTREAM_TOKEN} and {TOKEN}\n/run echo {UPSTREAM_TOKEN}; env"
    prompt += f"\n/say {AGENT_KEY}"
    run = (
        await signed.post(
            "/agent_runs",
            json={
                "prompt": prompt,
                "title": UPSTREAM_TOKEN,
                "metadata": {"t": TOKEN},
                "provider": "acp",
                "agent": "gateway",
            },
        )
    ).json()
    await finished(run["id"])
    logging.getLogger("test").warning("the token is %s", UPSTREAM_TOKEN)
    seen: list[str] = [str(run)]
    ids = {"id": run["id"], "agent_run_id": run["id"], "org_id": 1, "permission_id": 1}
    ids |= {"user_id": 1, "session_id": "none", "table": "summary"}
    paths = (await signed.get("/openapi.json")).json()["paths"]
    with anyio.fail_after(PATIENCE_SECONDS):
        for path, methods in paths.items():
            if "get" in methods and not path.endswith(("/events", "{path}")):
                seen.append((await signed.get(path.format(**ids))).text)
    stored = await events.after(server.database, 0, 1000)
    seen += [event.text for event in stored]
    text = "\n".join([*seen, lines.getvalue()])
    assert "[redacted]" in text
    assert UPSTREAM_TOKEN not in text
    assert AGENT_KEY not in text
    assert TOKEN not in text
