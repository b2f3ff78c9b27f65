"""How long a person waits: an import, a help text, a server's first answer."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.report import Row, most_row
from tests.live_server import LiveServer

_TIMES = 5


def measure(folder: Path) -> list[Row]:
    """Medians of five, each in a separate process."""
    home = folder / "starts"
    LiveServer(home, {}).start().stop()  # the first start creates the database
    return [
        most_row("`import api`", measured=_command("-c", "import api"), unit="s", most=0.3),
        most_row(
            "`agent-runs --help`",
            measured=_command("-m", "agent_runs", "--help"),
            unit="s",
            most=0.5,
        ),
        most_row("API start to first answer", measured=_server(home), unit="s", most=2.0),
        most_row("the same, new database", measured=_fresh(folder), unit="s", most=3.0),
    ]


def _command(*arguments: str) -> float:
    def once() -> float:
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parent.parent,
            env=os.environ | {"TERM": "dumb"},
        )
        return time.perf_counter() - begin

    once()
    return statistics.median(once() for _ in range(_TIMES))


def _server(home: Path) -> float:
    return statistics.median(_start(home) for _ in range(_TIMES))


def _fresh(folder: Path) -> float:
    return statistics.median(_start(folder / f"fresh{n}") for n in range(3))


def _start(home: Path) -> float:
    begin = time.perf_counter()
    server = LiveServer(home, {}).start()
    taken = time.perf_counter() - begin
    server.stop()
    return taken
