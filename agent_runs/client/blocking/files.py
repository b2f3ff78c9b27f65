# Made of asynchronous/files.py by `make format`. Edit that one.
"""Runs as files: exports, written to disk while they come; imports, sent while they are read.

Only a server of this program answers these; nothing is read whole, so a file of any size will do.
A file gets its name once it is whole: what is cut off on the way leaves none.
"""

from __future__ import annotations  # the types in the signatures are loaded late, too

import contextlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agent_runs.client import late
from agent_runs.client.blocking.sender import Sender
from agent_runs.client.disk import named_when_whole, opened

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterator
    from typing import Literal, Unpack

    from agent_runs.client.base import Call
    from agent_runs.client.calls.files import ExportFormat, ExportQuery, ImportResult
    from agent_runs.client.calls.measures import AnalyticsQuery


class Files(Sender):
    """Exports, imports and reports."""

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
        **query: Unpack[ExportQuery],
    ) -> Path:
        """Write many runs to one file: those named, found, or let through by the filters.

        Args:
            query: `run_ids`, `search`, `with_archived`, as in `ExportQuery`, and the filters of
                `list_agent_runs`.

        Raises:
            InvalidRequest: the file cannot be written.
        """
        return self._save(late.files.export_agent_runs(format, query), path)

    @contextlib.contextmanager
    def stream_export(
        self,
        format: ExportFormat = "jsonl",  # noqa: A002 - the word of the API
        **query: Unpack[ExportQuery],
    ) -> Generator[Iterator[bytes]]:
        """Give an export part by part, as `export_agent_runs` writes it."""
        with self._http.download(late.files.export_agent_runs(format, query)) as parts:
            yield parts

    def import_runs(self, path: str | os.PathLike[str]) -> ImportResult:
        """Bring the runs of a file in: an export in JSON Lines or a session of Claude Code.

        All of them or none; runs that are there already are left as they are.

        Raises:
            InvalidRequest: something is wrong with the file; the message names the line.
        """
        with opened(Path(path)) as file:
            return self._http.upload(late.files.import_runs(), file)

    def get_report(
        self,
        form: Literal["markdown", "html", "json"] = "markdown",
        **query: Unpack[AnalyticsQuery],
    ) -> str:
        """Return what the runs of a period came to, as text.

        Args:
            form: `markdown`, `html` (one page without scripts) or `json`.
            query: `days`, `first_day`, `last_day`, `agent`, `repo_id`, `mode`.
        """
        return self._send(late.files.get_report(form, query))

    def _save(self, call: Call[None], path: str | os.PathLike[str]) -> Path:
        with named_when_whole(Path(path)) as part, part.open("wb") as file:
            with self._http.download(call) as parts:
                for each in parts:
                    late.wire.directly(partial(file.write, each))
        return Path(path)
