"""What a clone says that is started with the wrong Python, or before anything is installed."""

import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.live_server import ROOT

STARTS = [["api.py"], ["dashboard.py"], ["-m", "agent_runs"]]
OLD = [
    *(Path.home() / ".pyenv" / "versions").glob("*/bin/python"),
    *(
        Path(found)
        for name in ("python2", "python3.9", "python3.10")
        if (found := shutil.which(name))
    ),
]


def run(python: Path, *words: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-B", *words], cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False, symlinks=True)
    return folder / "bin" / "python"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of our files that are read first, with a `main.py` to be written."""
    (tmp_path / "agent_runs").mkdir()
    for name in ("__init__.py", "errors.py", "prerequisites.py"):
        shutil.copy(ROOT / "agent_runs" / name, tmp_path / "agent_runs")
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    return tmp_path


def write_main(clone: Path, line: str) -> None:
    first = "from agent_runs.prerequisites import explain_what_is_missing\n"
    (clone / "main.py").write_text(f"{first}explain_what_is_missing()\n{line}\n")


@pytest.mark.parametrize("words", STARTS)
def test_a_clone_without_its_packages_says_in_one_sentence_how_to_install_them(
    bare_python: Path, words: list[str]
) -> None:
    done = run(bare_python, *words)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "pip install -r requirements.txt" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "line", ["import agent_runs.nowhere", "from json import nowhere", "raise ValueError('nowhere')"]
)
def test_a_mistake_of_our_own_is_not_disguised_as_a_missing_package(
    bare_python: Path, clone: Path, line: str
) -> None:
    write_main(clone, line)
    done = run(bare_python, "main.py", cwd=clone)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "pip install" not in done.stderr


def test_a_module_that_no_package_brings_is_a_mistake_of_our_own(clone: Path) -> None:
    write_main(clone, "import nowhere_at_all")
    done = run(Path(sys.executable), "main.py", cwd=clone)
    assert "Traceback" in done.stderr
    assert "pip install" not in done.stderr


@pytest.mark.parametrize("words", STARTS)
def test_an_old_python_is_told_which_one_is_needed(words: list[str]) -> None:
    tried = 0
    for python in OLD:
        answer = run(python, "-c", "import sys; print(sys.version_info >= (3, 11))").stdout
        if answer.strip() != "False":
            continue
        done = run(python, *words)
        assert done.returncode == 1, python
        assert done.stderr.startswith("agent_runs needs Python 3.11 or newer; this is Python ")
        assert done.stderr.count("\n") == 1
        tried += 1
    if not tried:
        pytest.skip("there is no old Python on this machine")
