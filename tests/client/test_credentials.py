"""Which server, as whom: arguments, environment, `.env`."""

import os
from pathlib import Path

import pytest

from agent_runs.client.credentials import Credentials, resolve
from agent_runs.errors import InvalidRequest
from agent_runs.models import JSON

LOCAL = {"AGENT_RUNS_API_URL": "http://box:9000/", "AGENT_RUNS_API_TOKEN": "local-token"}
HOSTED = {"CODEGEN_API_TOKEN": "sk-hosted", "CODEGEN_ORG_ID": "323"}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Credentials("http://localhost:8000")),
        ({"AGENT_RUNS_PORT": "8123"}, Credentials("http://localhost:8123")),
        ({"CODEGEN_API_TOKEN": "  "}, Credentials("http://localhost:8000")),
        ({"CODEGEN_ORG_ID": "5"}, Credentials("http://localhost:8000")),
        (
            {"CODEGEN_BASE_URL": "https://api.codegen.com/v1"},
            Credentials("http://localhost:8000"),
        ),
        ({"CODEGEN_BASE_URL": "http://mine:1/v1"}, Credentials("http://mine:1")),
        (HOSTED, Credentials("https://api.codegen.com", "sk-hosted", 323)),
        (
            HOSTED | {"CODEGEN_BASE_URL": "http://mine:1/v1/"},
            Credentials("http://mine:1", "sk-hosted", 323),
        ),
        (LOCAL, Credentials("http://box:9000", "local-token")),
        (HOSTED | LOCAL, Credentials("http://box:9000", "local-token")),
    ],
)
def test_the_environment_says_where_to_and_as_whom(
    environment: dict[str, str], expected: Credentials
) -> None:
    assert resolve(environment=environment) == expected


@pytest.mark.parametrize(
    "url", ["http://a:1", "http://a:1/", "http://a:1/v1", "http://a:1/v1/", " http://a:1/v1// "]
)
def test_an_address_is_taken_with_and_without_v1_and_slashes(url: str) -> None:
    assert resolve(base_url=url, environment={}).root == "http://a:1"


def test_an_address_may_have_a_path_before_v1() -> None:
    assert resolve(base_url="https://a/codegen/v1", environment={}).root == "https://a/codegen"


def test_arguments_win_over_the_environment() -> None:
    credentials = resolve("mine", "7", "http://b", environment=HOSTED | LOCAL)
    assert credentials == Credentials("http://b", "mine", 7)


def test_a_token_argument_alone_leads_to_the_hosted_service() -> None:
    assert resolve("sk-x", environment={}).root == "https://api.codegen.com"


def test_a_local_token_is_not_sent_to_the_hosted_service() -> None:
    environment = {"AGENT_RUNS_API_TOKEN": "local-token"}
    credentials = resolve(base_url="https://api.codegen.com/v1", environment=environment)
    assert credentials.token is None


def test_the_hosted_token_is_not_sent_to_an_address_that_is_only_given_as_an_argument() -> None:
    environment = {"CODEGEN_API_TOKEN": "sk-hosted"}
    assert resolve(base_url="http://localhost:9", environment=environment).token is None
    environment["CODEGEN_BASE_URL"] = "http://localhost:9/v1"
    assert resolve(base_url="http://localhost:9", environment=environment).token == "sk-hosted"


def test_the_env_file_is_read_but_never_loaded(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("CODEGEN_API_TOKEN=sk-file\nCODEGEN_ORG_ID='12'\n")
    assert resolve(environment={}, env_file=file) == Credentials(
        "https://api.codegen.com", "sk-file", 12
    )
    assert "CODEGEN_API_TOKEN" not in os.environ


def test_the_environment_wins_over_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("CODEGEN_API_TOKEN=sk-file\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CODEGEN_API_TOKEN", "sk-env")
    assert resolve().token == "sk-env"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"org_id": "your-org-id"}, "org_id"),
        ({"base_url": "localhost:8000"}, "base_url"),
        ({"base_url": "http://a:port"}, "base_url"),
        ({"base_url": "ftp://a"}, "base_url"),
        ({"token": "sk-line\nbreak"}, "token"),
        ({"token": "sk-ключ"}, "token"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(values: dict[str, JSON], named: str) -> None:
    with pytest.raises(InvalidRequest, match=named):
        resolve(**values, environment={})
