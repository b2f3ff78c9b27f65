"""The tool calls of one turn: which are open, which are known, and which one a question is about.

Some agents ask under the id of the call, some under an id of its own before or after they announce
the call, and one asks once for a batch. Whatever they do, each decision ends in an entry.
"""

from agent_runs.models import JSON
from agent_runs.providers.acp.tools import ToolCall
from agent_runs.reading.shapes import text_or_empty

MOST_OPEN = 500
_MOST_KNOWN = 10_000


class Calls:
    """Open calls in the order in which they began, and the ids of those that are over; bounded."""

    def __init__(self) -> None:
        self._open: dict[str, ToolCall] = {}
        self._over: dict[str, None] = {}

    def __getitem__(self, call_id: str) -> ToolCall | None:
        return self._open.get(call_id)

    @property
    def open(self) -> list[ToolCall]:
        """Calls that have not ended, the oldest first."""
        return list(self._open.values())

    @property
    def surplus(self) -> ToolCall | None:
        """The oldest open call, if there are too many."""
        return next(iter(self._open.values())) if len(self._open) > MOST_OPEN else None

    def is_over(self, call_id: str) -> bool:
        """Tell whether a call of this id has ended and no other has begun."""
        return call_id in self._over and call_id not in self._open

    def begin(self, call: ToolCall) -> None:
        """Add a call."""
        self._open[call.id] = call

    def end(self, call_id: str) -> None:
        """Keep only the id: late updates of a call that is over are ignored."""
        self._open.pop(call_id, None)
        self._over.pop(call_id, None)
        self._over[call_id] = None
        if len(self._over) > _MOST_KNOWN:
            del self._over[next(iter(self._over))]

    def asked_about(self, question: dict[str, JSON]) -> list[ToolCall]:
        """Return the open calls that a question of an unknown id is about, none if that is unclear.

        Args:
            question: the `toolCall` of the permission request.
        """
        undecided = [call for call in self.open if not call.only_asked and not call.permission]
        alike = [call for call in undecided if _are_alike(call.fields, question)]
        if alike:
            return alike[:1]
        # A question about no tool of its own confirms what is about to be done.
        names_a_tool = question.get("rawInput") or question.get("name")
        if names_a_tool or text_or_empty(question.get("kind")) not in ("", "other"):
            return []
        return undecided

    def asked_before(self, update: dict[str, JSON]) -> ToolCall | None:
        """Return the question of another id that was about the call that begins now."""
        for call in self.open:
            if call.only_asked and _are_alike(call.fields, update):
                del self._open[call.id]
                return call
        return None


def _are_alike(one: dict[str, JSON], other: dict[str, JSON]) -> bool:
    kinds = (one.get("kind"), other.get("kind"))
    if all(kinds) and kinds[0] != kinds[1]:
        return False
    inputs = (one.get("rawInput"), other.get("rawInput"))
    if all(inputs):
        return inputs[0] == inputs[1]
    return bool(one.get("title")) and one.get("title") == other.get("title")
