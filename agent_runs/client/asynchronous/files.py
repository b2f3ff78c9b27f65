"""Runs as files: exports, written to disk as they arrive; imports, sent as they are read.

Only servers of this program have these. Nothing is read into memory whole, so files can have any
size. A file gets its name once it is complete: a broken download leaves no file.
"""

from __future__ import annotations  # the types in the signatures are loaded late, too

import contextlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runs.client import late
from agent_runs.client.asynchronous.sender import AsyncSender
from agent_runs.client.disk import named_when_whole, opened

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, AsyncIterator
    from typing import Literal, Unpack

    from agent_runs.client.base import Call
    from agent_runs.client.calls.files import ExportQuery
    from agent_runs.client.calls.measures import AnalyticsQuery
    from agent_runs.filters import ExportFormat
    from agent_runs.schemas.answers import ImportResult


class AsyncFiles(AsyncSender):
    """Exports, imports and reports."""

    async def export_agent_run(
        self,
        run_id: int | str,
        path: str | os.PathLike[str],
        format: ExportFormat = "jsonl",  # noqa: A002 - the word of the API
    ) -> Path:
        """Write a run and everything that belongs to it to a file; return its path.

        Raises:
            InvalidRequest: the file cannot be written.
        """
        return await self._save(late.files.export_agent_run(run_id, format), path)

    async def export_agent_runs(
        self,
        path: str | os.PathLike[str],
        format: ExportFormat = "jsonl",  # noqa: A002 - the word of the API
        **query: Unpack[ExportQuery],
    ) -> Path:
        """Write many runs to one file, chosen by ids, a search or filters.

        Args:
            query: `run_ids`, `search`, `with_archived`, as in `ExportQuery`, and the filters of
                `list_agent_runs`.

        Raises:
            InvalidRequest: the file cannot be written.
        """
        return await self._save(late.files.export_agent_runs(format, query), path)

    @contextlib.asynccontextmanager
    async def stream_export(
        self,
        format: ExportFormat = "jsonl",  # noqa: A002 - the word of the API
        **query: Unpack[ExportQuery],
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Yield an export in parts, as `export_agent_runs` writes it."""
        async with self._http.download(late.files.export_agent_runs(format, query)) as parts:
            yield parts

    async def import_runs(self, path: str | os.PathLike[str]) -> ImportResult:
        """Import the runs of a file: an export in JSON Lines or a session of Claude Code.

        All are imported, or none. Runs that are already there do not change.

        Raises:
            InvalidRequest: the file has a mistake; the message names the line.
        """
        with opened(Path(path)) as file:
            return await self._http.upload(late.files.import_runs(), file)

    async def get_report(
        self,
        form: Literal["markdown", "html", "json"] = "markdown",
        **query: Unpack[AnalyticsQuery],
    ) -> str:
        """Return a report on a period, as text.

        Args:
            form: `markdown`, `html` (one page without scripts) or `json`.
            query: `days`, `first_day`, `last_day`, `agent`, `repo_id`, `mode`.
        """
        return await self._send(late.files.get_report(form, query))

    async def _save(self, call: Call[None], path: str | os.PathLike[str]) -> Path:
        with named_when_whole(Path(path)) as part, part.open("wb") as file:
            async with self._http.download(call) as parts:
                async for chunk in parts:
                    await late.wire.in_thread(partial(file.write, chunk))
        return Path(path)
