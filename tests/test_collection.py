"""The tests have the same names and order whenever and wherever they are collected.

The parallel runner collects once per process and refuses to start when the processes differ.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COLLECT = ["-m", "pytest", "--collect-only", "--assert=plain", "-p", "no:cacheprovider"]


def collected(hash_seed: int, temporary: Path) -> list[str]:
    """Collect the whole suite in a process of its own and return the names of the tests."""
    temporary.mkdir()
    unwanted = ("PYTEST_", "COVERAGE_", "COV_CORE_")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
    environment |= {"PYTHONHASHSEED": str(hash_seed), "TMPDIR": str(temporary)}
    command = [sys.executable, *COLLECT]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_another_second_hash_seed_and_temporary_folder_change_no_name_and_no_order(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # A collection takes seconds, so the second one begins at another time.
    own_seed = os.environ.get("PYTHONHASHSEED")
    second = collected(2 if own_seed == "1" else 1, tmp_path / "two")
    first = [item.nodeid for item in request.session.items]
    if len(first) != len(second):  # only some tests are run
        first = collected(3, tmp_path / "one")
    assert len(first) > 1000
    assert second == first
