"""Looks at the machine and at the server, and says what to do about each thing that is amiss."""

import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from agent_runs.cli import exits
from agent_runs.cli.connection import Connection
from agent_runs.cli.output import say, say_json
from agent_runs.errors import AgentRunsError, InvalidRequest, Unauthorized
from agent_runs.models import JSON, AgentInfo
from agent_runs.reading.amounts import size
from agent_runs.settings import InvalidSettings, Settings, load_settings

_OLDEST_PYTHON = (3, 11)
_LEAST_FREE_BYTES = 1 << 30
_SECONDS = 5


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        state: `problem` only for things that runs need.
        text: what is there and, unless ok, what to do.
    """

    name: str
    state: Literal["ok", "warning", "problem"]
    text: str


def examine(connection: Connection, *, as_json: bool) -> int:
    """Print the findings; return the exit code."""
    findings = list(_findings(connection))
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{finding.state:<8} {finding.name:<11} {finding.text}")
    has_problem = any(finding.state == "problem" for finding in findings)
    return exits.FAILED if has_problem else exits.COMPLETE


def _findings(connection: Connection) -> Iterator[Finding]:
    yield _python()
    yield _git()
    yield _bubblewrap()
    try:
        settings = load_settings()
    except InvalidSettings as exc:
        yield Finding("settings", "problem", " ".join(str(exc).split("\n")))
    else:
        yield Finding("settings", "ok", "readable")
        yield _folder(settings)
        yield _database(settings)
        yield _disk(settings.home)
    yield from _server(connection)


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info < _OLDEST_PYTHON:
        return Finding("python", "problem", f"{version}; install 3.11 or newer")
    return Finding("python", "ok", version)


def _git() -> Finding:
    path = shutil.which("git")
    if path is None:
        return Finding("git", "problem", "not found; install it, runs in repositories need it")
    return Finding("git", "ok", _output([path, "--version"]).removeprefix("git version "))


def _bubblewrap() -> Finding:
    path = shutil.which("bwrap")
    hint = "agents are not confined (sandbox: none)"
    if path is None:
        return Finding("bubblewrap", "warning", f"not found: {hint}; install bubblewrap")
    if _output([path, "--ro-bind", "/", "/", "--unshare-pid", "echo", "works"]) != "works":
        return Finding("bubblewrap", "warning", f"does not work: {hint}; allow user namespaces")
    return Finding("bubblewrap", "ok", "works")


def _folder(settings: Settings) -> Finding:
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as exc:
        text = f"{home}: {exc.strerror}; make it writable or set AGENT_RUNS_HOME"
        return Finding("folder", "problem", text)
    return Finding("folder", "ok", f"{home} is writable")


def _database(settings: Settings) -> Finding:
    url = urlsplit(settings.database_url)
    if url.scheme == "postgresql":
        place = (url.hostname or "localhost", url.port or 5432)
        try:
            socket.create_connection(place, _SECONDS).close()
        except OSError as exc:
            text = (
                f"no PostgreSQL answers at {place[0]}:{place[1]} ({exc.strerror or exc}); start it"
            )
            return Finding("database", "problem", f"{text} or set AGENT_RUNS_DATABASE_URL")
        return Finding("database", "ok", f"PostgreSQL answers at {place[0]}:{place[1]}")
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    folder = path.parent
    if not folder.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        text = f"{path} is not writable; make it writable or set AGENT_RUNS_DATABASE_URL"
        return Finding("database", "problem", text)
    return Finding("database", "ok", f"{path} is writable")


def _disk(home: Path) -> Finding:
    free = shutil.disk_usage(home if home.exists() else Path.cwd()).free
    text = f"{size(free)} free"
    if free < _LEAST_FREE_BYTES:
        return Finding("disk", "warning", f"{text}; free some: work trees need space")
    return Finding("disk", "ok", text)


def _server(connection: Connection) -> Iterator[Finding]:
    try:
        root = connection.credentials.root
    except InvalidRequest as exc:
        yield Finding("server", "problem", exc.message)
        return
    try:
        with connection.open(timeout=_SECONDS, retries=0) as client:
            health = client.health()
            if health.get("service") != "agent_runs":
                text = f"another program answers at {root}; stop it or set AGENT_RUNS_PORT"
                yield Finding("server", "problem", text)
                return
            yield Finding("server", "ok", _load(root, health))
            yield _agents(client.list_agents())
    except Unauthorized:
        yield Finding("server", "problem", "requires a token: set AGENT_RUNS_API_TOKEN")
    except AgentRunsError as exc:
        yield from _no_server(root, exc)


def _no_server(root: str, error: AgentRunsError) -> Iterator[Finding]:
    place = urlsplit(root)
    port = place.port or (443 if place.scheme == "https" else 80)
    try:
        socket.create_connection((place.hostname or "localhost", port), _SECONDS).close()
    except OSError:
        # Not a problem: perhaps nobody has started the server yet.
        yield Finding("server", "warning", f"not running at {root}; start it: agent-runs up")
        yield Finding("agents", "warning", "not known until the server runs")
        return
    yield Finding("server", "problem", f"{root}: {error.message}")


def _load(root: str, health: dict[str, JSON]) -> str:
    runs: dict[str, JSON] = health.get("runs") or {}
    counts = f"{runs.get('active', 0)} active, {runs.get('pending', 0)} pending runs"
    return f"{root}, version {health.get('version')}, {health.get('database')}, {counts}"


def _agents(agents: list[AgentInfo]) -> Finding:
    found = [agent for agent in agents if agent.available]
    if not found:
        return Finding("agents", "problem", "none is available; `agent-runs agents` says why")
    if [agent.name for agent in found] == ["scripted"]:
        text = "only the built-in one; `agent-runs agents` says how to get a real one"
        return Finding("agents", "warning", text)
    text = ", ".join(
        f"{agent.name} ({agent.login})" if agent.login else agent.name for agent in found
    )
    if all(agent.login in (None, "not logged in") for agent in found):
        text += "; `agent-runs agents` says how to log in"
        return Finding("agents", "warning", text)
    return Finding("agents", "ok", text)


def _output(command: list[str]) -> str:
    """What a program prints; empty if it fails."""
    try:
        done = subprocess.run(  # noqa: S603  (fixed arguments)
            command, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
