"""The folder of a run: workspace, private HOME, temporary files, and the diff against the base.

    home/runs/<id>/work     what the agent works in, on branch run/<id>
    home/runs/<id>/home     its HOME; holds the session that resume needs
    home/runs/<id>/tmp      its TMPDIR
    home/runs/<id>/review   our bare repository, for the diff
    home/mirrors/<hash>.git what was fetched from a git URL, shared by its runs

The workspace is a clone with its own configuration and hooks, not a worktree: what the agent sets
there cannot reach the repository it came from. The diff is made with `review`, whose configuration
the agent does not write, so attributes in the tree can name filters, but none is defined.
"""

import asyncio
import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from agent_runs.errors import NotFound, TooLarge
from agent_runs.models import WorkFile
from agent_runs.providers.acp import git as git_module
from agent_runs.providers.acp.git import GitFailed, git

_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_CLONE_SECONDS = 600.0
_DIFF_LIMIT = 8 * 1024 * 1024
_FILES_LIMIT = 5_000
_READ_LIMIT = 32 * 1024 * 1024


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run. Nothing is created until `make`."""

    root: Path

    @property
    def work(self) -> Path:
        """The workspace."""
        return self.root / "work"

    @property
    def home(self) -> Path:
        """The agent's private HOME."""
        return self.root / "home"

    @property
    def tmp(self) -> Path:
        """The agent's TMPDIR."""
        return self.root / "tmp"

    @property
    def review(self) -> Path:
        """The bare repository that diffs are made with."""
        return self.root / "review"

    @property
    def base_file(self) -> Path:
        """Holds the commit that the run began with, and the tree to diff against."""
        return self.review / "agent_runs_base"

    def make(self) -> None:
        """Create what is missing, readable only for this user."""
        for path in (self.root, self.home, self.tmp):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)


@dataclass(frozen=True)
class WorkTree:
    """A workspace that is ready.

    Attributes:
        branch: run/<id>; None without git.
        base_commit: what the diff is against; None without git.
        read_only: folders outside of the run that the tree needs (its source's objects).
    """

    branch: str | None
    base_commit: str | None
    read_only: tuple[Path, ...] = ()


