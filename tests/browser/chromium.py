"""Finds a Chromium for the browser tests or installs one, once, however many workers ask.

In order: one on the path, Playwright's own, Playwright's download, Debian's package when we are
root. Tests fail with what to do when there is none: a skip would hide that nothing was tested.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL_SECONDS = 600


def find_chromium(playwrights_own: str) -> str:
    """Return the path of a Chromium that starts.

    Args:
        playwrights_own: where Playwright puts the one it downloads.
    """
    lock_path = Path(tempfile.gettempdir()) / f"agent-runs-chromium-{os.getuid()}.lock"
    with lock_path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if found := _first_that_starts(playwrights_own):
            return found
        told: list[str] = []
        for commands in _ways_to_install():
            told += [_run(command) for command in commands]
            if found := _first_that_starts(playwrights_own):
                return found
    raise RuntimeError(
        "The browser tests need Chromium or Chrome on the path, and neither is there. "
        "Install one, or see why it could not be done here:\n" + "\n".join(told)
    )


def _first_that_starts(playwrights_own: str) -> str | None:
    paths = [*filter(None, map(shutil.which, NAMES)), playwrights_own]
    return next(filter(_starts, paths), None)


def _starts(path: str) -> bool:
    """Tell whether it is more than a stub that asks for a snap, and has its libraries."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _ways_to_install() -> list[list[list[str]]]:
    ways = [[[sys.executable, "-m", "playwright", "install", "chromium"]]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        packages = ["chromium", "fonts-liberation"]
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
        ways.append([["apt-get", "update"], install])
    return ways


def _run(command: list[str]) -> str:
    """Run it and return what it said at the end."""
    environment = {
        "DEBIAN_FRONTEND": "noninteractive",
        "NODE_USE_SYSTEM_CA": "1",
        "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "20000",
    }
    try:
        done = subprocess.run(
            command,
            env=environment | os.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        return f"{' '.join(command)}: {exc}"
    return f"{' '.join(command)}:\n{done.stdout.decode(errors='replace')[-600:]}"
