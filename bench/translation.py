"""ACP updates from a real agent process through translation into the store."""

from datetime import datetime
from pathlib import Path

import httpx

from bench.report import Row, least_row
from tests.live_server import start_server

_UPDATES = 100_000


def measure(folder: Path) -> list[Row]:
    """One run whose agent sends a hundred thousand message chunks, including the agent's start."""
    with (
        start_server(folder / "translation") as server,
        httpx.Client(base_url=server.url, timeout=120) as client,
    ):
        run = client.post("/agent_runs", json={"prompt": f"/flood {_UPDATES}"}).json()
        with client.stream(
            "GET", f"/agent_runs/{run['id']}/events?after=0&until_finished=true"
        ) as stream:
            stream.read()
        done = client.get(f"/agent_runs/{run['id']}").json()
    begin, end = (datetime.fromisoformat(done[name]) for name in ("started_at", "finished_at"))
    taken = (end - begin).total_seconds()
    return [
        least_row(
            "ACP updates through translation and store",
            measured=_UPDATES / taken,
            unit="updates/s",
            least=5000,
        )
    ]
