"""A thousand subscribers of the real server, against a bare broadcast of the same frames."""

import contextlib
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import httpx

from bench.report import Row, least_row, most_row
from bench.subscribers import Deliveries, watch
from tests.live_server import free_port, start_server

_SUBSCRIBERS, _CHANGES = 1000, 100
_P99_MS, _CPU_US = 98.0, 31.8  # of StreamingResponse, of sse-starlette


def measure(folder: Path) -> list[Row]:
    """Ten changes a second for ten seconds, to a thousand subscribers."""
    with start_server(folder / "events") as server:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            run = client.post("/agent_runs", json={"prompt": "/say hello"}).json()
            with client.stream(
                "GET", f"/agent_runs/{run['id']}/events?after=0&until_finished=true"
            ) as stream:
                stream.read()
        path = f"/agent_runs/{run['id']}"
        changes = [f"{path}/archive", f"{path}/restore"] * (_CHANGES // 2)
        ours = watch(
            port=server.port,
            pid=server.pid,
            path="/events",
            changes=changes,
            subscribers=_SUBSCRIBERS,
        )
    with _broadcast() as (port, pid):
        bare = watch(
            port=port,
            pid=pid,
            path="/events",
            changes=["/change"] * _CHANGES,
            subscribers=_SUBSCRIBERS,
        )
    return _rows(ours, bare)


def _rows(ours: Deliveries, bare: Deliveries) -> list[Row]:
    return [
        least_row(
            "events received by 1 000 subscribers",
            measured=ours.received,
            unit=f"of {ours.expected:,}",
            least=ours.expected,
        ),
        most_row(
            "committed to received, p99",
            measured=ours.p99_ms,
            unit="ms",
            most=max(_P99_MS, bare.p99_ms),
            limit=f"bare broadcast {bare.p99_ms:.0f} ms",
        ),
        most_row(
            "server CPU per delivery",
            measured=ours.cpu_us,
            unit="µs",
            most=max(_CPU_US, bare.cpu_us),
            limit=f"bare broadcast {bare.cpu_us:.1f} µs",
        ),
    ]


@contextlib.contextmanager
def _broadcast() -> Generator[tuple[int, int]]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.broadcast_server", str(port)])
    try:
        transport = httpx.HTTPTransport(retries=12)
        with httpx.Client(transport=transport) as client:
            client.post(f"http://127.0.0.1:{port}/change")
        yield port, process.pid
    finally:
        process.kill()
        process.wait()
