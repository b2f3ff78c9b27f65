"""Changes the state of a pull request at its forge, with the command `gh` of the user.

The command brings the login of the user who runs this server; no token passes through our hands.
"""

import asyncio
import contextlib
import json
import re
import shutil
from dataclasses import dataclass

from agent_runs.models import Repo

_SECONDS = 30.0
_LONGEST_REASON = 500
_PART = r"[A-Za-z0-9_.-]+"
_REMOTE = re.compile(
    rf"(?:(?:https?|ssh|git)://(?:[\w.-]+@)?|(?:[\w.-]+@)?(?={_PART}:{_PART}/))"
    rf"({_PART})(?::\d+)?[:/]({_PART}/{_PART}?)(?:\.git)?/?"
)
_PAGE = re.compile(rf"https?://({_PART})/({_PART}/{_PART})/pull/(\d+)/?")
_COMMANDS: dict[str, tuple[str, ...]] = {
    "open": ("reopen",),
    "closed": ("close",),
    "draft": ("ready", "--undo"),
    "ready_for_review": ("ready",),
}


@dataclass(frozen=True)
class PullRequestAddress:
    """Where a pull request is: `repository` is `host/owner/name`."""

    repository: str
    number: int


@dataclass(frozen=True)
class Edited:
    """What became of a pull request, in the official words."""

    success: bool
    url: str | None = None
    number: int | None = None
    title: str | None = None
    state: str | None = None
    error: str | None = None


def address_of_page(url: str) -> PullRequestAddress | None:
    """Return which pull request a page shows; None when it is no such page."""
    found = _PAGE.fullmatch(url)
    return PullRequestAddress(f"{found[1]}/{found[2]}", int(found[3])) if found else None


async def address_in(repo: Repo, number: int) -> PullRequestAddress | None:
    """Return the pull request of this number; None when the repository is at no forge.

    The forge of a local clone is the one of its remote `origin`.
    """
    url = repo.url
    if url.startswith("/"):
        url = (await _run("git", "-C", url, "config", "--get", "remote.origin.url")).text.strip()
    found = _REMOTE.fullmatch(url)
    return PullRequestAddress(f"{found[1]}/{found[2]}", number) if found else None


async def edit(address: PullRequestAddress, state: str) -> Edited:
    """Let a pull request become `open`, `closed`, `draft` or `ready_for_review`.

    What does not work is told in the outcome.
    """
    if shutil.which("gh") is None:
        return Edited(
            False,
            number=address.number,
            error="The command `gh` was not found. Install it from cli.github.com, run "
            "`gh auth login` as the user of this server, then try again.",
        )
    which = (str(address.number), "--repo", address.repository)
    command, *options = _COMMANDS[state]
    done = await _run("gh", "pr", command, *which, *options)
    if done.error is not None:
        return Edited(False, number=address.number, error=done.error)
    seen = await _run("gh", "pr", "view", *which, "--json", "url,number,title,state,isDraft")
    try:
        told = json.loads(seen.text)
        now = str(told["state"]).lower()
        now = "draft" if now == "open" and told.get("isDraft") else now
        return Edited(True, str(told["url"]), int(told["number"]), str(told["title"]), now)
    except (ValueError, KeyError, TypeError):
        return Edited(True, number=address.number)


@dataclass(frozen=True)
class _Said:
    text: str
    error: str | None


async def _run(program: str, *arguments: str) -> _Said:
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        return _Said("", f"`{program}` did not answer within {_SECONDS:.0f} seconds.")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        reason = errors.decode(errors="replace").strip()[:_LONGEST_REASON]
        return _Said("", f"`{program}` says: {reason or f'exit code {process.returncode}'}")
    return _Said(output.decode(errors="replace"), None)
