"""JSON Lines, the complete format, which `POST /imports` reads. docs/exports.md has its schema.

A header names the format. Then come the runs, with their turns, questions, diffs and entries, and
an end with the counts: a file without an end was cut off.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import orjson

from agent_runs import __version__
from agent_runs.exports.reader import ExportedRun
from agent_runs.models import JSON

KIND = "agent_runs"
"""`type` of the header."""
FORMAT = 1
"""Rises when older readers would misread the file; new fields alone do not raise it."""

_OPTIONS = orjson.OPT_UTC_Z
_LOG = b'\n{"type":"log",'


async def write(runs: AsyncIterator[ExportedRun], server: str) -> AsyncIterator[bytes]:
    """Yield the file; `server` names its database."""
    header = _line(
        type=KIND,
        format=FORMAT,
        exported_at=datetime.now(UTC),
        server=server,
        version=__version__,
    )
    yield header[1:]
    counts = {"runs": 0, "turns": 0, "permissions": 0, "logs": 0}
    async for run in runs:
        counts["runs"] += 1
        counts["turns"] += len(run.turns)
        counts["permissions"] += len(run.permissions)
        yield b"".join(_head(run))
        async for part, number in run.joined(_LOG):
            counts["logs"] += number
            yield part
    yield _line(type="end", **counts) + b"\n"


def _head(run: ExportedRun) -> list[bytes]:
    """The lines of a run before its entries."""
    lines = [_line(**{"type": "run", **orjson.loads(run.text), "origin": run.origin})]
    if run.repo is not None:
        repo = run.repo.model_dump(include={"url", "name", "full_name", "default_branch"})
        lines.append(_line(type="repo", **repo))
    lines += [_line(type="turn", **turn.model_dump()) for turn in run.turns]
    lines += [_line(type="permission", **question.model_dump()) for question in run.permissions]
    if run.diff:
        lines.append(_line(type="diff", diff=run.diff))
    return lines


def _line(**fields: JSON) -> bytes:
    """A line with its break before it, as the entries are joined where they are read."""
    return b"\n" + orjson.dumps(fields, option=_OPTIONS)
