"""What the git of an agent gets: the person's name for its commits, and no credentials.

Names come as variables, because every agent hands these on to its shell; some hide `~/.gitconfig`
from it. They are read from the person's own configuration, never from the tree of the run: the
agent could have written that. Fetching and pushing are the manager's: whatever asks for a
credential gets a sentence instead.
"""

import contextlib
import shlex
from pathlib import Path

from agent_runs.providers.acp import git as git_module
from agent_runs.providers.acp.git import GitFailed, git
from agent_runs.providers.acp.workspace import local_path

NO_CREDENTIALS = (
    "agent_runs: this agent has no git credentials, so it cannot push. Commit your work on this "
    "branch and end the turn: the person pushes it."
)

_MOST_CHARACTERS = 200
_NOBODY = {"name": "agent_runs", "email": "agent-runs@localhost"}
_SENTENCE = f"echo {shlex.quote(NO_CREDENTIALS)} >&2"


async def identity(repo_url: str | None) -> dict[str, str]:
    """Return the variables that say whose commits they are.

    Args:
        repo_url: of the run; the configuration of a person's own repository comes first.
    """
    if not git_module.installed():
        return {}
    repo = None
    with contextlib.suppress(GitFailed):
        repo = local_path(repo_url) if repo_url else None
    variables: dict[str, str] = {}
    for key, otherwise in _NOBODY.items():
        value = await _configured(f"user.{key}", repo) or otherwise
        variables |= {f"GIT_{who}_{key.upper()}": value for who in ("AUTHOR", "COMMITTER")}
    return variables


def without_credentials() -> dict[str, str]:
    """Return the variables that make git say who pushes, where it would ask for a login.

    Git asks a helper for passwords and starts ssh by a command; both only print the sentence. A
    clone of a local folder has no remote, so `git push` and `git push origin` lead to where ssh
    would start.
    """
    nowhere = "ssh://the-person/pushes"
    settings = {
        "credential.helper": f'!f() {{ test "$1" != get || {_SENTENCE}; }}; f',
        "remote.pushDefault": nowhere,
        f"url.{nowhere}.pushInsteadOf": "origin",
        "push.default": "current",
    }
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    # Without the variant git would first try the command with an option of OpenSSH.
    ssh = f"{_SENTENCE}; exit 128; :"
    return variables | {"GIT_SSH_COMMAND": ssh, "GIT_SSH_VARIANT": "simple"}


async def _configured(key: str, repo: Path | None) -> str:
    for cwd, scope in ((repo, ()), (Path("/"), ("--global", "--includes"))):
        if cwd is None:
            continue
        try:
            found = await git("config", *scope, "--get", key, cwd=cwd, trusted=True, may_fail=True)
        except (GitFailed, OSError):
            continue
        value = found.decode("utf-8", "replace").strip()
        if value and value.isprintable():
            return value[:_MOST_CHARACTERS]
    return ""