class Workspaces:
    """Makes workspaces under one home folder and reads from them."""

    def __init__(self, home: Path) -> None:
        self._runs = home / "runs"
        self._clones = home / "mirrors"
        self._fetching: dict[str, asyncio.Lock] = {}

    def folder(self, run_id: int) -> RunFolder:
        """Return the folder of a run, with symlinks resolved: agents compare paths."""
        return RunFolder(Path(os.path.realpath(self._runs)) / str(run_id))

    async def prepare(self, run_id: int, repo_url: str | None) -> WorkTree:
        """Return the run's workspace: that of the turn before, or a new one.

        Raises:
            GitFailed: the repository cannot be cloned.
        """
        folder = self.folder(run_id)
        folder.make()
        if folder.work.exists():
            return _existing_tree(run_id, folder)
        building = folder.root / "work.new"
        await asyncio.to_thread(shutil.rmtree, building, ignore_errors=True)
        await asyncio.to_thread(shutil.rmtree, folder.review, ignore_errors=True)
        if repo_url is None and not git_module.installed():
            folder.work.mkdir(mode=0o700)
            return WorkTree(None, None)
        source = await self._source(repo_url) if repo_url else None
        if source is None:
            building.mkdir(mode=0o700)
            await git("init", "-q", "--template=", "-b", _branch(run_id), cwd=building)
        else:
            await self._clone(source, building, repo_url or "", _branch(run_id))
        await git("init", "-q", "--bare", "--template=", str(folder.review), cwd=folder.root)
        if source is not None:
            objects = await git("rev-parse", "--git-path", "objects", cwd=source, trusted=True)
            _write_alternates(folder, source / objects.decode().strip())
        folder.base_file.write_text(await self._base(building), "utf-8")
        # Renamed at the end: a work folder is always complete.
        building.rename(folder.work)
        return _existing_tree(run_id, folder)

    async def diff(self, run_id: int) -> str:
        """Return a unified diff of the tree against its base, untracked files included.

        Empty if there is no workspace, no git or no difference; cut at 8 MB.

        Raises:
            GitFailed: the repository that the run was cloned from is gone, or git failed.
        """
        folder = self.folder(run_id)
        if not folder.base_file.exists() or not folder.work.exists():
            return ""
        at = (f"--git-dir={folder.review}", f"--work-tree={folder.work}")
        # An unreadable file, or an inner repository without a commit, is left out; the rest counts.
        add = ("add", "--all", "--ignore-errors", "--", ".")
        await git(*at, *add, cwd=folder.work, may_fail=True)
        base = folder.base_file.read_text("utf-8").split()[-1]
        flags = ("--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=all", "-M")
        text = await git(*at, "diff", "--cached", *flags, base, "--", cwd=folder.work)
        if len(text) > _DIFF_LIMIT:
            cut = text[:_DIFF_LIMIT]
            rest = len(text) - len(cut)
            text = cut[: cut.rfind(b"\n") + 1] + f"\\ … {rest} bytes left out …\n".encode()
        return text.decode("utf-8", "replace")

    async def files(self, run_id: int) -> list[WorkFile]:
        """Return the files in the workspace, sorted by path, at most 5 000.

        What `.gitignore` names is left out, and so is everything that is not a plain file. A name
        that is not UTF-8 is shown with replacement characters; such a file cannot be read.
        """
        folder = self.folder(run_id)
        if not folder.work.exists():
            return []
        if folder.review.exists():
            at = (f"--git-dir={folder.review}", f"--work-tree={folder.work}")
            flags = ("-z", "--cached", "--others", "--exclude-standard")
            listed = await git(*at, "ls-files", *flags, cwd=folder.work)
            names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
        else:
            inside = [path.relative_to(folder.work) for path in folder.work.rglob("*")]
            names = [str(path) for path in inside if ".git" not in path.parts]
        return await asyncio.to_thread(_sizes, folder.work, sorted(set(names)))

    async def read(self, run_id: int, path: str) -> bytes:
        """Return the content of a file in the workspace.

        Raises:
            NotFound: there is no such plain file.
            TooLarge: it has more than 32 MB.
        """
        root = self.folder(run_id).work
        try:
            return await asyncio.to_thread(read_beneath, root, path, _READ_LIMIT)
        except FileTooLarge as exc:
            raise TooLarge(str(exc)) from exc
        except (PathOutside, OSError) as exc:
            raise NotFound(f"The workspace of run {run_id} has no file {path!r}.") from exc

    async def _source(self, url: str) -> Path:
        """Return the repository to clone from: the local one itself, or the bare clone of a URL."""
        if url.startswith("-"):
            raise GitFailed(f"{url!r} is neither a path nor a git URL")
        if (local := local_path(url)) is not None:
            return local
        name = hashlib.sha256(url.encode()).hexdigest()[:20]
        async with self._fetching.setdefault(name, asyncio.Lock()):
            return await self._fetch(url, self._clones / f"{name}.git")

    async def _fetch(self, url: str, bare: Path) -> Path:
        bare.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        heads = "+refs/heads/*:refs/heads/*"
        if _exists(bare):
            fetch = ("fetch", "-q", "--prune", "--no-tags", "origin", heads)
            await git(*fetch, cwd=bare, trusted=True, timeout_seconds=_CLONE_SECONDS)
            return bare
        building = bare.with_name(f"{bare.name}.{os.getpid()}.new")
        await asyncio.to_thread(shutil.rmtree, building, ignore_errors=True)
        clone = ("clone", "-q", "--bare", "--template=", "--no-tags", "--", url, str(building))
        await git(*clone, cwd=bare.parent, trusted=True, timeout_seconds=_CLONE_SECONDS)
        building.rename(bare)
        return bare

    async def _clone(self, source: Path, work: Path, url: str, branch: str) -> None:
        flags = ("--shared", "--no-checkout", "--no-tags", "--template=")
        clone = ("clone", "-q", *flags, "--", str(source))
        # The source is a person's own repository or our bare clone, so we may not be its owner.
        await git(*clone, str(work), cwd=work.parent, trusted=True, timeout_seconds=_CLONE_SECONDS)
        await git("checkout", "-q", "-b", branch, cwd=work)
        if source.is_relative_to(self._clones):
            await git("remote", "set-url", "origin", url, cwd=work)
        else:
            # Without a remote, the agent cannot push to the person's repository.
            await git("remote", "remove", "origin", cwd=work)

    @staticmethod
    async def _base(work: Path) -> str:
        """Return the commit that the run begins with, and the tree to diff against."""
        head = await git("rev-parse", "-q", "--verify", "HEAD", cwd=work, may_fail=True)
        if head:
            return f"{head.decode().strip()} {head.decode().strip()}"
        message = ("-m", "Start of the run")
        await git("commit", "-q", "--allow-empty", "--no-gpg-sign", *message, cwd=work)
        head = await git("rev-parse", "HEAD", cwd=work)
        # Only the agent's own `.git` has that commit, and the agent may lose it.
        return f"{head.decode().strip()} {_EMPTY_TREE}"


