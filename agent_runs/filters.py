"""What to list: exact filters for runs and for log entries, tables, formats."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Measured = Literal["duration", "first_step", "waiting", "steps"]
"""Figures of ended runs; all have `steps`, some lack the others."""
TableName = Literal[
    "summary",
    "days",
    "durations",
    "first_steps",
    "waiting",
    "steps",
    "time",
    "tools",
    "errors",
    "agents",
    "repositories",
    "templates",
]
"""Tables of analytics."""
ExportFormat = Literal[
    "jsonl", "json", "csv", "csv-runs", "markdown", "html", "otlp", "otlp-content", "digest",
    "junit",
]  # fmt: skip


@dataclass(frozen=True)
class RunFilter:
    """Which runs to list; every field that is set must match. SQL form: `store/runs/lists.py`.

    Attributes:
        status: any of these official words; empty means all.
        text: words to find in title, prompt and result, case-insensitive.
        since: created at or after.
        until: created before.
        archived: False lists the others (default), True the archived ones, None both.
        mode: made with this prompt template.
        tool: called this tool.
        failed_tool: had a failed call of this tool.
        error: met an error of this likeness (`agent_runs/reading/likeness.py`).
        measured: has ended and has this figure.
    """

    organization_id: int | None = None
    status: tuple[str, ...] = ()
    agent: str | None = None
    source_type: str | None = None
    repo_id: int | None = None
    user_id: int | None = None
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    archived: bool | None = False
    mode: str | None = None
    tool: str | None = None
    failed_tool: str | None = None
    error: str | None = None
    measured: Measured | None = None


@dataclass(frozen=True)
class LogFilter:
    """Which entries of one run to read; empty means all. SQL form in `store/runs/logs.py`.

    Attributes:
        failed: True for failed tool calls and ERROR entries only.
    """

    message_type: tuple[str, ...] = ()
    tool_name: tuple[str, ...] = ()
    turn: int | None = None
    failed: bool = False

    @property
    def is_empty(self) -> bool:
        """Tell whether every entry matches."""
        return self == LogFilter()
