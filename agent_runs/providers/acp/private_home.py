"""What is put into the private HOME of a run before its agent starts.

The agent owns that HOME, so nothing is written through a symlink. What comes from the person is
bounded in size and count.
"""

import contextlib
import hashlib
import os
import stat
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path

from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.environment import filled
from agent_runs.providers.acp.pins import Pin
from agent_runs.providers.acp.workspace import RunFolder

_MOST_BYTES = 16 * 1024 * 1024
_MOST_FILES = 1000


class TooMuchToCopy(Exception):
    """What a profile wants copied into HOME is too much; the message names it."""


def write_home(
    profile: AgentProfile,
    folder: RunFolder,
    pin: Pin,
    *,
    user_home: Path | None = None,
    manager: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Put the profile's files, the pin's and the user's login for this agent into the private HOME.

    A login file is copied again only if the user's own is newer (a fresh login): otherwise a token
    that the agent renewed for itself would be overwritten by an older one.

    Returns:
        The logins among it, which leave the HOME after the turn: path → digest of the user's own.

    Raises:
        TooMuchToCopy: a folder or file of the user is too large.
    """
    user_home = Path.home() if user_home is None else user_home
    manager = os.environ if manager is None else manager
    for text in profile.env.values():
        _make_folder(text, folder)
    for name, content in profile.files.items():
        if not os.path.lexists(folder.home / name):
            _put(folder.home, name, filled(content, folder, None).encode())
    lent: dict[str, str] = {}
    copied = list(profile.login_files)
    if profile.login is not None:
        for name, content in profile.login.settings(profile.files, manager, user_home).items():
            _put(folder.home, name, filled(content, folder, None).encode())
            # They may hold keys, too, and are written anew each time.
            lent[name] = ""
        copied += [name for used in profile.login.used(manager, user_home) for name in used.files]
    for name in copied:
        lent |= _copy(user_home, name, folder.home)
    for name in profile.standing_files:
        _copy(user_home, name, folder.home)
    for name, content in pin.files.items():
        # Each time, and last: the agent could have changed it, and nothing may replace it.
        _put(folder.home, name, filled(content, folder, None).encode())
    return lent


def _copy(user_home: Path, name: str, home: Path) -> dict[str, str]:
    """Copy a file, or the files in a folder; return path → digest of each."""
    copied: dict[str, str] = {}
    rest = _MOST_BYTES
    for count, source in enumerate(_files(user_home / name)):
        inner = str(source.relative_to(user_home))
        if count == _MOST_FILES:
            raise TooMuchToCopy(f"~/{name} has more than {_MOST_FILES:,} files")
        try:
            with source.open("rb") as file:
                facts = os.fstat(file.fileno())
                if not stat.S_ISREG(facts.st_mode):
                    continue
                content = file.read(rest + 1)
        except OSError:
            # Not logged in, or not readable for us: the agent itself reports it best.
            continue
        rest -= len(content)
        if rest < 0:
            raise TooMuchToCopy(f"~/{name} has more than {_MOST_BYTES >> 20} MB")
        copied[inner] = hashlib.sha256(content).hexdigest()
        with contextlib.suppress(FileNotFoundError):
            if (home / inner).lstat().st_mtime >= facts.st_mtime:
                continue
        _put(home, inner, content)
    return copied


def _files(path: Path) -> Iterator[Path]:
    """Return the file itself, or the files in the folder; no symlink in a folder is followed."""
    if path.is_file():
        yield path
    elif path.is_dir():
        for folder, _, names in os.walk(path):
            for inner in (Path(folder, name) for name in sorted(names)):
                if stat.S_ISREG(inner.lstat().st_mode):
                    yield inner


def _make_folder(text: str, folder: RunFolder) -> None:
    """Make the folder in HOME that a variable names; some agents do not start without theirs."""
    start, name = text[:7], text[7:]
    parts = Path(name).parts
    if start == "{home}/" and ".." not in parts and not set(name) & set("{}:\0"):
        # What has an extension is a file, which is the agent's to make.
        with opened(folder.home, parts if not Path(name).suffix else parts[:-1]):
            pass


def _put(home: Path, name: str, content: bytes) -> None:
    """Write a file into the HOME of an agent, which may have put a symlink in its place.

    A symlink is replaced, never followed: it could lead out of the HOME.
    """
    *folders, last = Path(name).parts
    with opened(home, folders) as here:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(last, dir_fd=here)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(last, flags, 0o600, dir_fd=here), "wb") as file:
            file.write(content)


@contextlib.contextmanager
def opened(home: Path, folders: Sequence[str]) -> Generator[int]:
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
