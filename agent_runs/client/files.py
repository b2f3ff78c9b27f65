"""Runs as files: exports, written to disk while they come; imports, sent while they are read.

Only a server of this program answers these; nothing is read whole, so a file of any size will do.
A file gets its name once it is whole: what is cut off on the way leaves none.
"""

from __future__ import annotations  # the types in the signatures are loaded late, too

import contextlib
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeVar

from agent_runs.client import late
from agent_runs.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Sequence
    from datetime import date
    from typing import Unpack

    from agent_runs.client.base import Call
    from agent_runs.client.calls.files import ImportResult
    from agent_runs.client.calls.runs import RunQuery
    from agent_runs.client.transport import AsyncTransport, Transport

T = TypeVar("T")
ExportFormat = Literal[
    "jsonl", "json", "csv", "csv-runs", "markdown", "html", "otlp", "otlp-content", "digest",
    "junit",
]  # fmt: skip


class Files(ABC):
    """The blocking form."""

    _http: Transport

    @abstractmethod
    def _send(self, call: Call[T]) -> T: ...

    def export_agent_run(
        self,
        run_id: int | str,
        path: str | os.PathLike[str],
        format: ExportFormat = "jsonl",  # noqa: A002 - the word of the API
    ) -> Path:
        """Write a run with all that belongs to it to a file; returns its path.

        Raises:
            InvalidRequest: the file cannot be written.
        """
        return self._save(late.files.export_agent_run(run_id, format), path)

    def export_agent_runs(
        self,
        path: str | os.PathLike[str],
        format: ExportFormat = "jsonl",  # noqa: A002 - the word of the API
        *,
        run_ids: Sequence[int | str] = (),
        search: str | None = None,
        with_archived: bool = False,
        **query: Unpack[RunQuery],
    ) -> Path:
        """Write many runs to one file: those named, found, or let through by the filters.

        Args:
            search: only runs in which this search finds something; no filters then.
            with_archived: the archived ones, too.
            query: as for `list_agent_runs`.

        Raises:
            InvalidRequest: the file cannot be written.
        """
        call = late.files.export_agent_runs(
            format, run_ids, query, search=search, with_archived=with_archived
        )
        return self._save(call, path)

    @contextlib.contextmanager
    def stream_export(
        self,
        format: ExportFormat = "jsonl",  # noqa: A002 - the word of the API
        *,
        run_ids: Sequence[int | str] = (),
        search: str | None = None,
        with_archived: bool = False,
        **query: Unpack[RunQuery],
    ) -> Generator[Iterator[bytes]]:
        """Give an export part by part, as `export_agent_runs` writes it."""
        call = late.files.export_agent_runs(
            format, run_ids, query, search=search, with_archived=with_archived
        )
        with self._http.download(call) as parts:
            yield parts

    def import_runs(self, path: str | os.PathLike[str]) -> ImportResult:
        """Bring the runs of a file in: an export in JSON Lines or a session of Claude Code.

        All of them or none; runs that are there already are left as they are.

        Raises:
            InvalidRequest: something is wrong with the file; the message names the line.
        """
        with _opened(Path(path)) as file:
            return self._http.upload(late.files.import_runs(), file)

    def get_report(
        self,
        form: Literal["markdown", "html", "json"] = "markdown",
        *,
        days: int | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        agent: str | None = None,
        repo_id: int | None = None,
        mode: str | None = None,
    ) -> str:
        """Return what the runs of a period came to, as text.

        Args:
            form: `markdown`, `html` (one page without scripts) or `json`.
            days: length of the period; `first_day` takes its place.
            last_day: inclusive, UTC; today unless given.
        """
        call = late.files.get_report(
            form, days=days, first_day=first_day, last_day=last_day, agent=agent,
            repo_id=repo_id, mode=mode,
        )  # fmt: skip
        return self._send(call)

    def _save(self, call: Call[None], path: str | os.PathLike[str]) -> Path:
        with (
            _named_when_whole(Path(path)) as part,
            self._http.download(call) as parts,
            part.open("wb") as file,
        ):
            file.writelines(parts)
        return Path(path)


