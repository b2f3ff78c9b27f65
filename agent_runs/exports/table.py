"""CSV: one entry or run per row, for spreadsheets and data frames.

A cell that a spreadsheet would take for a formula begins with an apostrophe: texts of agents and
tools must not run anything on the machine of the person who opens the file.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence

import orjson

from agent_runs.exports.reader import ExportedRun
from agent_runs.models import JSON
from agent_runs.reading.failure import has_failed

_ENTRY = (
    "agent_run_id", "seq", "turn", "created_at", "message_type", "tool_name", "failed",
    "duration_ms", "thought", "tool_input", "tool_output", "observation",
)  # fmt: skip
_RUN = (
    "id", "status", "status_reason", "title", "agent", "model", "provider", "source_type",
    "repo_id", "repo", "created_at", "started_at", "finished_at", "turn", "log_count", "prompt",
    "result", "error", "web_url",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


async def write_entries(runs: AsyncIterator[ExportedRun]) -> AsyncIterator[bytes]:
    """Yield one row per entry."""
    yield rows_of([_ENTRY])
    async for run in runs:
        async for entries in run.entries():
            yield rows_of(
                [cell(fields.get(name)) for name in _ENTRY]
                for fields in [entry | {"failed": has_failed(entry)} for entry in entries]
            )


async def write_runs(runs: AsyncIterator[ExportedRun]) -> AsyncIterator[bytes]:
    """Yield one row per run."""
    yield rows_of([_RUN])
    async for run in runs:
        fields = orjson.loads(run.text) | {"repo": run.repo.url if run.repo else None}
        yield rows_of([[cell(fields.get(name)) for name in _RUN]])


def rows_of(rows: Iterable[Sequence[str]]) -> bytes:
    """Return rows of finished cells as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def cell(value: JSON) -> str:
    """Return a value as the text of a cell: empty for null, JSON for other values than text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return orjson.dumps(value).decode()
