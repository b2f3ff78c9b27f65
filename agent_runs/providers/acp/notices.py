"""What an agent tells beside its work, as entries: notices, compactions, and updates unknown to us.

Source: https://agentclientprotocol.com/rfds/session-notices
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from agent_runs.models import JSON, MessageType, NewLog
from agent_runs.providers.acp.content import block_text, output_text
from agent_runs.providers.acp.text import ClippedText, clip, whole_characters
from agent_runs.reading.shapes import objects_or_empty, text_or_empty
from agent_runs.reading.text import first_line

_MOST = 200
_MOST_COMPACTIONS = 20
_SHORT = 2000


@dataclass
class _Compaction:
    begun_at: datetime
    summary: ClippedText
    error: str = ""
    written: bool = field(default=False)


class Notices:
    """Makes the entries of one turn, at most 200.

    Args:
        turn: number of the turn.
        redact: removes secrets from text that arrives in parts.
        add: takes an entry.
    """

    def __init__(
        self, turn: int, redact: Callable[[str], str], add: Callable[[NewLog], None]
    ) -> None:
        self._turn = turn
        self._redact = redact
        self._take = add
        self._count = 0
        self._compactions: dict[str, _Compaction] = {}

    def add(self, words: str, at: datetime, **facts: JSON) -> None:
        """Add an entry, unless there are too many.

        Args:
            words: what is told.
            at: when.
            facts: for programs.
        """
        self._count += 1
        if self._count > _MOST:
            return
        self._take(
            NewLog(
                created_at=at,
                message_type=MessageType.NOTICE,
                turn=self._turn,
                tool_output=facts or None,
                observation=whole_characters(clip(words)),
            )
        )

    def notice(self, update: dict[str, JSON], at: datetime) -> None:
        """Take what the agent wants a person to know."""
        parts = (text_or_empty(update.get(name)).strip() for name in ("title", "description"))
        severity = first_line(text_or_empty(update.get("severity")))[:40] or "info"
        self.add("\n\n".join(filter(None, parts)), at, severity=severity)

    def unknown(self, kind: str, update: dict[str, JSON], at: datetime) -> None:
        """Take an update whose kind we do not know."""
        rest = {name: value for name, value in update.items() if name != "sessionUpdate"}
        words = output_text(rest, dump=False) or json.dumps(rest, ensure_ascii=False)
        self.add(clip(words, _SHORT), at, update=clip(whole_characters(kind), 100))

    def compaction(self, update: dict[str, JSON], at: datetime) -> str | None:
        """Take news of a compaction of the agent's context; return the activity, if it works."""
        compaction = self._compaction(text_or_empty(update.get("compactionId")), at)
        if compaction is None:
            return None
        if update.get("sessionUpdate") == "compaction_summary_chunk":
            compaction.summary.append(block_text(update.get("content")))
            return "Compacting its context"
        if "summary" in update:
            compaction.summary = ClippedText(redact=self._redact)
            for block in objects_or_empty(update.get("summary")):
                compaction.summary.append(block_text(block))
        if "error" in update:
            compaction.error = text_or_empty(update.get("error"))
        status = text_or_empty(update.get("status"))
        if status == "in_progress":
            return "Compacting its context"
        self._write(compaction, status)
        return None

    def finish(self) -> None:
        """Write compactions that have not ended."""
        for compaction in self._compactions.values():
            self._write(compaction, "unknown")

    def _compaction(self, compaction_id: str, at: datetime) -> _Compaction | None:
        if compaction_id not in self._compactions:
            if len(self._compactions) >= _MOST_COMPACTIONS:
                return None
            self._compactions[compaction_id] = _Compaction(at, ClippedText(redact=self._redact))
        return self._compactions[compaction_id]

    def _write(self, compaction: _Compaction, status: str) -> None:
        if compaction.written:
            return
        compaction.written = True
        words = "The agent compacted its context, to have room for more."
        if status != "completed":
            words = f"The agent began to compact its context: {clip(status, 40)}."
        parts = (words, compaction.error.strip(), str(compaction.summary).strip())
        text = "\n\n".join(filter(None, parts))
        self.add(text, compaction.begun_at, update="compaction_update", status=clip(status, 40))
