"""The environment of an agent: an allow-list, never the manager's own with parts removed.

So no secret of the manager (tokens, database URL, other agents' keys) can reach an agent because
somebody forgot to list it.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.commits import without_credentials
from agent_runs.providers.acp.pins import Pin
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
) -> dict[str, str]:
    """Return every variable the agent gets.

    Args:
        profile: its `env` is set, its `env_keys` are passed on.
        folder: HOME and TMPDIR are in it.
        pin: what keeps the agent to the run's policy; it wins.
        model: the one that the run requests.
        marker: value of `AGENT_RUNS_RUN`, by which stray processes of the run are found.
        commits: variables that say whose commits the agent makes.
        manager: environment to take allowed variables from; by default that of this process.
    """
    manager = os.environ if manager is None else manager
    home = str(folder.home)
    environment = {name: manager[name] for name in _ALLOWED if name in manager}
    environment |= {
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
    command[0] = shutil.which(command[0]) or command[0]
    return command


def write_home(
    profile: AgentProfile, folder: RunFolder, pin: Pin, *, user_home: Path | None = None
) -> None:
    """Put the profile's files, the pin's and the user's login for this agent into the private HOME.

    A login file is copied again only if the user's own is newer (a fresh login): otherwise a token
    that the agent renewed for itself would be overwritten by an older one.
    """
    for text in profile.env.values():
        _make_folder(text, folder)
    for name, content in profile.files.items():
        if not os.path.lexists(folder.home / name):
            _put(folder.home, name, filled(content, folder, None).encode())
    for name, content in pin.files.items():
        # Each time: the agent could have changed it.
        _put(folder.home, name, filled(content, folder, None).encode())
    user_home = Path.home() if user_home is None else user_home
    for name in profile.login_files:
        source, target = user_home / name, folder.home / name
        try:
            changed_at = source.stat().st_mtime
            if os.path.lexists(target) and target.lstat().st_mtime >= changed_at:
                continue
            _put(folder.home, name, source.read_bytes())
        except OSError:
            # Not logged in, or not readable for us: the agent itself reports it best.
            continue


def _make_folder(text: str, folder: RunFolder) -> None:
    """Make the folder in HOME that a variable names; some agents do not start without theirs."""
    start, name = text[:7], text[7:]
    parts = Path(name).parts
    if start == "{home}/" and ".." not in parts and not set(name) & set("{}:\0"):
        # What has an extension is a file, which is the agent's to make.
        with _opened(folder.home, parts if not Path(name).suffix else parts[:-1]):
            pass


def _put(home: Path, name: str, content: bytes) -> None:
    """Write a file into the HOME of an agent, which may have put a symlink in its place.

    A symlink is replaced, never followed: it could lead out of the HOME.
    """
    *folders, last = Path(name).parts
    with _opened(home, folders) as here:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(last, dir_fd=here)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(last, flags, 0o600, dir_fd=here), "wb") as file:
            file.write(content)


@contextlib.contextmanager
def _opened(home: Path, folders: Sequence[str]) -> Generator[int]:
    """Open a folder in HOME, and make it if it is missing."""
    here = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        for part in folders:
            inner = _open_folder(part, here)
            os.close(here)
            here = inner
        yield here
    finally:
        os.close(here)


def _open_folder(name: str, parent: int) -> int:
    if not stat.S_ISDIR(_mode(name, parent)):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=parent)
        os.mkdir(name, 0o700, dir_fd=parent)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(name, flags, dir_fd=parent)


def _mode(name: str, parent: int) -> int:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return 0


def filled(text: str, folder: RunFolder, model: str | None) -> str:
    """Return `text` with `{home}`, `{work}` and `{model}` filled in; other braces stay."""
    text = text.replace("{home}", str(folder.home)).replace("{work}", str(folder.work))
    return text.replace("{model}", model or "")
