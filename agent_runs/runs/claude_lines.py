"""Lines of a Claude Code session file become log entries.

Such a file is JSON Lines: prompts, answers in blocks (text, thinking, tool use), tool results, and
notes of the program. A tool use becomes an entry when its result arrives. Text is held back until
it is clear whether it leads to a tool or is the answer. What is held back is the state of
`ClaudeLines`, plain JSON that its owner keeps between two lines. A line of an unknown kind is kept
whole, under a message type named after the kind.

Source: files as Claude Code 2 writes them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from agent_runs.models import JSON, MessageType, NewLog
from agent_runs.reading.shapes import list_or_empty, object_or_empty, objects_or_empty

_LONGEST_KIND = 40
_REMEMBERED = 100


class ClaudeLines:
    """Translates one session, line by line.

    Args:
        state: what an earlier translator of the session held back, see `state`.
        turn: the turn that the entries belong to.
    """

    def __init__(self, state: dict[str, JSON] | None = None, turn: int = 1) -> None:
        held_back = state or {}
        self._text: str = held_back.get("text") or ""
        self._said_at: str = held_back.get("said_at") or ""
        self._tools: dict[str, JSON] = dict(held_back.get("tools") or {})
        self._seen: list[str] = list(held_back.get("seen") or ())
        self._turn = turn
        self.prompt: str | None = None
        """What a person said first in the lines taken so far."""

    @property
    def state(self) -> dict[str, JSON]:
        """What is held back."""
        text = {"text": self._text, "said_at": self._said_at}
        return {**text, "tools": self._tools, "seen": self._seen}

    def take(self, line: dict[str, JSON]) -> list[NewLog]:
        """Return the entries that this line completes; none if it was taken before."""
        if self._is_known(line.get("uuid")):
            return []
        at = _time(line)
        blocks = _blocks(object_or_empty(line.get("message")).get("content"))
        match line.get("type"):
            case "user" if blocks:
                aside = "META" if line.get("isMeta") else None
                aside = "SIDECHAIN" if line.get("isSidechain") else aside
                return [*self._user(blocks, at, aside)]
            case "assistant" if blocks and line.get("isApiErrorMessage"):
                return [self._entry(MessageType.ERROR, at, observation=_plain(blocks))]
            case "assistant" if blocks:
                return [*self._assistant(blocks, at, is_aside=bool(line.get("isSidechain")))]
            case kind:
                word = "".join(c if c.isalnum() else "_" for c in str(kind or "line"))
                name = f"CLAUDE_CODE_{word[:_LONGEST_KIND].upper()}"
                return [self._entry(name, at, observation=line)]

    def finish(self, at: datetime | None = None) -> tuple[list[NewLog], str | None]:
        """Return the entries that were held back, and the final answer if there is one."""
        at = at or datetime.now(UTC)
        entries = [self._action(use, at, output=None, text=None) for use in self._tools.values()]
        self._tools = {}
        answer = self._text or None
        if answer:
            said_at = self._when_said(at)
            entries.append(self._entry(MessageType.FINAL_ANSWER, said_at, observation=answer))
        self._text = ""
        return entries, answer

    def _is_known(self, name: JSON) -> bool:
        """Tell whether a line with this id was taken before; senders may repeat lines."""
        if not isinstance(name, str) or not name:
            return False
        if name in self._seen:
            return True
        self._seen = [*self._seen, name[:100]][-_REMEMBERED:]
        return False

    def _user(
        self, blocks: list[dict[str, JSON]], at: datetime, aside: str | None
    ) -> Iterator[NewLog]:
        for block in blocks:
            if block.get("type") == "tool_result":
                yield self._result(block, at)
        words = [str(block.get("text") or "") for block in blocks if block.get("type") == "text"]
        text = "\n".join(word for word in words if word)
        if text and aside:
            # The program or another agent says this, not a person.
            yield self._entry(f"CLAUDE_CODE_{aside}", at, observation=text)
        elif text.strip():
            yield from self.finish(at)[0]
            self.prompt = self.prompt or text
            yield self._entry(MessageType.USER_MESSAGE, at, observation=text)

    def _assistant(
        self, blocks: list[dict[str, JSON]], at: datetime, *, is_aside: bool
    ) -> Iterator[NewLog]:
        for block in blocks:
            match block.get("type"):
                case "text" if is_aside:
                    thought_aside = str(block.get("text") or "")
                    yield self._entry(MessageType.PLAN_EVALUATION, at, thought=thought_aside)
                case "text":
                    yield from self._think(at)
                    self._text, self._said_at = str(block.get("text") or ""), at.isoformat()
                case "thinking":
                    yield from self._think(at)
                    thought = str(block.get("thinking") or "")
                    if thought:
                        yield self._entry(MessageType.PLAN_EVALUATION, at, thought=thought)
                case "tool_use":
                    use = {**block, "thought": self._text or None, "at": at.isoformat()}
                    self._tools[str(block.get("id") or len(self._tools))] = use
                    self._text = ""
                case _:
                    pass

    def _think(self, at: datetime) -> Iterator[NewLog]:
        """Text with more text after it was not the answer."""
        if self._text:
            said_at = self._when_said(at)
            yield self._entry(MessageType.PLAN_EVALUATION, said_at, thought=self._text)
            self._text = ""

    def _when_said(self, at: datetime) -> datetime:
        """When the held-back text was said: before `at`, when it became clear what it is."""
        return datetime.fromisoformat(self._said_at) if self._said_at else at

    def _result(self, block: dict[str, JSON], at: datetime) -> NewLog:
        use = self._tools.pop(str(block.get("tool_use_id")), {})
        text = _plain(block.get("content"))
        output: dict[str, JSON] = {"output": text}
        if block.get("is_error"):
            output = {"status": "failed", "error": text}
        return self._action(use, at, output=output, text=text)

    def _action(
        self,
        use: dict[str, JSON],
        at: datetime,
        *,
        output: dict[str, JSON] | None,
        text: str | None,
    ) -> NewLog:
        tool_input = use.get("input")
        begun = datetime.fromisoformat(use["at"]) if use.get("at") else at
        return NewLog(
            created_at=begun,
            message_type=MessageType.ACTION,
            turn=self._turn,
            thought=use.get("thought"),
            tool_name=str(use.get("name") or "tool"),
            tool_input=object_or_empty(tool_input) or {"input": tool_input},
            tool_output=output,
            observation=text,
            # Without a result it is unknown when the call ended.
            duration_ms=None if output is None else _milliseconds(at - begun),
        )

    def _entry(
        self,
        message_type: str,
        at: datetime,
        *,
        observation: dict[str, JSON] | str | None = None,
        thought: str | None = None,
    ) -> NewLog:
        return NewLog(
            created_at=at,
            message_type=message_type,
            turn=self._turn,
            thought=thought,
            observation=observation,
        )


def _milliseconds(time: timedelta) -> int:
    return max(round(time.total_seconds() * 1000), 0)


def _time(line: dict[str, JSON]) -> datetime:
    try:
        at = datetime.fromisoformat(str(line.get("timestamp")))
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return datetime.now(UTC)
    # Outside of what computers and databases represent: the clock was wrong.
    return at if 1970 <= at.year < 9999 else datetime.now(UTC)  # noqa: PLR2004 - see above


def _blocks(content: JSON) -> list[dict[str, JSON]]:
    """The blocks of a message; plain text counts as one block."""
    parts = list_or_empty(content) or [content]
    texts = [{"type": "text", "text": part} if isinstance(part, str) else part for part in parts]
    return objects_or_empty(texts)


def _plain(content: JSON) -> str:
    return "\n".join(
        str(block.get("text") or f"[{block.get('type')}]") for block in _blocks(content)
    )
