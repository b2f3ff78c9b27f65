"""`HEAD` tells what `GET` would, without a body: uptime monitors ask that way."""

from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from api_parts import served
from fastapi import FastAPI

from agent_runs.api.app import create_app
from agent_runs.settings import Settings
from tests.patience import PATIENCE_SECONDS

BY_ITSELF = {"date", "transfer-encoding"}  # of the transport, not of the answer


@pytest.fixture
def live(settings: Settings, env_file: Path) -> Generator[httpx.Client]:
    app = create_app(settings, env_file=env_file)
    with served(app) as url, httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as client:
        yield client


def told(answer: httpx.Response) -> tuple[int, dict[str, str]]:
    return answer.status_code, {k: v for k, v in answer.headers.items() if k not in BY_ITSELF}


def gets(app: FastAPI) -> list[str]:
    return [path for path, methods in app.openapi()["paths"].items() if "get" in methods]


def test_every_route_answers_head_with_the_status_and_headers_of_get(
    live: httpx.Client, settings: Settings, env_file: Path
) -> None:
    run_id = live.post("/agent_runs", json={"prompt": "/say hello"}).json()["id"]
    live.get(f"/agent_runs/{run_id}/events", params={"after": 0, "until_finished": True})
    paths = [
        path.replace("{agent_run_id}", str(run_id)).replace("{id}", str(run_id))
        for path in gets(create_app(settings, env_file=env_file))
    ]
    assert len(paths) > 50
    for path in [*paths, "/docs", "/openapi.json", "/nowhere", "/agent_runs?page=0"]:
        with live.stream("GET", path) as answer:  # a stream of events has no end
            wanted = told(answer)
        got = live.head(path)
        assert told(got) == wanted, path
        assert got.content == b""


def test_a_monitor_hears_that_the_server_is_well(live: httpx.Client) -> None:
    answer = live.head("/health")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 100


def test_the_head_of_a_stream_ends_at_once_and_leaves_nothing_open(
    settings: Settings, env_file: Path
) -> None:
    app = create_app(settings, env_file=env_file)
    with served(app) as url, httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as client:
        answer = client.head("/events", params={"after": 0})
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert client.head("/health").status_code == 200  # on the same connection
        assert app.state.server.streams.count == 0


def test_what_cannot_be_read_has_no_head(live: httpx.Client) -> None:
    assert live.head("/stop").status_code == live.get("/stop").status_code
    assert live.head("/events", headers={"host": "evil.example"}).status_code == 403
