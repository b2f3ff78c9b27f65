"""Schemathesis over the whole API: no 5xx, and every answer as the document says.

Event streams have no end and have their own tests.
"""

import re
from collections.abc import Generator
from pathlib import Path

import pytest
import schemathesis
from api_parts import TOKEN, served
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import booleans
from pydantic import SecretStr
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from agent_runs import CodegenClient
from agent_runs.api.app import create_app
from agent_runs.settings import Settings

# That page lists every endpoint: `test_openapi.py` sees to it.
_PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
ENDPOINTS = [
    endpoint
    for endpoint in re.findall(r"^\| `([A-Z]+ /[^`]*)`", _PAGE, re.MULTILINE)
    if not endpoint.endswith("/events")
]
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
# The server asks everybody for a token, but for these paths.
_OPEN = {"GET /health"}
_WITHOUT_INPUT = {"GET /health", "GET /users/me"}
_SETTINGS = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    folder = tmp_path_factory.mktemp("fuzz")
    made = Settings(
        home=folder / "home",
        api_token=SecretStr(TOKEN),
        codegen_base_url="http://127.0.0.1:9",
        concurrency=1,
        sandbox="none",
    )
    with served(create_app(made, env_file=folder / ".env")) as url:
        yield url


@pytest.fixture(scope="module")
def schema(address: str) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{address}/openapi.json")


@pytest.fixture(scope="module")
def run_id(address: str) -> int:
    """A run that is there, for the requests that do not make up an id."""
    with CodegenClient(TOKEN, base_url=address) as client:
        run = client.create_agent_run("/say hello\n/run echo made > made.txt")
        return client.wait(run.id, timeout=60).id


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_good_request_is_answered_as_documented(
    schema: schemathesis.BaseSchema, run_id: int, endpoint: str
):
    method, path = endpoint.split(" ")

    @_SETTINGS
    @given(case=schema[path][method].as_strategy(), known=booleans())
    def ask(case: schemathesis.Case, known: bool) -> None:
        for name in {"id", "agent_run_id"} & case.path_parameters.keys() if known else ():
            case.path_parameters[name] = run_id
        _ask(case, endpoint)

    ask()


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each not in _WITHOUT_INPUT])
def test_every_bad_request_is_answered_as_documented(
    schema: schemathesis.BaseSchema, endpoint: str
):
    method, path = endpoint.split(" ")

    @_SETTINGS
    @given(case=schema[path][method].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def ask(case: schemathesis.Case) -> None:
        _ask(case, endpoint)

    ask()


def _ask(case: schemathesis.Case, endpoint: str) -> None:
    checks = CHECKS if endpoint in _OPEN else [*CHECKS, ignored_auth]
    case.call_and_validate(checks=checks, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
