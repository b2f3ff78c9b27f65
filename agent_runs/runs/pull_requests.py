"""Changes the state of a pull request at its forge with the command `gh`.

The command uses the login of the user who runs this server, so we never see a token.
"""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from agent_runs.models import Repo
from agent_runs.processes import run

_SECONDS = 30.0
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
class EditResult:
    """What became of a pull request, in the official API's words."""

    success: bool
    url: str | None = None
    number: int | None = None
    title: str | None = None
    state: str | None = None
    error: str | None = None


def address_of_page(url: str) -> PullRequestAddress | None:
    """Return which pull request a page shows; None if it shows none."""
    match = _PAGE.fullmatch(url)
    return PullRequestAddress(f"{match[1]}/{match[2]}", int(match[3])) if match else None


async def address_in(repo: Repo, number: int) -> PullRequestAddress | None:
    """Return the pull request with this number; None if the repository is at no forge.

    The forge of a local clone is the one of its remote `origin`.
    """
    url = repo.url
    if url.startswith("/"):
        url = (await _run("git", "-C", url, "config", "--get", "remote.origin.url")).text.strip()
    match = _REMOTE.fullmatch(url)
    return PullRequestAddress(f"{match[1]}/{match[2]}", number) if match else None


async def edit(address: PullRequestAddress, state: str) -> EditResult:
    """Make a pull request `open`, `closed`, `draft` or `ready_for_review`.

    The result says what did not work.
    """
    if shutil.which("gh") is None:
        return EditResult(
            False,
            number=address.number,
            error="The command `gh` was not found. Install it from cli.github.com, run "
            "`gh auth login` as the user who runs this server, then try again.",
        )
    which = (str(address.number), "--repo", address.repository)
    command, *options = _COMMANDS[state]
    result = await _run("gh", "pr", command, *which, *options)
    if result.error is not None:
        return EditResult(False, number=address.number, error=result.error)
    view = await _run("gh", "pr", "view", *which, "--json", "url,number,title,state,isDraft")
    try:
        facts = json.loads(view.text)
        now = str(facts["state"]).lower()
        now = "draft" if now == "open" and facts.get("isDraft") else now
        return EditResult(True, str(facts["url"]), int(facts["number"]), str(facts["title"]), now)
    except (ValueError, KeyError, TypeError):
        return EditResult(True, number=address.number)


@dataclass(frozen=True)
class _Output:
    text: str
    error: str | None


async def _run(program: str, *arguments: str) -> _Output:
    try:
        done = await run(
            [program, *arguments], cwd=Path.cwd(), env=os.environ, timeout_seconds=_SECONDS
        )
    except TimeoutError:
        return _Output("", f"`{program}` did not answer within {_SECONDS:.0f} seconds.")
    if done.code:
        reason = done.errors.decode(errors="replace").strip()
        return _Output("", f"`{program}` says: {reason or f'exit code {done.code}'}")
    return _Output(done.output.decode(errors="replace"), None)
