"""Starts the server: in this process (`serve`, `python api.py`), or with the dashboard (`up`)."""

import contextlib
import errno
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path
from types import FrameType

import uvicorn

import agent_runs
from agent_runs.addresses import place, server_url
from agent_runs.cli import exits
from agent_runs.cli.connection import Connection
from agent_runs.cli.output import complain, say, write_by_lines
from agent_runs.errors import AgentRunsError
from agent_runs.settings import (
    EXIT_CODE,
    InvalidSettings,
    Settings,
    api_token_for,
    load_settings,
)

_BACKLOG = 2048
_GRACE_SECONDS = 20.0
_LOOK_SECONDS = 0.2
# Open event streams end on their own when the server shuts down; this is for other requests.
_SHUTDOWN_SECONDS = 5
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ROOT = Path(agent_runs.__file__).parent.parent


def serve(host: str | None = None, port: int | None = None) -> None:
    """Serve the API until a signal stops the process.

    Raises:
        SystemExit: the server cannot start; standard error says why.
    """
    write_by_lines()
    # The application reads its own settings, so host and port have to become settings.
    os.environ.update({"AGENT_RUNS_HOST": host} if host else {})
    os.environ.update({"AGENT_RUNS_PORT": str(port)} if port else {})
    settings = _settings()
    try:
        listener = _listen(settings.host, settings.port)
        token = api_token_for(settings)
    except (OSError, InvalidSettings) as exc:
        complain(_why_not(exc, settings))
        raise SystemExit(exits.FAILED) from exc
    if token.is_new:
        say(f"Token for this address, shown once: {token.token}")
    config = uvicorn.Config(
        "agent_runs.api.app:create_app",
        factory=True,
        log_config=None,  # the application sets up logging
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    server = _Server(config, settings)
    with contextlib.suppress(KeyboardInterrupt, SystemExit):  # uvicorn's codes are not ours
        server.run(sockets=[listener])
    if not server.started:
        raise SystemExit(exits.FAILED)


def up() -> int:
    """Run the API and, if it is installed, the dashboard; return the exit code."""
    settings = _settings()
    commands = {"API": [sys.executable, "-m", "agent_runs", "serve"]}
    if _has_dashboard():
        commands["dashboard"] = [sys.executable, str(_ROOT / "dashboard.py")]
    running: dict[str, subprocess.Popen[bytes]] = {}
    with _signals_as_interrupts():
        try:
            for name, command in commands.items():
                # Separate sessions: Ctrl-C reaches only this process, which ends them in order.
                running[name] = subprocess.Popen(command, start_new_session=True)  # noqa: S603
            return _watch(running, settings)
        except KeyboardInterrupt:
            return exits.COMPLETE
        finally:
            _end(running)


class _Server(uvicorn.Server):
    """Prints its addresses once it answers."""

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._settings = settings

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            url = server_url(self._settings.host, self._settings.port)
            say(f"API        {url}\nAPI docs   {url}/docs\n{_dashboard_line(self._settings)}")


def _settings() -> Settings:
    try:
        return load_settings()
    except InvalidSettings as exc:
        for line in str(exc).splitlines():
            complain(line)
        raise SystemExit(EXIT_CODE) from exc


def _listen(host: str, port: int) -> socket.socket:
    """Bind before anything is opened, so that a second server changes nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), port), family=family, backlog=_BACKLOG)


def _why_not(exc: Exception, settings: Settings) -> str:
    if not isinstance(exc, OSError) or isinstance(exc, InvalidSettings):
        return str(exc)
    where = place(settings.host, settings.port)
    if exc.errno == errno.EADDRINUSE:
        who = "agent_runs already runs" if _is_ours(settings) else "another program listens"
        return (
            f"{where} is in use: {who} there. Stop it, or choose another port: "
            f"AGENT_RUNS_PORT={settings.port + 1}."
        )
    return f"Cannot listen on {where}: {exc.strerror or exc}. Change AGENT_RUNS_HOST or the port."


def _is_ours(settings: Settings) -> bool:
    try:
        url = server_url(settings.host, settings.port)
        with Connection(url).open(timeout=2, retries=0) as client:
            return client.health().get("service") == "agent_runs"
    except AgentRunsError:
        return False


def _has_dashboard() -> bool:
    files_exist = (_ROOT / "agent_runs/dashboard").is_dir() and (_ROOT / "dashboard.py").is_file()
    return files_exist and importlib.util.find_spec("reflex") is not None


def _dashboard_line(settings: Settings) -> str:
    if not _has_dashboard():
        return "Dashboard  not installed"
    return f"Dashboard  {settings.dashboard_url}  (agent-runs up, or python dashboard.py)"


def _watch(running: dict[str, subprocess.Popen[bytes]], settings: Settings) -> int:
    """Wait until the API ends; an earlier end of the dashboard is only reported."""
    api, dashboard = running["API"], running.get("dashboard")
    while (code := api.poll()) is None:
        if dashboard is not None and dashboard.poll() is not None:
            complain(
                f"The dashboard ended (exit code {dashboard.returncode}); the lines above say why. "
                f"The API is still running at {server_url(settings.host, settings.port)}."
            )
            dashboard = None
        time.sleep(_LOOK_SECONDS)
    return code


def _end(running: dict[str, subprocess.Popen[bytes]]) -> None:
    for number in _STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave one of them behind
    for process in running.values():
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
    deadline = time.monotonic() + _GRACE_SECONDS
    for name, process in running.items():
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            complain(f"The {name} did not end in time and was killed.")
            process.kill()
            process.wait()


@contextlib.contextmanager
def _signals_as_interrupts() -> Generator[None]:
    """Let a closing terminal, or a service manager, end both as Ctrl-C does."""

    def interrupt(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    former = {number: signal.signal(number, interrupt) for number in _STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
