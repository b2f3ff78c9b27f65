"""Files of runs over HTTP: bounds, answers to others meanwhile, read-only runs, kills."""

import asyncio
import json
import socket
import sqlite3
import threading
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import anyio.lowlevel
import httpx
import pytest
from api_parts import Finish
from export_samples import DIFF, exported, full_run
from fastapi import FastAPI

from agent_runs.api.app import create_app
from agent_runs.settings import Settings
from agent_runs.store.runs import logs
from tests.live_server import LiveServer
from tests.patience import PATIENCE_SECONDS
from tests.store_samples import entry, new_run

pytestmark = pytest.mark.anyio


async def large_export(app: FastAPI, entries: int) -> bytes:
    """An export of this server that it takes for that of another one."""
    database = app.state.server.database
    run = await new_run(database, status="COMPLETE")
    for _ in range(entries // 1000):
        async with database.begin() as transaction:
            many = [entry(f"word{at} " * 50) for at in range(1000)]
            await logs.append(transaction, run.id, None, many)
    return foreign(await exported(database))


def foreign(content: bytes) -> bytes:
    return content.replace(b'"origin":"', b'"origin":"elsewhere')


async def test_an_imported_run_is_read_like_any_other_but_not_resumed(
    http: httpx.AsyncClient, app: FastAPI
) -> None:
    await full_run(app.state.server.database)
    content = foreign(await exported(app.state.server.database, diff=DIFF))
    answer = await http.post("/imports", content=content)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["imported"], body["updated"], body["known"], body["logs"]) == (1, 0, 0, 8)
    run_id = body["runs"][0]["id"]
    run = (await http.get(f"/agent_runs/{run_id}")).json()
    assert run["imported_at"]
    assert run["origin"].startswith("elsewhere")
    assert (await http.get(f"/agent_runs/{run_id}/diff")).text == DIFF
    assert (await http.get(f"/agent_runs/{run_id}/files")).json() == {"items": []}
    listed = (await http.get("/agent_runs")).json()["items"]
    assert run_id in {each["id"] for each in listed}
    for path in ("resume", "queue"):
        refused = await http.post(f"/agent_runs/{run_id}/{path}", json={"prompt": "go on"})
        assert refused.status_code == 409
        assert "was imported" in refused.json()["message"]
    assert (await http.post(f"/agent_runs/{run_id}/stop")).json()["status"] == "ERROR"
    assert (await http.post(f"/agent_runs/{run_id}/archive")).status_code == 200


async def test_a_broken_file_is_a_422_that_names_the_line(http: httpx.AsyncClient) -> None:
    answer = await http.post("/imports", content=b'{"type":"agent_runs","format":1}\nnonsense\n')
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("Line 2: it is not JSON")


async def test_the_limit_of_a_file_is_its_own(
    settings: Settings, env_file: Path, tmp_path: Path
) -> None:
    bounds = {"body_limit_bytes": 1000, "import_limit_bytes": 5000}
    app = create_app(settings.model_copy(update=bounds), env_file=env_file)

    async def in_parts(size: int) -> AsyncGenerator[bytes]:
        for _ in range(size // 100):
            yield b" " * 100

    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as http,
    ):
        within = await http.post("/imports", content=b" " * 4000)
        assert (within.status_code, "is empty" in within.text) == (422, True)
        for content in (b" " * 6000, in_parts(6000)):
            assert (await http.post("/imports", content=content)).status_code == 413
        page = {"Origin": "http://localhost:8000"}
        assert (await http.post("/imports", content=b" " * 4000, headers=page)).status_code == 403
        assert (await http.post("/agent_runs", content=b" " * 4000)).status_code == 413


async def test_others_are_answered_while_a_file_comes_in(
    http: httpx.AsyncClient, app: FastAPI, finished: Finish
) -> None:
    content = await large_export(app, 20_000)
    importing = asyncio.create_task(http.post("/imports", content=content))
    while not (app.state.server.settings.home / "imports").exists():
        await anyio.lowlevel.checkpoint()
    created = (await http.post("/agent_runs", json={"prompt": "/say meanwhile"})).json()
    assert (await finished(created["id"])).status == "COMPLETE"
    assert (await http.get("/agent_runs?q=hello")).json()["total"] == 1
    assert not importing.done(), "the import was over before anybody else was answered"
    answer = await importing
    assert (answer.status_code, answer.json()["logs"]) == (200, 20_000)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveServer]:
    server = LiveServer(tmp_path / "live", {"AGENT_RUNS_SANDBOX": "none"}).start()
    yield server
    server.kill()


async def test_an_import_that_nobody_waits_for_is_given_up_and_leaves_nothing(
    live: LiveServer, app: FastAPI
) -> None:
    content = await large_export(app, 20_000)
    database = sqlite3.connect(f"file:{live.home / 'agent_runs.db'}?mode=ro", uri=True)

    def staged() -> int:
        return database.execute("select count(*) from staged_run").fetchone()[0]

    async with httpx.AsyncClient(base_url=live.url, timeout=PATIENCE_SECONDS) as http:
        sending = asyncio.create_task(http.post("/imports", content=content))
        while not staged():
            await anyio.lowlevel.checkpoint()
            assert not sending.done()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        with anyio.fail_after(PATIENCE_SECONDS):
            while staged():
                await anyio.lowlevel.checkpoint()
        assert database.execute("select count(*) from log").fetchone()[0] == 0
        assert (await http.get("/agent_runs")).json()["total"] == 0
        again = (await http.post("/imports", content=content)).json()
    database.close()
    assert (again["imported"], again["logs"]) == (1, 20_000)
    assert not list((live.home / "imports").iterdir())


async def test_a_file_that_does_not_come_whole_is_no_fault_of_the_server(live: LiveServer) -> None:
    with socket.create_connection(("127.0.0.1", live.port)) as sender:
        head = b"POST /imports HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n"
        sender.sendall(head + b'{"type":"agent_runs"')
        with anyio.fail_after(PATIENCE_SECONDS):
            while not list((live.home / "imports").glob("*")):
                await anyio.lowlevel.checkpoint()
    with anyio.fail_after(PATIENCE_SECONDS):
        while list((live.home / "imports").iterdir()):
            await anyio.lowlevel.checkpoint()
    assert "ClientDisconnect" not in live.output.read_text(encoding="utf-8")


async def test_an_import_that_is_killed_leaves_nothing_and_can_be_done_again(
    live: LiveServer, app: FastAPI
) -> None:
    content = await large_export(app, 20_000)

    def send() -> None:
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{live.url}/imports", content=content, timeout=PATIENCE_SECONDS)

    sending = threading.Thread(target=send)
    sending.start()
    database = sqlite3.connect(f"file:{live.home / 'agent_runs.db'}?mode=ro", uri=True)
    while not database.execute("select count(*) from staged_run").fetchone()[0]:
        assert sending.is_alive()
    live.kill()
    sending.join(30)
    database.close()
    live.start()
    async with httpx.AsyncClient(base_url=live.url, timeout=PATIENCE_SECONDS) as http:
        assert (await http.get("/agent_runs")).json()["total"] == 0
        result = (await http.post("/imports", content=content)).json()
        assert (result["imported"], result["logs"]) == (1, 20_000)
        run_id = result["runs"][0]["id"]
        lines = (await http.get(f"/agent_runs/{run_id}/export")).text.split("\n")
    assert json.loads(lines[-2]) == {
        "type": "end",
        "runs": 1,
        "turns": 1,
        "permissions": 0,
        "logs": 20_000,
    }
