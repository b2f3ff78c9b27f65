"""A slow hosted account: our lists must be as fast as with a quick one.

One server mirrors one twin, whose runs keep working; its latency changes between the rounds.
"""

import statistics
import time
from functools import partial
from pathlib import Path

import httpx

from bench.report import Row, times_row
from tests.hosted_api import ORG, TOKEN, HostedApi, serve_twin
from tests.hosted_api_life import RealClock, endless_life
from tests.live_server import start_server

_SLOW_SECONDS = 0.3
_RUNS, _ENTRIES = 40, 60
_ROUNDS, _REQUESTS = 6, 150


def measure(folder: Path) -> list[Row]:
    """The list of runs and a page of entries, medians."""
    api = HostedApi(clock=RealClock(), life=partial(endless_life, every_seconds=0.5))
    for number in range(_RUNS):
        run = api.add_run("COMPLETE", summary=f"Task {number}", result="done " * 50)
        for entry in range(_ENTRIES):
            api.add_log(run, tool_name="bash", observation=f"{entry} of {number}")
    for number in range(5):
        api.start_turn(api.add_run(), f"Works on {number}")
    with serve_twin(api):
        account = {
            "CODEGEN_BASE_URL": api.url,
            "CODEGEN_API_TOKEN": TOKEN,
            "CODEGEN_ORG_ID": str(ORG),
        }
        with (
            start_server(folder / "latency", **account) as server,
            httpx.Client(base_url=server.url) as client,
        ):
            runs = _all_here(client)
            paths = {
                "list of runs": "/agent_runs?limit=50",
                "page of entries": f"/agent_runs/{runs[-1]}/logs?limit=50",
            }
            return [_compare(client, api, what, path) for what, path in paths.items()]


def _all_here(client: httpx.Client) -> list[int]:
    """Wait until all ended runs are here with their entries; return ids, newest first."""
    while True:
        items = client.get("/hosted").json()["items"]
        if items and items[0]["history"]["whole"] >= _RUNS:
            break
        time.sleep(0.2)
    return [run["id"] for run in client.get("/agent_runs?limit=100").json()["items"]]


def _compare(client: httpx.Client, api: HostedApi, what: str, path: str) -> Row:
    times: dict[float, list[float]] = {0.0: [], _SLOW_SECONDS: []}
    for _ in range(_ROUNDS):
        for latency, seconds in times.items():
            api.latency_seconds = latency
            for _ in range(_REQUESTS):
                begin = time.perf_counter()
                client.get(path).raise_for_status()
                seconds.append(time.perf_counter() - begin)
    return times_row(
        f"{what}, hosted account that answers after {_SLOW_SECONDS * 1000:.0f} ms, median",
        ours=statistics.median(times[_SLOW_SECONDS]),
        limit=statistics.median(times[0.0]),
        most=1.25,
    )
