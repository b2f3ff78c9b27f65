"""A running twin of the hosted API, a client of it, and a clock that waits for nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_runs.client.blocking.client import CodegenClient
from tests.client.clocks import FakeClock
from tests.hosted_api import ORG, TOKEN, HostedApi, serve_twin
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(autouse=True)
def no_settings_of_the_developer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("CODEGEN_API_TOKEN", "CODEGEN_ORG_ID", "CODEGEN_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AGENT_RUNS_API_URL", "AGENT_RUNS_API_TOKEN", "AGENT_RUNS_PORT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def twin() -> Iterator[HostedApi]:
    with serve_twin() as api:
        yield api


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def client(twin: HostedApi, clock: FakeClock) -> Iterator[CodegenClient]:
    with CodegenClient(TOKEN, ORG, twin.url, clock=clock, timeout=PATIENCE_SECONDS) as client:
        yield client
