"""Which entries failed: for colours, filters, counts, search, analytics and exports alike.

An entry failed if it is an ERROR, if the agent reports its tool call as failed, rejected or in
error, or if a command ended with an exit code other than 0, even if the agent reports success: few
agents look at exit codes. A cancelled call did not fail.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from agent_runs.reading.shapes import number_or_none, object_or_empty

if TYPE_CHECKING:
    from agent_runs.models import JSON

_FAILED = frozenset({"failed", "error", "rejected"})


def is_failure(message_type: "JSON", tool_output: "JSON") -> bool:
    """Tell whether an entry of this kind and output counts as failed."""
    if message_type == "ERROR":
        return True
    output = object_or_empty(tool_output)
    status = output.get("status")
    return (isinstance(status, str) and status in _FAILED) or bool(exit_code_of(output))


def has_failed(entry: "Mapping[str, JSON]") -> bool:
    """Tell whether an entry, the fields of an `AgentRunLog`, counts as failed."""
    return is_failure(entry.get("message_type"), entry.get("tool_output"))


def exit_code_of(tool_output: "Mapping[str, JSON]") -> int | float | None:
    """Return the exit code of the command that a tool call ran; None if it has none."""
    return number_or_none(tool_output.get("exit_code"))
