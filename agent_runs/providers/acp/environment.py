"""The environment of an agent: an allow-list, never the manager's own with parts removed.

So no secret of the manager (tokens, database URL, other agents' keys) can reach an agent because
somebody forgot to list it.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.commits import without_credentials
from agent_runs.providers.acp.pins import Pin
from agent_runs.providers.acp.programs import path_for, real_program
from agent_runs.providers.acp.workspace import RunFolder

MARKER = "AGENT_RUNS_RUN"
"""Variable that marks every process of a run, also those that left its process group."""

_ALLOWED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TERM",
    "USER",
    "LOGNAME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)


def agent_environment(
    profile: AgentProfile,
    folder: RunFolder,
    pin: Pin,
    *,
    model: str | None,
    marker: str,
    commits: Mapping[str, str] | None = None,
    manager: Mapping[str, str] | None = None,
    user_home: Path | None = None,
) -> dict[str, str]:
    """Return every variable the agent gets.

    Args:
        profile: its `env` is set, its `env_keys` and what its login needs are passed on.
        folder: HOME and TMPDIR are in it.
        pin: what keeps the agent to the run's policy; it wins.
        model: the one that the run requests.
        marker: value of `AGENT_RUNS_RUN`, by which stray processes of the run are found.
        commits: variables that say whose commits the agent makes.
        manager: environment to take allowed variables from; by default that of this process.
        user_home: of the person, for what the agent's own settings name.
    """
    manager = os.environ if manager is None else manager
    home = str(folder.home)
    environment = {name: manager[name] for name in _ALLOWED if name in manager}
    environment |= {
        "PATH": path_for(profile.command[0], manager.get("PATH", os.defpath)),
        "HOME": home,
        "XDG_CONFIG_HOME": f"{home}/.config",
        "XDG_DATA_HOME": f"{home}/.local/share",
        "XDG_STATE_HOME": f"{home}/.local/state",
        "XDG_CACHE_HOME": f"{home}/.cache",
        "TMPDIR": str(folder.tmp),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        **without_credentials(),
        **(commits or {}),
        "NO_COLOR": "1",
        "CI": "1",
        MARKER: marker,
    }
    environment |= {name: manager[name] for name in profile.env_keys if name in manager}
    if profile.login is not None:
        environment |= profile.login.variables(manager, user_home or Path.home())
    environment |= {name: filled(text, folder, model) for name, text in profile.env.items()}
    if profile.model_env and model:
        environment[profile.model_env] = model
    pinned = pin.environment(environment)
    return environment | {name: filled(text, folder, model) for name, text in pinned.items()}


def has_gateway(profile: AgentProfile) -> bool:
    """Tell whether a person has set where the agent reaches its models."""
    names = [*profile.env, *(name for name in profile.env_keys if name in os.environ)]
    return any(name.endswith("BASE_URL") for name in names)


def agent_command(profile: AgentProfile, folder: RunFolder, *, model: str | None) -> list[str]:
    """Return program and arguments; the program as an absolute path if it is on PATH."""
    words = list(profile.command) + (list(profile.model_args) if model else [])
    command = [filled(word, folder, model) for word in words]
    command[0] = real_program(command[0])
    return command


def filled(text: str, folder: RunFolder, model: str | None) -> str:
    """Return `text` with `{home}`, `{work}` and `{model}` filled in; other braces stay."""
    text = text.replace("{home}", str(folder.home)).replace("{work}", str(folder.work))
    return text.replace("{model}", model or "")
