"""What `from api import CodegenClient` loads; `make bench` measures what that costs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_client_is_imported_with_nothing_but_the_standard_library() -> None:
    loaded = run(
        "import sys; before = set(sys.modules); from api import CodegenClient;"
        "names = {name.partition('.')[0] for name in sys.modules.keys() - before};"
        "print(sorted(names - sys.stdlib_module_names))"
    )
    assert loaded == "['agent_runs', 'api']"


def test_names_are_loaded_when_they_are_first_used() -> None:
    assert run("import agent_runs, sys; print('pydantic' in sys.modules)") == "False"
    assert run("from agent_runs import AgentRunStatus; print(AgentRunStatus.ACTIVE)") == "ACTIVE"
    assert run("import agent_runs; print(hasattr(agent_runs, 'nothing'))") == "False"