class PathOutside(ValueError):
    """A path leads out of the workspace, or into its `.git`."""


class FileTooLarge(ValueError):
    """A file is too large to read at once."""


def confine(root: Path, path: str) -> Path:
    """Return the absolute path inside `root`, symlinks resolved.

    Raises:
        PathOutside: it leads outside, or into `.git`.
    """
    if "\0" in path:
        raise PathOutside("a path cannot contain a NUL character")
    base = os.path.realpath(root)
    real = Path(os.path.realpath(os.path.join(base, path)))
    if not real.is_relative_to(base) or ".git" in real.relative_to(base).parts[:1]:
        raise PathOutside(f"path outside the working directory: {path}")
    return real


def open_beneath(root: Path, real: Path, flags: int) -> int:
    """Open `real`, which comes from `confine`, step by step and through no symlink.

    If an agent swaps a folder for a symlink between check and use, this raises OSError.
    """
    parts = real.relative_to(os.path.realpath(root)).parts
    folder = os.open(os.path.realpath(root), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            step = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            inner = os.open(part, step, dir_fd=folder)
            os.close(folder)
            folder = inner
        last = parts[-1] if parts else "."
        # O_NONBLOCK: a named pipe must not block us.
        secure = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        return os.open(last, flags | secure, 0o644, dir_fd=folder)
    finally:
        os.close(folder)


def read_beneath(root: Path, path: str, limit_bytes: int) -> bytes:
    """Return the content of a plain file under `root`.

    Raises:
        PathOutside: the path leads outside.
        FileTooLarge: the file is larger than `limit_bytes`.
        OSError: there is no such plain file.
    """
    descriptor = open_beneath(root, confine(root, path), os.O_RDONLY)
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise FileNotFoundError(f"{path} is not a plain file")
        if facts.st_size > limit_bytes:
            raise FileTooLarge(f"{path} has {facts.st_size:,} bytes, more than {limit_bytes:,}")
        return file.read(limit_bytes)


def _sizes(root: Path, names: list[str]) -> list[WorkFile]:
    files: list[WorkFile] = []
    for name in names:
        try:
            facts = (root / name).lstat()
        except OSError:
            continue
        if stat.S_ISREG(facts.st_mode):
            path = os.fsencode(name).decode("utf-8", "replace")
            files.append(WorkFile(path=path, size=facts.st_size))
            if len(files) == _FILES_LIMIT:
                break
    return files


def _existing_tree(run_id: int, folder: RunFolder) -> WorkTree:
    if not folder.base_file.exists():
        return WorkTree(None, None)
    base = folder.base_file.read_text("utf-8").split()[0]
    return WorkTree(_branch(run_id), base, _alternates(folder))


def _branch(run_id: int) -> str:
    return f"run/{run_id}"


def local_path(url: str) -> Path | None:
    """Return the folder that a repository's address names, None if it is the address of a server.

    Raises:
        GitFailed: there is no such folder.
    """
    path = Path(url.removeprefix("file://")).expanduser()
    if not path.is_absolute():
        return None
    if not path.exists():
        raise GitFailed(f"there is no folder {path}")
    return path


def _exists(path: Path) -> bool:
    return path.exists()


def _write_alternates(folder: RunFolder, objects: Path) -> None:
    """Let `review` find the objects of the source, among them the base commit."""
    path = folder.review / "objects/info/alternates"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{os.path.realpath(objects)}\n", "utf-8")


def _alternates(folder: RunFolder) -> tuple[Path, ...]:
    try:
        lines = (folder.review / "objects/info/alternates").read_text("utf-8").splitlines()
    except OSError:
        return ()
    return tuple(Path(line) for line in lines if line)
