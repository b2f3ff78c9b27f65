"""Git, called in a way that a tree which an agent has touched cannot make it run anything.

Hooks, fsmonitor, external diff programs and the `ext` transport are off, and neither the system's
nor the user's configuration is read. `trusted` calls (fetching what a person registered) use the
user's configuration, because credential helpers and SSH settings are in it.
"""

import os
import shutil
from pathlib import Path

from agent_runs.errors import Unavailable
from agent_runs.processes import run

_SAFE = (
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.ext.allow=never",
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
)
_NOBODY = {
    "GIT_AUTHOR_NAME": "agent_runs",
    "GIT_AUTHOR_EMAIL": "agent-runs@localhost",
    "GIT_COMMITTER_NAME": "agent_runs",
    "GIT_COMMITTER_EMAIL": "agent-runs@localhost",
}


class GitFailed(Unavailable):
    """Git failed; the message is the last line that it printed."""


def installed() -> bool:
    """Tell whether git is on PATH."""
    return shutil.which("git") is not None


async def git(
    *arguments: str,
    cwd: Path,
    trusted: bool = False,
    may_fail: bool = False,
    timeout_seconds: float = 60.0,
) -> bytes:
    """Run git and return its standard output.

    Args:
        arguments: after `git`.
        cwd: folder to run in.
        trusted: read the user's configuration; never on a tree that an agent has touched.
        may_fail: an exit code other than 0 is not an error.
        timeout_seconds: how long it may take.

    Raises:
        GitFailed: git is missing, failed, or took longer than `timeout_seconds`.
    """
    command, env = ["git", *_SAFE, *arguments], _environment(trusted)
    try:
        done = await run(command, cwd=cwd, env=env, timeout_seconds=timeout_seconds)
    except TimeoutError as exc:
        raise GitFailed(f"git {arguments[0]} took longer than {timeout_seconds:g} s") from exc
    except OSError as exc:
        raise GitFailed(f"git cannot be started: {exc}") from exc
    if done.code and not may_fail:
        words = done.errors.decode("utf-8", "replace").strip().splitlines()
        raise GitFailed(words[-1] if words else f"git {arguments[0]} ended with {done.code}")
    return done.output


def _environment(trusted: bool) -> dict[str, str]:
    ours = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8", **_NOBODY}
    if trusted:
        return {**os.environ, **ours}
    off = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1"}
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": os.devnull, **off, **ours}
