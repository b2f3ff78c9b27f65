"""Checks what an agent does against the policy of its run: pins hold only what agents keep to."""

import re
import shlex
from collections.abc import Sequence

from agent_runs.models import PermissionPolicy
from agent_runs.providers.acp.tools import ToolCall
from agent_runs.reading.shapes import text_or_empty

_ACTING = frozenset({"edit", "delete", "move", "execute", "fetch"})
_SEPARATORS = re.compile(r"&&|\|\||[;|\n]")
_UNSAFE = re.compile(r"[<>`&]|\$\(")
_WRITING = frozenset(
    {"-delete", "-exec", "-execdir", "-fls", "-fprint", "-fprint0", "-fprintf", "-ok", "-okdir"}
)
_SHOWN = 300


class PolicyGuard:
    """Finds the first action that nobody has allowed.

    Args:
        policy: under `allow`, everything is in order.
        unasked_commands: of the profile: the first words of commands that the agent's own rules
            let through because they only read; `*` if its own sandbox sees to that.
    """

    def __init__(self, policy: PermissionPolicy, unasked_commands: Sequence[str] = ()) -> None:
        self._policy: PermissionPolicy = policy
        self._unasked = [shlex.split(words) for words in unasked_commands]

    def violation(self, call: ToolCall) -> str | None:
        """Return the action in words if the call was completed without having been allowed."""
        if self._policy == "allow" or call.status != "completed" or _is_allowed(call):
            return None
        kind = text_or_empty(call.fields.get("kind"))
        if kind not in _ACTING and not call.diffs:
            return None
        command = call.command
        if kind == "execute" and self.lets_through(command):
            return None
        return f"{call.name}: {command or call.title}"[:_SHOWN]

    def lets_through(self, command: str) -> bool:
        """Tell whether a shell command needs no question."""
        if self._policy == "allow" or ["*"] in self._unasked:
            return True
        parts = [part for part in _SEPARATORS.split(command) if part.strip()]
        return bool(parts) and all(self._is_unasked(part) for part in parts)

    def _is_unasked(self, part: str) -> bool:
        try:
            words = shlex.split(part)
        except ValueError:
            return False
        if _UNSAFE.search(part) or not _WRITING.isdisjoint(words):
            return False
        return any(words[: len(first)] == first for first in self._unasked)


def _is_allowed(call: ToolCall) -> bool:
    return call.permission is not None and str(call.permission.get("kind")).startswith("allow")
