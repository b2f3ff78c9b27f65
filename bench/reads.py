"""Pages over HTTP against bare Starlette that returns the same bytes from memory."""

import contextlib
import random
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Generator
from pathlib import Path

from bench import data
from bench.load import rate
from bench.report import Row, ratio_row
from tests.live_server import free_port, start_server

RUNS, ENTRIES, PER_RUN = 100_000, 1_000_000, 1000


def measure(folder: Path) -> list[Row]:
    """Random pages of runs and entries; then pages from only a thousand entries."""
    large, small = folder / "large", folder / "small"
    for home, runs, entries in ((large, RUNS, ENTRIES), (small, 1000, 1000)):
        home.mkdir()
        data.fill(home / "agent_runs.db", run_total=runs, entry_total=entries, per_run=PER_RUN)
    chance = random.Random(3)
    lists = [f"/agent_runs?page={chance.randint(1, 40)}&limit=50" for _ in range(40)]
    pages = [
        f"/agent_runs/{chance.randint(1, ENTRIES // PER_RUN)}/logs"
        f"?skip={chance.randint(0, PER_RUN - 100)}&limit=100"
        for _ in range(200)
    ]
    first = [f"/agent_runs/1/logs?skip={n * 9}&limit=100" for n in range(100)]
    single = [f"/agent_runs/{chance.randint(1, ENTRIES // PER_RUN)}" for _ in range(100)]
    native = lists + pages + single
    official = ["/v1/organizations/1" + _official(path) for path in native]
    with _server(large) as port:
        many_lists, many_pages = _best(port, lists), _best(port, pages)
        many_first = _best(port, first)
        on_v1 = _best(port, official), _best(port, native)
        bodies = [_body(port, path) for path in (lists[0], pages[0])]
    with _server(small) as port:
        few_first = _best(port, first)
    limits = [_static(folder, body) for body in bodies]
    return [
        ratio_row(
            "list of 50 out of 100 k runs", ours=many_lists, limit=limits[0], unit="r/s", reach=0.25
        ),
        ratio_row(
            "page of 100 out of 1 M entries",
            ours=many_pages,
            limit=limits[1],
            unit="r/s",
            reach=0.25,
        ),
        ratio_row(
            "the same page: in 1 M against in 1 k",
            ours=many_first,
            limit=few_first,
            unit="r/s",
            reach=0.8,
        ),
        ratio_row(
            "/v1 against the native paths (lists, entries, single runs)",
            ours=on_v1[0],
            limit=on_v1[1],
            unit="r/s",
            reach=0.9,
        ),
    ]


def _official(path: str) -> str:
    if "page=" not in path:
        return path.replace("/agent_runs/", "/agent/run/")
    page = int(path.partition("page=")[2].partition("&")[0])
    return f"/agent/runs?skip={(page - 1) * 50}&limit=50"


def _best(port: int, paths: list[str]) -> float:
    """The better of two: other work on the machine can only slow it down."""
    return max(rate(port, paths) for _ in range(2))


def _body(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        return bytes(answer.read())


@contextlib.contextmanager
def _server(home: Path) -> Generator[int]:
    with start_server(home) as server:
        yield server.port


def _static(folder: Path, body: bytes) -> float:
    content = folder / "body.json"
    content.write_bytes(body)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.static_server", str(port), str(content)]
    )
    try:
        _wait(port)
        return _best(port, ["/"])
    finally:
        process.kill()
        process.wait()


def _wait(port: int) -> None:
    while True:
        with contextlib.suppress(OSError):
            _body(port, "/")
            return


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(Path(folder)):
            print(row)
