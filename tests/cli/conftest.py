"""One live server for all tests of the command line, and two ways to call it."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_runs.cli import main
from agent_runs.client.blocking.client import CodegenClient
from tests.cli.calls import Cli, Done
from tests.live_server import ROOT, LiveServer, start_server
from tests.screen import Command


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with start_server(tmp_path_factory.mktemp("cli"), AGENT_RUNS_SANDBOX="none") as running:
        yield running


@pytest.fixture(scope="session")
def sdk(server: LiveServer) -> Iterator[CodegenClient]:
    with CodegenClient(base_url=server.url) as client:
        yield client


@pytest.fixture
def cli(
    server: LiveServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Cli:
    """Call the command in this process, as the console script does."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("AGENT_RUNS_", "CODEGEN_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AGENT_RUNS_API_URL", server.url)
    monkeypatch.setenv("AGENT_RUNS_HOME", str(server.home))

    def call(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["agent-runs", *map(str, words)])
        code = 0
        with contextlib.suppress(SystemExit):
            try:
                main()
            except SystemExit as exc:
                code = exc.code
                raise
        out, err = capsys.readouterr()
        return Done(int(code or 0), out, err)

    return call


@pytest.fixture
def command(server: LiveServer) -> Command:
    """Start the command as a process of its own."""
    argv = (sys.executable, "-m", "agent_runs", "--url", server.url)
    return Command(argv, ROOT, server.env)
