"""Puts the steps of a run into words: one line for most, the full text for answers and errors."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from agent_runs.reading.amounts import duration
from agent_runs.reading.entry import kind_word, text_of, value_of
from agent_runs.reading.target import target
from agent_runs.reading.text import clean, one_line

if TYPE_CHECKING:
    from agent_runs.models import AgentRunLog

_WHOLE = frozenset({"FINAL_ANSWER", "ERROR"})
_SECOND = 1000


class Step(NamedTuple):
    """A step in words, all of them clean.

    Attributes:
        state: `ok` or `failed` for tool calls, otherwise empty.
        text: can have several lines.
    """

    time: str
    kind: str
    state: str
    tool: str
    text: str
    duration: str

    def line(self) -> str:
        """Return the step as plain text; further lines are indented."""
        first, *rest = self.text.split("\n")
        words = [self.time, self.kind, self.tool, self.state, first, self.duration]
        return "\n    ".join([" ".join(word for word in words if word), *rest])


def step_of(log: "AgentRunLog") -> Step:
    """Return what happened in an entry."""
    tool = one_line(log.tool_name or "", 60)
    return Step(
        time=log.created_at.astimezone().strftime("%H:%M:%S"),
        kind=one_line(kind_word(log.message_type), 40),
        state=("failed" if log.failed else "ok") if tool else "",
        tool=tool,
        text=_text(log, tool),
        duration="" if log.duration_ms is None else duration(log.duration_ms / _SECOND),
    )


def in_utc(time: datetime) -> str:
    """Return a time for machines, to the second: `2026-11-22T23:13:45Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(log: "AgentRunLog", tool: str) -> str:
    words = _words(log)
    if log.message_type in _WHOLE:
        return clean(words).strip()
    return target(log.tool_input) if tool else one_line(words)


def _words(log: "AgentRunLog") -> str:
    value = value_of(log.observation)
    first = text_of(log.observation) or (json.dumps(value, ensure_ascii=False) if value else "")
    second = log.thought or ""
    return (second or first) if log.message_type == "PLAN_EVALUATION" else (first or second)
