"""What `from api import CodegenClient` costs and loads."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVER = (
    "acp alembic fastapi httpx orjson psutil psycopg pydantic_settings reflex rich sqlalchemy "
    "starlette typer uvicorn"
)


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_client_is_imported_without_any_server_code() -> None:
    loaded = run(
        "import sys; from api import CodegenClient;"
        f"print([name for name in {SERVER!r}.split() if name in sys.modules])"
    )
    assert loaded == "[]"


def test_the_client_is_imported_fast() -> None:
    # Measured in processor time inside the process, best of five: the machine may be busy.
    code = "import time; from api import CodegenClient; print(time.process_time())"
    assert min(float(run(code)) for _ in range(5)) < 0.3


def test_names_are_loaded_when_they_are_first_used() -> None:
    assert run("import agent_runs, sys; print('pydantic' in sys.modules)") == "False"
    assert run("from agent_runs import AgentRunStatus; print(AgentRunStatus.ACTIVE)") == "ACTIVE"
    assert run("import agent_runs; print(hasattr(agent_runs, 'nothing'))") == "False"
