"""Schemathesis over the whole API: no 5xx, and every answer as the document says.

Event streams have no end and have their own tests.
"""
# Schemathesis leaves the type of a response open wherever it speaks of a `Case`.
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

import re
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import httpx
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
from tests.length import examples
from tests.patience import PATIENCE_SECONDS

# That page lists every endpoint: `test_openapi.py` sees to it.
_PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
ENDPOINTS = [
    endpoint
    for endpoint in re.findall(r"^\| `([A-Z]+ /[^`]*)`", _PAGE, re.MULTILINE)
    if not endpoint.endswith("/events")
]
ORG = "/v1/organizations/1"
NOBODY = "http://127.0.0.1:9/hook"
SIGNED = {"Authorization": f"Bearer {TOKEN}"}
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
    max_examples=examples(6),
    derandomize=True,
    database=None,
    suppress_health_check=cast("list[HealthCheck]", list(HealthCheck)),
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
        # Webhooks are set at random: they lead to a port of this machine that nobody listens on.
        webhook_private=True,
    )
    with served(create_app(made, env_file=folder / ".env")) as url:
        yield url


@pytest.fixture(scope="module")
def schema(address: str) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{address}/openapi.json")


@pytest.fixture(scope="module")
def there(address: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is there, by the names of parameters, for the requests that do not make up ids."""
    folder = tmp_path_factory.mktemp("repo")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    session = "5f0c1c2e-8a52-4d0e-9b5c-0d6f7a0f3a11"
    with CodegenClient(TOKEN, base_url=address) as client:
        run = client.create_agent_run("/say hello\n/run echo made > made.txt")
        run_id = client.wait(run.id, timeout=PATIENCE_SECONDS).id
        repo_id = client.add_repo(str(folder)).id
        client.get_agent_run(run_id)
    with httpx.Client(base_url=address, headers=SIGNED, timeout=PATIENCE_SECONDS) as http:
        opened = http.post(f"{ORG}/claude_code/session", json={"session_id": session})
        assert opened.status_code == 200
    ids = {"id": run_id, "agent_run_id": run_id, "sandbox_id": run_id, "repo_id": repo_id}
    return {**ids, "org_id": 1, "user_id": 1, "pr_id": 1, "session_id": session, "url": NOBODY}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_good_request_is_answered_as_documented(
    schema: schemathesis.BaseSchema, there: dict[str, Any], endpoint: str
) -> None:
    method, path = endpoint.split(" ")

    @_SETTINGS
    @given(case=schema[path][method].as_strategy(), known=booleans())
    def ask(case: schemathesis.Case[Any], known: bool) -> None:
        if known:
            _name_what_is_there(case, there)
        _ask(case, endpoint)

    ask()


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each not in _WITHOUT_INPUT])
def test_every_bad_request_is_answered_as_documented(
    schema: schemathesis.BaseSchema, there: dict[str, Any], endpoint: str
) -> None:
    method, path = endpoint.split(" ")
    strategy = schema[path][method].as_strategy(generation_mode=GenerationMode.NEGATIVE)

    @_SETTINGS
    @given(case=strategy, known=booleans())
    def ask(case: schemathesis.Case[Any], known: bool) -> None:
        if known:
            # Else most requests would stop at an organization that does not exist.
            _name_what_is_there(case, there)
        _ask(case, endpoint)

    ask()


def _name_what_is_there(case: schemathesis.Case[Any], there: dict[str, Any]) -> None:
    for given_ in (case.path_parameters, case.query, case.body):
        if isinstance(given_, dict):
            given_.update({name: there[name] for name in there.keys() & given_.keys()})
            hooks = given_.get("webhooks")
            for each in hooks if isinstance(hooks, list) else ():
                if isinstance(each, dict):
                    each["url"] = NOBODY


def _ask(case: schemathesis.Case[Any], endpoint: str) -> None:
    checks = CHECKS if endpoint in _OPEN else [*CHECKS, ignored_auth]
    case.call_and_validate(checks=checks, headers=SIGNED, timeout=PATIENCE_SECONDS)
