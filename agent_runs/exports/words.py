"""Puts a run and its entries into words, for the formats that people read.

Text of agents and tools is hostile: escape codes of terminals are removed; marks that hide or
reverse text are named instead of written.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import orjson

from agent_runs.exports.reader import ExportedRun
from agent_runs.models import JSON
from agent_runs.reading.amounts import duration
from agent_runs.reading.entry import text_of, value_of
from agent_runs.reading.shapes import object_or_empty, objects_or_empty
from agent_runs.reading.status import reason_in_words, word_of
from agent_runs.reading.text import clean, one_line


def output_of(entry: dict[str, JSON]) -> dict[str, JSON]:
    """Return the output of the tool; empty if it is not an object."""
    return object_or_empty(entry.get("tool_output"))


def diffs_of(output: dict[str, JSON]) -> Iterator[tuple[str, str]]:
    """Yield `(path, unified diff)` of each file that a tool call changed."""
    for diff in objects_or_empty(output.get("diffs")):
        if isinstance(diff.get("unified"), str):
            yield one_line(str(diff.get("path") or "Changes")), diff["unified"]


def observation_of(entry: dict[str, JSON]) -> tuple[str, str]:
    """Return the text of an observation, and its JSON if it holds more; each can be empty."""
    value = value_of(entry.get("observation"))
    return clean(text_of(entry.get("observation"))), pretty(value) if value else ""


def pretty(value: JSON) -> str:
    """Return a JSON value on several lines."""
    return clean(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def facts_of(exported: ExportedRun) -> Iterator[tuple[str, str]]:
    """Yield the facts about a run as `(name, value)`, clean, without empty ones."""
    run = exported.run
    seconds = None
    if run.started_at and run.finished_at:
        seconds = (run.finished_at - run.started_at).total_seconds()
    for name, value in (
        ("Status", word_of(run.status)),
        ("Reason", reason_in_words(run.status_reason)),
        ("Agent", run.agent),
        ("Model", run.model),
        ("Repository", exported.repo.full_name if exported.repo else None),
        ("Branch", run.branch),
        ("Created", moment(run.created_at)),
        ("Finished", moment(run.finished_at) if run.finished_at else None),
        ("Duration", None if seconds is None else duration(seconds)),
        ("Turns", str(len(exported.turns))),
        ("Steps", f"{run.log_count:,}"),
        ("Pull requests", ", ".join(pr.url or str(pr.id) for pr in run.github_pull_requests)),
    ):
        if value:
            yield name, one_line(value)


def moment(at: datetime) -> str:
    """Return a time as `2026-11-22 12:00:03 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
