"""Which entries failed: for colours, filters, counts, search, analytics and exports alike.

An entry failed when it is an ERROR; when the agent called its tool call failed, refused or in
error; and when a command ended with another exit code than 0, whatever the agent called that: few
agents look at it. A call that was cancelled did not fail.
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
    """Return the exit code of the command that a tool call ran; None when it told none."""
    return number_or_none(tool_output.get("exit_code"))
