"""`make dev`: what is edited arrives in the running parts, and nothing is left when it ends."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import psutil
import pytest

from tests.live_server import ROOT

PATIENCE_SECONDS = 60
# Stands in the place of a dashboard whose build would take a minute, and has a child as it has.
DASHBOARD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("dashboard of version 1 with child", child.pid, flush=True)
child.wait()
"""
API = """
import signal
from agent_runs.words import WORD
print("API says", WORD, flush=True)
signal.pause()
"""


class Developing:
    """A small project of the same shape, and `scripts/develop.py` at work in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root.parent / "develop.log"
        for name, text in {
            "api.py": API,
            "dashboard.py": DASHBOARD,
            "rxconfig.py": "",
            "agent_runs/__init__.py": "",
            "agent_runs/words.py": "WORD = 'one'",
            "agent_runs/dashboard/page.py": "",
            "assets/dashboard.css": "",
            "assets/external/made.css": "",
        }.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (root / "scripts").mkdir()
        script = shutil.copy(ROOT / "scripts" / "develop.py", root / "scripts")
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-P", script], stdout=output, stderr=output, cwd=root.parent
            )

    def edit(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def said(self, text: str, times: int = 1) -> str:
        """Wait until the log holds a text so many times; return the log."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.log.read_text().count(text) < times:
            assert time.monotonic() < deadline, self.log.read_text()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        return self.log.read_text()

    def below(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def developing(tmp_path: Path) -> Generator[Developing]:
    project = Developing(tmp_path / "project")
    yield project
    left = project.below() if project.process.poll() is None else []
    for process in [project.process, *left]:
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            process.kill()
    project.process.wait(PATIENCE_SECONDS)


@pytest.fixture
def running(developing: Developing) -> Developing:
    developing.said("API says one")
    developing.said("dashboard of version 1")
    return developing


def test_an_edited_file_of_the_program_arrives_in_both_parts(running: Developing) -> None:
    # Longer than before: Python tells a stale cache by the second and the size of the source.
    running.edit("agent_runs/words.py", "WORD = 'another'")
    log = running.said("API says another")
    assert "agent_runs/words.py changed: the API restarts." in log
    running.said("dashboard of version 1", times=2)


@pytest.mark.parametrize("name", ["agent_runs/dashboard/page.py", "assets/dashboard.css"])
def test_an_edited_page_starts_only_the_dashboard_again(running: Developing, name: str) -> None:
    running.edit(name, "changed = 1")
    log = running.said("dashboard of version 1", times=2)
    assert log.count("API says") == 1


def test_what_a_build_makes_starts_nothing(running: Developing) -> None:
    running.edit("assets/external/made.css", "made")
    running.edit("assets/dashboard.css", "changed")
    log = running.said("dashboard of version 1", times=2)
    assert "external" not in log


def test_a_mistake_ends_a_part_and_its_correction_starts_it_again(running: Developing) -> None:
    running.edit("agent_runs/words.py", "WORD = ")
    assert "SyntaxError" in running.said("The API ended (exit code 1).")
    running.edit("agent_runs/words.py", "WORD = 'mended'")
    running.said("API says mended")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_end_leaves_no_process_behind(running: Developing, number: int) -> None:
    processes = running.below()
    assert len(processes) == 3
    os.kill(running.process.pid, number)
    assert running.process.wait(PATIENCE_SECONDS) == 0
    _, alive = psutil.wait_procs(processes, PATIENCE_SECONDS)
    assert alive == []
