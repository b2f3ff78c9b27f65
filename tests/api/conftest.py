"""A real application on a real database with real scripted agents, in this process."""

import os
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import httpx
import pytest
from api_parts import Finish
from fastapi import FastAPI

from agent_runs.api.app import create_app
from agent_runs.models import AgentRun
from agent_runs.settings import Settings
from agent_runs.store.runs import runs
from tests.patience import PATIENCE_SECONDS


@pytest.fixture(autouse=True)
def _no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AGENT_RUNS_", "CODEGEN_")):
            monkeypatch.delenv(name)


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    """Where settings are saved; what is read back from it talks to nobody either."""
    path = tmp_path / ".env"
    path.write_text("CODEGEN_BASE_URL=http://127.0.0.1:9\n", encoding="utf-8")
    return path


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path, sqlite_url: str) -> Settings:
    """Settings of a server; the parameter is the name of its home, when that matters."""
    return Settings(
        home=tmp_path / getattr(request, "param", "home"),
        database_url=sqlite_url,
        cancel_grace_seconds=1,
        # A port that nobody listens on: no test talks to the hosted service.
        codegen_base_url="http://127.0.0.1:9",
        sandbox="none",
    )


@pytest.fixture
async def app(settings: Settings, env_file: Path) -> AsyncGenerator[FastAPI]:
    made = create_app(settings, env_file=env_file)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def http(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        yield client


@pytest.fixture
def finished(app: FastAPI) -> Finish:
    """Waits, by its events, for a run to end."""

    async def wait(run_id: int) -> AgentRun:
        server = app.state.server
        with anyio.fail_after(PATIENCE_SECONDS):
            async with server.bus.subscribe(run_id=run_id) as subscription:
                while True:
                    run = await runs.get(server.database, run_id)
                    if run.finished_at is not None:
                        return run
                    await subscription.next(PATIENCE_SECONDS)

    return wait
