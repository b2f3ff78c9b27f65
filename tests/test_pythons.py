"""The program runs on every Python that it says it supports.

`make test` proves the Python at hand: every module can be imported, every command says what it
does. `make pythons` makes an environment for each supported Python that is found on this machine,
from the pinned requirements, proves the same there and runs the tests without the browser.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.length import IS_LONG

pytestmark = pytest.mark.pythons

ROOT = Path(__file__).parents[1]
SUPPORTED = ("3.11", "3.12", "3.13", "3.14")
AT_HAND = f"{sys.version_info.major}.{sys.version_info.minor}"
REQUIREMENTS = ("-r", "requirements.txt", "-r", "requirements-dev.txt")
# Commands load their modules late, so that each must be imported for itself.
_IMPORTS = """
import importlib, pkgutil, sys
import agent_runs
names = [name for _, name, _ in pkgutil.walk_packages(agent_runs.__path__, "agent_runs.")]
for name in names:
    if not name.endswith("__main__") and ".migrations." not in name:
        importlib.import_module(name)
print(len(names), "modules of", "%d.%d" % sys.version_info[:2])
"""


def found(version: str) -> str | None:
    """Return a Python of this version that starts: on the path or where pyenv keeps them."""
    installed = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    for python in [shutil.which(f"python{version}"), *map(str, sorted(installed))]:
        command = [python or "", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if python and run(*command, may_fail=True).strip() == version:
            return python
    return None


def run(*command: str, may_fail: bool = False) -> str:
    """Run a program in the project's folder and return what it says."""
    environment = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "TEST_LENGTH"}}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert may_fail or done.returncode == 0, done.stdout[-10_000:]
    return done.stdout


def environment_of(version: str, folder: Path) -> str:
    """Return the Python of an environment with all requirements; that at hand has one."""
    if version == AT_HAND:
        return sys.executable
    base = found(version)
    if base is None:
        pytest.skip(f"no Python {version} is on the path or in ~/.pyenv")
    run(sys.executable, "-m", "uv", "venv", "--quiet", "--python", base, str(folder))
    python = str(folder / "bin/python")
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes"]
    run(*install, "--python", python, *REQUIREMENTS)
    return python


@pytest.fixture
def folder() -> Generator[Path]:
    """A folder that everybody can reach: for root, PostgreSQL runs as another user."""
    with tempfile.TemporaryDirectory(prefix="agent-runs-python-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("version", SUPPORTED if IS_LONG else [AT_HAND])
def test_every_module_can_be_imported_and_the_tests_pass(version: str, folder: Path) -> None:
    python = environment_of(version, folder / "environment")
    assert run(python, "-c", _IMPORTS).endswith(f"modules of {version}\n")
    assert "Usage" in run(python, "-m", "agent_runs", "--help")
    if IS_LONG:
        run(python, "-m", "pytest", "-n", "2", "-x", "--ignore=tests/browser", "-m", "not pythons")
