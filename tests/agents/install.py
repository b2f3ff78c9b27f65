"""Installs the pinned agents into the user's cache, once, for all clones and runs of the tests.

    python -m tests.agents.install             # those of `make test`: Claude, Codex, OpenCode
    python -m tests.agents.install FOLDER      # all nine, into a folder; prints the PATH to set

Versions and hashes are in `versions/`. Without a registry, nothing is installed; the reason is kept
beside, and the tests of real agents are skipped with it.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

from tests.test_pythons import found

VERSIONS = Path(__file__).with_name("versions")
_NPM_FILES = ("package.json", "package-lock.json")
_SECONDS = 300
_SHOWN = 400


def folder() -> Path:
    """Return where the agents of these versions are, or will be."""
    content = b"".join((VERSIONS / name).read_bytes() for name in _NPM_FILES)
    return user_cache_path("agent-runs") / f"agents-{hashlib.sha256(content).hexdigest()[:12]}"


def programs() -> list[Path]:
    """Return folders with the agents' programs, and with the Node that they need."""
    bins = folder() / "node_modules" / ".bin"
    return [bins, Path(sysconfig.get_path("scripts"))] if is_complete() else []


def is_complete() -> bool:
    """Tell whether the agents are installed."""
    return (folder() / "complete").exists()


def reason() -> str:
    """Say why they are not."""
    try:
        return (folder() / "reason").read_text("utf-8")
    except OSError:
        return "the pinned agents were never installed: `make test` does it"


def install() -> bool:
    """Install the agents if they are not; tell whether they are now."""
    with _locked(folder()) as place:
        if is_complete():
            return True
        for name in _NPM_FILES:
            shutil.copyfile(VERSIONS / name, place / name)
        try:
            # Not `ci`: the lock file lacks programs of other systems, which our registry had not.
            _npm(place, "install", "--ignore-scripts", "--omit=dev", "--fetch-retries=1")
            # The one script that is needed: it puts OpenCode's program into its place.
            _npm(place, "rebuild", "opencode-ai")
        except (OSError, subprocess.SubprocessError) as exc:
            output = getattr(exc, "stderr", None) or str(exc)
            words = f"the registry of npm packages gave no agents: {output.strip()[-_SHOWN:]}"
            (place / "reason").write_text(words, "utf-8")
            return False
        (place / "complete").touch()
        return True


def install_all(place: Path) -> list[Path]:
    """Install all pinned agents into a folder; return the folders with their programs."""
    place.mkdir(parents=True, exist_ok=True)
    for name in _NPM_FILES:
        shutil.copyfile(VERSIONS / name, place / name)
    _npm(place, "install", "--ignore-scripts")
    _npm(place, "rebuild", "opencode-ai")
    scripts = sysconfig.get_path("scripts")
    bins = [place / "node_modules" / ".bin", Path(scripts)]
    agents = tomllib.loads((VERSIONS / "python.toml").read_text("utf-8"))
    for agent, each in agents.items():
        requirements = VERSIONS / f"requirements-{agent}.txt"
        if environment(place / agent, each["python"], "--require-hashes", "-r", str(requirements)):
            bins.append(place / agent / "bin")
    return bins


def environment(folder: Path, version: str, *wanted: str) -> bool:
    """Install Python packages into an environment of this Python version; tell whether it went."""
    python = found(version)
    if python is None:
        sys.stdout.write(f"No Python {version} was found for {folder.name}; it is left out.\n")
        return False
    uv = f"{sysconfig.get_path('scripts')}/uv"
    for words in (
        ("venv", "--quiet", "--clear", "--python", python, str(folder)),
        ("pip", "install", "--quiet", "--python", str(folder), *wanted),
    ):
        if subprocess.run([uv, *words], check=False).returncode:
            sys.stdout.write(f"{folder.name} could not be installed; it is left out.\n")
            return False
    return True


def _npm(place: Path, *words: str) -> None:
    scripts = sysconfig.get_path("scripts")
    path = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    subprocess.run(
        [f"{scripts}/npm", *words, "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=place,
        # With the certificates that everything else on this machine trusts, as behind a proxy.
        env={**os.environ, "PATH": path, "NODE_USE_SYSTEM_CA": "1"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=True,
    )


@contextmanager
def _locked(place: Path) -> Generator[Path]:
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place


def main() -> None:
    """Install, and say what was done."""
    if sys.argv[1:]:
        bins = install_all(Path(sys.argv[1]).resolve())
        sys.stdout.write(f"PATH={os.pathsep.join(map(str, bins))}:$PATH\n")
        return
    if not is_complete():
        sys.stdout.write("Installing the coding agents of the tests into the cache (once) ...\n")
    if not install():
        sys.stdout.write(f"Tests of real agents will be skipped: {reason()}\n")


if __name__ == "__main__":
    main()
