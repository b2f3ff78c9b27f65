"""What may be registered as a repository: a local clone, or a git URL without secrets in it."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from agent_runs.errors import Conflict, InvalidRequest
from agent_runs.models import Repo
from agent_runs.store.engine.database import Database
from agent_runs.store.organization import repos
from agent_runs.store.runs import runs

_SCHEMES = ("https", "http", "ssh", "git", "file")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:(?!/)[^\s]+")
_LONGEST = 2000


@dataclass(frozen=True)
class Source:
    """A repository that can be registered.

    Attributes:
        url: absolute local path, or the git URL as given.
        name: its last part, without `.git`.
        full_name: its last two parts, as forges write them.
        default_branch: of a local clone that is on a branch.
    """

    url: str
    name: str
    full_name: str
    default_branch: str | None = None


async def add_repo(database: Database, url: str, name: str | None = None) -> Repo:
    """Register a repository that runs can work in.

    Raises:
        InvalidRequest: it is not a repository, or has credentials in it.
        Conflict: it is already registered.
    """
    source = await asyncio.to_thread(read_source, url)
    async with database.begin() as transaction:
        return await repos.insert(
            transaction,
            name=name or source.name,
            full_name=source.full_name,
            url=source.url,
            default_branch=source.default_branch,
        )


async def remove_repo(database: Database, repo_id: int) -> None:
    """Forget a repository; nothing is deleted on disk, and its runs stay.

    Raises:
        RepoNotFound: there is no such repository.
        Conflict: a run still works in it.
    """
    for run, _ in await runs.unfinished(database):
        if run.repo_id == repo_id:
            raise Conflict(f"Run {run.id} works in this repository. Stop it first.")
    async with database.begin() as transaction:
        await repos.remove(transaction, repo_id)


def read_source(url: str) -> Source:
    """Check what a person wrote; reads local paths, never the network.

    Raises:
        InvalidRequest: runs cannot work in it, or it would put a password into the database.
    """
    url = url.strip()
    if not url or len(url) > _LONGEST or url.startswith("-") or not url.isprintable():
        raise InvalidRequest("url: give a local path or a git URL, on one line.")
    if _SCP.fullmatch(url):
        return _source(url, url.partition(":")[2])
    parts = urlsplit(url)
    if "://" in url:
        return _remote(url, parts.scheme, parts.password, parts.path, user=parts.username)
    return _local(url)


def _remote(url: str, scheme: str, password: str | None, path: str, *, user: str | None) -> Source:
    if scheme not in _SCHEMES:
        raise InvalidRequest(f"url: {scheme}:// is not supported, only {', '.join(_SCHEMES)}.")
    if password is not None or (user is not None and scheme in {"http", "https"}):
        raise InvalidRequest(
            "url: it contains credentials. Leave them out; use git's credential helper or an SSH "
            "key of the user who runs this server."
        )
    if not path.strip("/"):
        raise InvalidRequest("url: it names a host, but no repository on it.")
    return _local(path) if scheme == "file" else _source(url, path)


def _local(text: str) -> Source:
    try:
        path = Path(text).expanduser()
        if not path.is_absolute():
            raise InvalidRequest(f"url: {text!r} is neither a git URL nor an absolute path.")
        path = path.resolve(strict=True)
        top = _top_level(path)
        branch = None if top is None else _branch(top)
    except (OSError, RuntimeError) as exc:  # RuntimeError: a loop of links, or no such user
        why = exc.strerror if isinstance(exc, OSError) else exc
        raise InvalidRequest(f"url: the server cannot read {text!r}: {why}.") from exc
    if top is None:
        raise InvalidRequest(f"url: {path} is not a git repository; run `git init` in it first.")
    return _source(str(top), str(top), default_branch=branch)


def _top_level(path: Path) -> Path | None:
    """Return the folder that git would call the top level, which can be a bare repository.

    We do not run git itself: a repository's configuration can make it run a program.
    """
    folders = (path, *path.parents)
    # First, because a folder inside a `.git` may look like a bare repository: a submodule's does.
    for folder in folders:
        if folder.name == ".git" and _holds_objects(folder):
            return folder.parent
    for folder in folders:
        inner = folder / ".git"
        # In a worktree and in a submodule it is a file that says where the repository is.
        if inner.is_file() or _holds_objects(inner) or _holds_objects(folder):
            return folder
    return None


def _holds_objects(folder: Path) -> bool:
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir()


def _branch(top: Path) -> str | None:
    inner = top / ".git"
    head = (inner if inner.is_dir() else top) / "HEAD"
    if not head.is_file():
        return None
    return head.read_text("utf-8", "replace").strip().partition("refs/heads/")[2] or None


def _source(url: str, path: str, *, default_branch: str | None = None) -> Source:
    parts = [part for part in path.removesuffix("/").removesuffix(".git").split("/") if part]
    return Source(url, parts[-1], "/".join(parts[-2:]), default_branch)
