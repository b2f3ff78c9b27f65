"""What a run and its entries are in words, for the formats that people read.

Text of agents and tools is hostile: escape codes of terminals are taken out, signs that hide or
turn text are named instead of written.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import orjson

from agent_runs.exports.reader import ExportedRun
from agent_runs.models import JSON, AgentRun
from agent_runs.reading.amounts import duration
from agent_runs.reading.status import word_of
from agent_runs.reading.text import clean, one_line

_TARGETS = (
    "command", "cmd", "file_path", "filePath", "path", "abs_path", "pattern", "query", "url",
    "title",
)  # fmt: skip


def output_of(entry: dict[str, JSON]) -> dict[str, JSON]:
    """Return what the tool gave back; empty when that is no object."""
    output = entry.get("tool_output")
    return cast("dict[str, JSON]", output) if isinstance(output, dict) else {}


def diffs_of(output: dict[str, JSON]) -> Iterator[tuple[str, str]]:
    """Yield `(path, unified diff)` of each file that a tool call changed."""
    diffs = output.get("diffs")
    for diff in cast("list[JSON]", diffs) if isinstance(diffs, list) else ():
        fields = cast("dict[str, JSON]", diff) if isinstance(diff, dict) else {}
        if isinstance(fields.get("unified"), str):
            yield one_line(str(fields.get("path") or "Changes")), fields["unified"]


def text_of(entry: dict[str, JSON]) -> str:
    """Return the text of an answer, a message, an error, or what a tool wrote."""
    observation = entry.get("observation")
    return clean(observation) if isinstance(observation, str) else ""


def target_of(entry: dict[str, JSON]) -> str:
    """Return on one line what a tool call was about; empty when nothing tells."""
    given = entry.get("tool_input")
    fields = cast("dict[str, JSON]", given) if isinstance(given, dict) else {}
    for name in _TARGETS:
        value = fields.get(name)
        if value:
            words = cast("list[JSON]", value) if isinstance(value, list) else [value]
            return one_line(" ".join(str(word) for word in words))
    return ""


def pretty(value: JSON) -> str:
    """Return a JSON value over several lines."""
    return clean(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def title_of(run: ExportedRun) -> str:
    """Return the name of a run for people, clean and on one line."""
    return one_line(heading_of(run.run) or f"Run {run.run.id}", 200)


def heading_of(run: AgentRun) -> str:
    """Return a run's title, or the first line of its prompt; empty when it has neither."""
    return run.title or next((line for line in run.prompt.splitlines() if line.strip()), "")


def facts_of(run: ExportedRun) -> Iterator[tuple[str, str]]:
    """Yield what is known of a run as `(name, value)`, clean, without what is empty."""
    it = run.run
    seconds = None
    if it.started_at and it.finished_at:
        seconds = (it.finished_at - it.started_at).total_seconds()
    for name, value in (
        ("Status", word_of(it.status)),
        ("Reason", it.status_reason),
        ("Agent", it.agent),
        ("Model", it.model),
        ("Repository", run.repo.full_name if run.repo else None),
        ("Branch", it.branch),
        ("Created", moment(it.created_at)),
        ("Finished", moment(it.finished_at) if it.finished_at else None),
        ("Duration", None if seconds is None else duration(seconds)),
        ("Turns", str(len(run.turns))),
        ("Steps", f"{it.log_count:,}"),
        ("Pull requests", ", ".join(pr.url or str(pr.id) for pr in it.github_pull_requests)),
    ):
        if value:
            yield name, one_line(value)


def moment(at: datetime) -> str:
    """Return a time as `2026-11-22 12:00:03 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
