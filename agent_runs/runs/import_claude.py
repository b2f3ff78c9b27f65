"""Turns a session file of Claude Code into an export of one run, which is then imported.

Each prompt of a person begins a turn. The file is read twice, because the line of a run comes
before its entries and says how many there are.

Source: files below `projects` in the folder of Claude Code 2.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import orjson

from agent_runs.errors import InvalidRequest
from agent_runs.exports.lines import FORMAT, KIND
from agent_runs.models import (
    JSON,
    WATCHED_PROVIDER,
    AgentRun,
    AgentRunStatus,
    MessageType,
    NewLog,
    SourceType,
    Turn,
)
from agent_runs.reading.text import first_line
from agent_runs.runs.claude_lines import ClaudeLines
from agent_runs.runs.import_lines import lines_of, parse, refuse

_LOOKED_AT = 50
_LONGEST_ID = 100
_ID = 1
"""The one run of the file; the database gives it another id."""
_OF_A_TURN = frozenset({MessageType.ACTION, MessageType.FINAL_ANSWER, MessageType.ERROR})
_USAGE = {
    "input_tokens": "inputTokens",
    "output_tokens": "outputTokens",
    "cache_read_input_tokens": "cachedReadTokens",
    "cache_creation_input_tokens": "cachedWriteTokens",
}


def is_session(path: Path) -> bool:
    """Tell from its first lines whether a file looks like a session of Claude Code."""
    for at, (number, _, raw) in enumerate(lines_of(path)):
        if at >= _LOOKED_AT:
            return False
        try:
            line = parse(number, raw)
        except InvalidRequest:
            return False
        if line.get("type") == KIND:
            return False
        if isinstance(line.get("sessionId"), str) and "type" in line:
            return True
    return False


def convert(path: Path, target: Path, redact: Callable[[str], str] = str) -> None:
    """Write the export of a session file.

    Raises:
        InvalidRequest: a line cannot be read.
    """
    session = _Session()
    count = sum(1 for _ in session.entries(path))
    with target.open("wb") as file:

        def put(**record: JSON) -> None:
            file.write(orjson.dumps(record, default=str, option=orjson.OPT_UTC_Z) + b"\n")

        put(type=KIND, format=FORMAT)
        put(type="run", **session.run(count, redact).model_dump() | {"origin": session.origin})
        for turn in session.turns:
            put(type="turn", **turn.as_model().model_dump())
        for seq, entry in enumerate(_Session().entries(path)):
            put(**{"type": "log", "agent_run_id": _ID, **entry.model_dump(), "seq": seq})
        put(type="end", runs=1, turns=len(session.turns), permissions=0, logs=count)


@dataclass
class _Turn:
    """A prompt of a person and what became of it."""

    number: int
    prompt: str
    begun: datetime
    last: datetime
    result: str | None = None
    error: str | None = None

    @property
    def status(self) -> AgentRunStatus:
        if self.error is not None:
            return AgentRunStatus.ERROR
        # Without an answer the person left or interrupted it; nobody will continue it here.
        is_done = self.result is not None
        return AgentRunStatus.COMPLETE if is_done else AgentRunStatus.CANCELLED

    def as_model(self) -> Turn:
        return Turn(
            agent_run_id=_ID,
            turn=self.number,
            prompt=self.prompt,
            created_at=self.begun,
            started_at=self.begun,
            finished_at=self.last,
            status=self.status,
            result=self.result,
        )


class _Session:
    """What the lines of one file add up to."""

    def __init__(self) -> None:
        self.turns: list[_Turn] = []
        self._lines = ClaudeLines()
        self._id = self._title = self._model = self._branch = ""
        self._agents: set[str] = set()
        self._about: dict[str, JSON] = {}
        self._at = datetime(1970, 1, 1, tzinfo=UTC)
        self._sums: Counter[str] = Counter()
        self._calls: set[str] = set()

    @property
    def origin(self) -> str:
        """Name of the session; agents within one have separate files."""
        agent = next(iter(self._agents)) if len(self._agents) == 1 else ""
        return f"{WATCHED_PROVIDER}:{self._id}" + (f"/{agent}" if agent else "")

    def entries(self, path: Path) -> Iterator[NewLog]:
        for number, _, raw in lines_of(path):
            line = parse(number, raw)
            self._note(line)
            # A line without a time happened when the line before it did.
            line.setdefault("timestamp", self._at.isoformat())
            yield from self._placed(self._lines.take(line))
        yield from self._placed(self._lines.finish(self._at)[0])

    def _placed(self, entries: list[NewLog]) -> Iterator[NewLog]:
        for entry in entries:
            text = entry.observation if isinstance(entry.observation, str) else ""
            duration = timedelta(milliseconds=entry.duration_ms or 0)
            self._at = max(self._at, entry.created_at + duration)
            if entry.message_type == MessageType.USER_MESSAGE or not self.turns:
                is_prompt = entry.message_type == MessageType.USER_MESSAGE
                if is_prompt or entry.message_type in _OF_A_TURN:
                    number = len(self.turns) + 1
                    prompt = text if is_prompt else ""
                    self.turns.append(_Turn(number, prompt, entry.created_at, self._at))
            if self.turns:
                turn = self.turns[-1]
                turn.last = max(turn.last, self._at)
                if entry.message_type == MessageType.FINAL_ANSWER:
                    turn.result, turn.error = text, None
                elif entry.message_type == MessageType.ERROR:
                    turn.error = text
            yield entry.model_copy(update={"turn": max(len(self.turns), 1)})

    def _note(self, line: dict[str, JSON]) -> None:
        if isinstance(line.get("sessionId"), str):
            self._id = line["sessionId"][:_LONGEST_ID]
        self._agents.add(str(line.get("agentId") or "")[:_LONGEST_ID])
        if line.get("type") == "summary":
            self._title = str(line.get("summary") or "")
        self._branch = str(line.get("gitBranch") or self._branch)
        for name in ("cwd", "version"):
            if isinstance(line.get(name), str):
                self._about[name] = line[name]
        message = line.get("message")
        if line.get("type") == "assistant" and isinstance(message, dict):
            self._note_usage(cast("dict[str, JSON]", message))

    def _note_usage(self, message: dict[str, JSON]) -> None:
        self._model = str(message.get("model") or self._model)
        usage, call = message.get("usage"), str(message.get("id"))
        # Each block of an answer is a separate line, and each carries the usage of the whole call.
        if not isinstance(usage, dict) or call in self._calls:
            return
        self._calls.add(call)
        for name, ours in _USAGE.items():
            number = cast("dict[str, JSON]", usage).get(name)
            if isinstance(number, int) and 0 <= number < 2**53:
                self._sums[ours] += number
                self._sums["totalTokens"] += number

    def run(self, log_count: int, redact: Callable[[str], str]) -> AgentRun:
        if not self._id:
            refuse(1, "no line of the file names the session that it belongs to.")
        first = self.turns[0] if self.turns else _Turn(1, "", self._at, self._at)
        last = self.turns[-1] if self.turns else first
        if not self.turns:
            self.turns.append(first)
        title = self._title or first.prompt
        return AgentRun(
            id=_ID,
            status=last.status,
            status_reason=None if last.status == AgentRunStatus.COMPLETE else "interrupted",
            error=last.error,
            created_at=first.begun,
            started_at=first.begun,
            updated_at=self._at,
            finished_at=last.last,
            title=first_line(redact(title)) or "Claude Code session",
            prompt=first.prompt,
            result=last.result,
            summary=first_line(redact(last.result or last.error or "")) or None,
            source_type=SourceType.LOCAL,
            provider=WATCHED_PROVIDER,
            agent="claude",
            model=self._model or None,
            branch=self._branch or None,
            upstream_id=self._id,
            metadata={"claude_code_session": self._id, **self._about},
            usage={"summed": dict(self._sums), "llm_calls": len(self._calls)} if self._sums else {},
            turn=last.number,
            log_count=log_count,
        )
