"""Exports written to disk by both clients; what is cut off on the way leaves no file."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from agent_runs import AsyncCodegenClient, CodegenClient
from agent_runs.errors import InvalidRequest, RunNotFound, ServerUnreachable
from tests.live_server import LiveServer, start_server
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with start_server(tmp_path_factory.mktemp("files"), AGENT_RUNS_SANDBOX="none") as running:
        yield running


def ids(path: Path) -> list[int]:
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [record["id"] for record in records if record["type"] == "run"]


async def test_both_clients_write_the_same_files(server: LiveServer, tmp_path: Path) -> None:
    with CodegenClient(base_url=server.url) as client:
        run = client.wait(
            client.create_agent_run("/say hello", agent="scripted").id, timeout=PATIENCE_SECONDS
        )
        assert ids(client.export_agent_run(run.id, tmp_path / "one")) == [run.id]
        assert run.id in ids(client.export_agent_runs(tmp_path / "all", agent="scripted"))
        chosen = client.export_agent_runs(tmp_path / "html", "html", run_ids=[run.id])
        with client.stream_export(run_ids=[run.id]) as parts:
            assert b"".join(parts).count(b"\n") > 3
        assert client.import_runs(tmp_path / "one").known == 1
        with pytest.raises(InvalidRequest, match="Line 1"):
            client.import_runs(tmp_path / "html")
        with pytest.raises(InvalidRequest, match="cannot be read"):
            client.import_runs(tmp_path / "none")
        with pytest.raises(RunNotFound):
            client.export_agent_run(4711, tmp_path / "none")
    async with AsyncCodegenClient(base_url=server.url) as client:
        assert ids(await client.export_agent_run(run.id, tmp_path / "aone")) == [run.id]
        assert run.id in ids(await client.export_agent_runs(tmp_path / "aall"))
        again = await client.export_agent_runs(tmp_path / "ahtml", "html", run_ids=[run.id])
        async with client.stream_export(run_ids=[run.id]) as parts:
            assert b"".join([part async for part in parts]).count(b"\n") > 3
        assert (await client.import_runs(tmp_path / "one")).runs[0].id == run.id
        with pytest.raises(InvalidRequest, match="Line 1"):
            await client.import_runs(tmp_path / "html")
        with pytest.raises(RunNotFound):
            await client.export_agent_run(4711, tmp_path / "none")
    assert chosen.read_bytes() == again.read_bytes()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"one", "all", "html", "aone", "aall", "ahtml"}


class Half(BaseHTTPRequestHandler):
    """Promises more than it sends."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"type":"agent_runs"}\n')

    def log_message(self, *_: object, **__: object) -> None:
        pass


async def test_a_file_that_is_cut_off_is_not_there(tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Half) as half:
        thread = Thread(target=half.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{half.server_port}"
        with CodegenClient(base_url=url) as client, pytest.raises(ServerUnreachable):
            client.export_agent_runs(tmp_path / "out")
        async with AsyncCodegenClient(base_url=url) as client:
            with pytest.raises(ServerUnreachable):
                await client.export_agent_runs(tmp_path / "out")
        half.shutdown()
        thread.join()
    assert list(tmp_path.iterdir()) == []
