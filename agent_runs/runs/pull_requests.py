"""Changes the state of a pull request at GitHub, with the command `gh` of the user."""

import asyncio
import contextlib
import json
import re
import shutil
from dataclasses import dataclass

from agent_runs.models import Repo

_SECONDS = 30.0
_LONGEST_REASON = 500
_GITHUB = re.compile(
    r"(?:https://|ssh://git@|git@)github\.com[:/]([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+?)(?:\.git)?/?"
)
_COMMANDS: dict[str, tuple[str, ...]] = {
    "open": ("reopen",),
    "closed": ("close",),
    "draft": ("ready", "--undo"),
    "ready_for_review": ("ready",),
}


@dataclass(frozen=True)
class Edited:
    """What became of a pull request, in the official words."""

    success: bool
    url: str | None = None
    number: int | None = None
    title: str | None = None
    state: str | None = None
    error: str | None = None


def github_name(repo: Repo) -> str | None:
    """Return `owner/name` of a repository at GitHub, else None."""
    found = _GITHUB.fullmatch(repo.url)
    return found[1] if found else None


async def edit(repo: Repo, number: int, state: str) -> Edited:
    """Let a pull request become `open`, `closed`, `draft` or `ready_for_review`.

    What does not work is told in the outcome.
    """
    name = github_name(repo)
    if name is None:
        return Edited(
            False, error=f"{repo.url} is not at GitHub: this server knows no other forge."
        )
    if shutil.which("gh") is None:
        return Edited(
            False,
            error="The command `gh` was not found. Install it from cli.github.com, run "
            "`gh auth login` as the user of this server, then try again.",
        )
    command, *options = _COMMANDS[state]
    failed = await _gh("pr", command, str(number), "--repo", name, *options)
    if failed.error is not None:
        return Edited(False, number=number, error=failed.error)
    seen = await _gh("pr", "view", str(number), "--repo", name, "--json", "url,number,title,state")
    try:
        told = json.loads(seen.text)
        return Edited(
            True, told["url"], int(told["number"]), str(told["title"]), str(told["state"])
        )
    except (ValueError, KeyError, TypeError):
        return Edited(True, number=number)


@dataclass(frozen=True)
class _Said:
    text: str
    error: str | None


async def _gh(*arguments: str) -> _Said:
    process = await asyncio.create_subprocess_exec(
        "gh",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        return _Said("", f"`gh` did not answer within {_SECONDS:.0f} seconds.")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        reason = errors.decode(errors="replace").strip()[:_LONGEST_REASON]
        return _Said("", f"`gh` says: {reason or f'exit code {process.returncode}'}")
    return _Said(output.decode(errors="replace"), None)
