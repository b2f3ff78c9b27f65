"""`make dev`: the API and the dashboard; each restarts when one of its sources changes.

Both are the programs that users start, so what works here works there. After a change to its own
sources, the dashboard is rebuilt, which takes about ten seconds; then reload the page.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

from watchfiles import PythonFilter, watch

ROOT = Path(__file__).resolve().parents[1]
API = "API"
DASHBOARD = "dashboard"
_PROGRAMS = {API: "api.py", DASHBOARD: "dashboard.py"}
_SOURCES = ("agent_runs", "assets", "api.py", "dashboard.py", "rxconfig.py")
_OF_THE_DASHBOARD = ("agent_runs/dashboard/", "assets/", "dashboard.py", "rxconfig.py")
_MADE_BY_BUILDS = "assets/external"
_SUFFIXES = (".md", ".jsx", ".js", ".css", ".svg")
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE_SECONDS = 20.0
_LOOK_MILLISECONDS = 1000


class Part:
    """One of the two programs, in a separate session so that its children end with it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, str(ROOT / _PROGRAMS[self._name])]
        self._process = subprocess.Popen(  # noqa: S603  (our own programs)
            command, cwd=ROOT, start_new_session=True
        )

    def look(self) -> None:
        """Say so, once, if it has ended on its own."""
        if self._process is not None and (code := self._process.poll()) is not None:
            self.end()
            _say(f"The {self._name} ended (exit code {code}). It restarts when a file changes.")

    def ask_to_end(self) -> None:
        """Ask it to end."""
        if self._process is not None:
            self._process.terminate()

    def end(self) -> None:
        """End it, and whatever it has left behind."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.terminate()
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            _say(f"The {self._name} did not end in time and was killed.")
        finally:
            _kill_session(process.pid)
            process.wait()


def names(paths: set[str]) -> list[str]:
    """Return the paths of files within the project."""
    return sorted(Path(path).relative_to(ROOT).as_posix() for path in paths)


def parts_of(paths: set[str]) -> set[str]:
    """Return the parts that changed files belong to: only the dashboard, or both."""
    are_its_own = all(name.startswith(_OF_THE_DASHBOARD) for name in names(paths))
    return {DASHBOARD} if are_its_own else {API, DASHBOARD}


def main() -> None:
    """Run both parts until Ctrl-C."""
    for number in _STOP_SIGNALS:
        signal.signal(number, _interrupt)
    parts = {name: Part(name) for name in _PROGRAMS}
    changes = watch(
        *(ROOT / name for name in _SOURCES),
        watch_filter=PythonFilter(
            extra_extensions=_SUFFIXES, ignore_paths=[ROOT / _MADE_BY_BUILDS]
        ),
        rust_timeout=_LOOK_MILLISECONDS,
        yield_on_timeout=True,
    )
    try:
        for part in parts.values():
            part.start()
        for batch in changes:
            paths = {path for _, path in batch}
            for name in sorted(parts_of(paths)) if paths else ():
                _say(f"{_shown(paths)} changed: the {name} restarts.")
                parts[name].end()
                parts[name].start()
            for part in parts.values():
                part.look()
    except KeyboardInterrupt:
        _say("Stopping.")
    finally:
        for number in _STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave one behind
        for part in parts.values():
            part.ask_to_end()
        for part in parts.values():
            part.end()


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _kill_session(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # nobody is left
        return


def _shown(paths: set[str]) -> str:
    first, *more = names(paths)
    return f"{first} and {len(more)} more" if more else first


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
