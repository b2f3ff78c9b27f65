"""Confinement of agents with bubblewrap, if the machine allows it.

Inside, an agent sees the system's programs, read-only, and its own run folder, but no other runs,
no database and no other processes. When it ends, everything that it started ends too. The network
stays shared, because agents need their model. Without bubblewrap an agent is an ordinary process of
the same user: its environment is clean, but it can read that user's files.
Source: https://github.com/containers/bubblewrap
"""

import contextlib
import ctypes
import os
import re
import resource
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent_runs.errors import InvalidRequest
from agent_runs.processes import run
from agent_runs.providers.acp.programs import needed_by
from agent_runs.providers.acp.workspace import RunFolder

SandboxChoice = Literal["auto", "none", "bubblewrap"]

_ETC = (
    "resolv.conf",
    "hosts",
    "nsswitch.conf",
    "passwd",
    "group",
    "localtime",
    "timezone",
    "ssl",
    "pki",
    "ca-certificates",
    "alternatives",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "os-release",
    "mime.types",
)
_PROBE = ("--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "true")
_PROBE_SECONDS = 5.0
_PATHS = re.compile(r"(?<![\w/])/[\w.+@/-]+")
_MOST_PATHS = 20
_PROGRAMS = frozenset({".py", ".js", ".mjs", ".cjs", ".ts", ".rb"})
"""Endings of files that may load those beside them; of other arguments only the file is shown."""
_PR_SET_DUMPABLE = 4
_LIMITS = (
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_FSIZE, 2 << 30),
    (resource.RLIMIT_NOFILE, 4096),
)


@dataclass(frozen=True)
class Sandbox:
    """Wraps a command so that it runs confined.

    Attributes:
        program: path of bwrap; None confines nothing.
    """

    program: str | None = None

    @property
    def name(self) -> str:
        """What `sandbox` of a run says: `bubblewrap` or `none`."""
        return "bubblewrap" if self.program else "none"

    def wrap(
        self,
        command: Sequence[str],
        folder: RunFolder,
        *,
        cwd: Path,
        read_only: Iterable[Path] = (),
        hidden: Iterable[Path] = (),
        network: bool = True,
    ) -> list[str]:
        """Return the command to start instead.

        Args:
            command: program (absolute path) and arguments.
            folder: `work`, `home` and `tmp` are writable, the rest of it is hidden.
            cwd: folder to start in.
            read_only: further paths to show.
            hidden: folders to show as empty.
            network: False also cuts off the network.
        """
        if self.program is None:
            return list(command)
        words = [self.program, "--unshare-all", "--die-with-parent", "--new-session"]
        if network:
            words.append("--share-net")
        words += [*_system(), "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # noqa: S108 - a new one inside
        for path in sorted({*_installation(command), *read_only}):
            words += ["--ro-bind-try", str(path), str(path)]
        for path in (folder.work, folder.home, folder.tmp):
            words += ["--bind", str(path), str(path)]
        for path in hidden:
            words += ["--tmpfs", str(path)]
        return [*words, "--chdir", str(cwd), "--", *command]


async def find_sandbox(choice: SandboxChoice) -> Sandbox:
    """Return what works on this machine.

    Raises:
        InvalidRequest: the choice is bubblewrap, which does not work here.
    """
    if choice == "none":
        return Sandbox()
    program = shutil.which("bwrap")
    if program and await _works(program):
        return Sandbox(program)
    if choice == "bubblewrap":
        why = "does not work here (user namespaces?)" if program else "was not found on PATH"
        raise InvalidRequest(
            f"AGENT_RUNS_SANDBOX is `bubblewrap`, but `bwrap` {why}. Install or allow it, or set "
            "`auto`, which runs agents without a sandbox if it is missing."
        )
    return Sandbox()


def hide_memory() -> None:
    """Keep other processes of this user from reading our environment and memory (Linux).

    This matters for agents without a sandbox: /proc/<pid>/environ of the manager has its secrets.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def limit_resources(pid: int) -> None:
    """Limit core dumps, file size and open files of a process and its children (Linux).

    Never the address space: with 4 GiB some Node.js agents abort at the start.
    """
    if sys.platform != "linux":
        return
    for kind, most in _LIMITS:
        with contextlib.suppress(OSError, ValueError):
            _, hard = resource.prlimit(pid, kind)
            value = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.prlimit(pid, kind, (value, value))


async def _works(program: str) -> bool:
    words, root = [program, *_PROBE], Path("/")
    with contextlib.suppress(OSError):  # TimeoutError is one, too
        done = await run(words, cwd=root, env=os.environ, timeout_seconds=_PROBE_SECONDS)
        return done.code == 0
    return False


def _system() -> list[str]:
    words = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            words += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            words += ["--ro-bind", str(path), str(path)]
    for name in _ETC:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return [*words, "--ro-bind-try", "/nix/store", "/nix/store"]


def hidden_paths(command: Sequence[str], words: str) -> list[str]:
    """Return the paths in an agent's last words that exist, but not inside of its sandbox.

    Args:
        command: from `wrap`.
        words: what the agent, or bwrap, printed.
    """
    if Path(command[0]).name != "bwrap":
        return []
    shown = [
        command[at + 2]
        for at, word in enumerate(command)
        if word in ("--ro-bind", "--ro-bind-try", "--bind", "--symlink")
    ]
    named = dict.fromkeys(_PATHS.findall(words)[:_MOST_PATHS])
    return [
        path
        for path in (name.rstrip(".") for name in named)
        if os.path.exists(path) and not any(Path(path).is_relative_to(root) for root in shown)
    ]


def _installation(command: Sequence[str]) -> set[Path]:
    """Return the folders that a program outside of /usr needs: its own, its interpreters'."""
    needed: set[Path] = set()
    for path in needed_by(command) | needed_by([shutil.which("node") or ""]):
        is_argument = str(path) in command[1:] and path.suffix not in _PROGRAMS
        needed.add(path if is_argument else _root_of(path))
    needed |= {_root_of(Path(sys.executable)), _root_of(Path(os.path.realpath(sys.executable)))}
    needed |= {Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parent}
    return {path for path in needed if not path.is_relative_to("/usr") and path not in _shared()}


def _root_of(program: Path) -> Path:
    """Return the smallest folder that holds all of an installed program."""
    for folder in program.parents:
        if folder.name == "node_modules":
            return folder
    folder = program.parent
    if folder.name == "bin" and folder.parent not in _shared():
        return folder.parent
    return folder if folder not in _shared() else program


def _shared() -> set[Path]:
    """Folders that hold much more than one program."""
    home = Path.home()
    return {*map(Path, ("/", "/opt", "/tmp", "/var/tmp", "/etc")), home, home / ".local"}  # noqa: S108 - never shown
