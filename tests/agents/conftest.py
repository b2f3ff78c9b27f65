"""The offline model, a person's empty home, and each agent in turn."""

import os
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from tests.agents import install
from tests.agents.driven import Driven, driven, profile
from tests.agents.known import AGENTS
from tests.offline_model.server import OfflineModel, offline_model

IDENTITY = "[user]\n\tname = Ada Person\n\temail = ada@example.com\n"
# Found before HOME is another.
_INSTALLED, _REASON = install.programs(), install.reason()
_NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def model() -> Generator[OfflineModel]:
    with offline_model() as served:
        yield served


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of somebody who is logged in nowhere and has told git a name; without a way out."""
    home = tmp_path / "person"
    home.mkdir()
    (home / ".gitconfig").write_text(IDENTITY)
    monkeypatch.setenv("HOME", str(home))
    path = [*map(str, _INSTALLED), os.environ["PATH"]]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, _NOWHERE)
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "127.0.0.1,localhost")
    return home


@pytest.fixture
def place() -> Generator[Path]:
    """A folder with a short path: in it are sockets, whose paths must not be long."""
    with tempfile.TemporaryDirectory(prefix="agents-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(params=AGENTS)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def run(name: str, place: Path, model: OfflineModel) -> AsyncGenerator[Driven]:
    """A run of an agent on the offline model."""
    agent = profile(name, model.url, place)
    if reason := agent.unavailable_reason():
        pytest.skip(f"{reason}; {_REASON}")
    async with driven(place / "home", agent, model) as one:
        yield one
        assert one.processes() == []