class AsyncFiles(ABC):
    """The async form."""

    _http: AsyncTransport

    @abstractmethod
    async def _send(self, call: Call[T]) -> T: ...

    async def export_agent_run(
        self,
        run_id: int | str,
        path: str | os.PathLike[str],
        format: ExportFormat = "jsonl",  # noqa: A002 - the word of the API
    ) -> Path:
        """Write a run with all that belongs to it to a file; returns its path.

        Raises:
            InvalidRequest: the file cannot be written.
        """
        return await self._save(late.files.export_agent_run(run_id, format), path)

    async def export_agent_runs(
        self,
        path: str | os.PathLike[str],
        format: ExportFormat = "jsonl",  # noqa: A002 - the word of the API
        *,
        run_ids: Sequence[int | str] = (),
        search: str | None = None,
        with_archived: bool = False,
        **query: Unpack[RunQuery],
    ) -> Path:
        """Write many runs to one file: those named, found, or let through by the filters.

        Args:
            search: only runs in which this search finds something; no filters then.
            with_archived: the archived ones, too.
            query: as for `list_agent_runs`.

        Raises:
            InvalidRequest: the file cannot be written.
        """
        call = late.files.export_agent_runs(
            format, run_ids, query, search=search, with_archived=with_archived
        )
        return await self._save(call, path)

    @contextlib.asynccontextmanager
    async def stream_export(
        self,
        format: ExportFormat = "jsonl",  # noqa: A002 - the word of the API
        *,
        run_ids: Sequence[int | str] = (),
        search: str | None = None,
        with_archived: bool = False,
        **query: Unpack[RunQuery],
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Give an export part by part, as `export_agent_runs` writes it."""
        call = late.files.export_agent_runs(
            format, run_ids, query, search=search, with_archived=with_archived
        )
        async with self._http.download(call) as parts:
            yield parts

    async def import_runs(self, path: str | os.PathLike[str]) -> ImportResult:
        """Bring the runs of a file in: an export in JSON Lines or a session of Claude Code.

        All of them or none; runs that are there already are left as they are.

        Raises:
            InvalidRequest: something is wrong with the file; the message names the line.
        """
        with _opened(Path(path)) as file:
            return await self._http.upload(late.files.import_runs(), file)

    async def get_report(
        self,
        form: Literal["markdown", "html", "json"] = "markdown",
        *,
        days: int | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        agent: str | None = None,
        repo_id: int | None = None,
        mode: str | None = None,
    ) -> str:
        """Return what the runs of a period came to, as text.

        Args:
            form: `markdown`, `html` (one page without scripts) or `json`.
            days: length of the period; `first_day` takes its place.
            last_day: inclusive, UTC; today unless given.
        """
        call = late.files.get_report(
            form, days=days, first_day=first_day, last_day=last_day, agent=agent,
            repo_id=repo_id, mode=mode,
        )  # fmt: skip
        return await self._send(call)

    async def _save(self, call: Call[None], path: str | os.PathLike[str]) -> Path:
        with _named_when_whole(Path(path)) as part:
            async with (
                self._http.download(call) as parts,
                await late.transport.open_file(part) as file,
            ):
                async for each in parts:
                    await file.write(each)
        return Path(path)


@contextlib.contextmanager
def _opened(path: Path) -> Generator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as exc:
        raise InvalidRequest(f"{path} cannot be read: {exc.strerror or exc}.") from exc
    with file:
        yield file


@contextlib.contextmanager
def _named_when_whole(path: Path) -> Generator[Path]:
    """Give a name to write to; it becomes `path` at the end, or goes when that is not reached."""
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as exc:
        raise InvalidRequest(f"{path} cannot be written: {exc.strerror or exc}.") from exc
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
