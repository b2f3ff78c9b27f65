"""Tells the history that an agent sends again, when it takes up a session, from what is new.

The protocol says that the history comes before the answer to `session/load`. Some agents send it
after that, even while they work on the prompt already. So a history lasts until the agent has been
silent for a moment, or repeats our own prompt.
"""

import asyncio
from datetime import datetime, timedelta

import anyio

from agent_runs.models import JSON
from agent_runs.providers.acp.content import block_text

# What a history is made of. Commands, modes and figures are news about the session, at any time.
_SAID = frozenset(
    {
        "agent_message_chunk",
        "agent_thought_chunk",
        "user_message_chunk",
        "tool_call",
        "tool_call_update",
        "plan",
    }
)
_PAUSE = timedelta(seconds=0.5)
_LONGEST_SECONDS = 20.0


class Replay:
    """Follows the updates of one turn.

    Attributes:
        is_seen: whether any of the history has come.
    """

    def __init__(self) -> None:
        self.is_seen = False
        self._is_possible = False
        self._is_active = False
        self._last: datetime | None = None
        self._prompt: str | None = None
        self._news = asyncio.Event()

    def begin(self) -> None:
        """Take what comes for history, until the prompt is sent and a pause was made."""
        self._is_possible = self._is_active = True

    def end(self) -> None:
        """Take what comes as new."""
        self._is_possible = self._is_active = False

    def expect(self, prompt: str) -> None:
        """Note that the prompt is about to be sent."""
        self._prompt = prompt.strip()

    def covers(self, update: dict[str, JSON], at: datetime) -> bool:
        """Tell whether an update, which came at `at`, belongs to the history."""
        if not self._is_possible:
            return False
        if update.get("sessionUpdate") not in _SAID:
            return self._prompt is None
        self._is_active = self._goes_on(update, at)
        if self._is_active:
            self.is_seen, self._last = True, at
            self._news.set()
        return self._is_active

    async def silence(self) -> None:
        """Wait, for a bounded time, for a moment without history: no prompt should meet it."""
        with anyio.move_on_after(_LONGEST_SECONDS):
            while await self._hears_more():
                pass

    async def _hears_more(self) -> bool:
        self._news.clear()
        with anyio.move_on_after(_PAUSE.total_seconds()):
            await self._news.wait()
        return self._news.is_set()

    def _goes_on(self, update: dict[str, JSON], at: datetime) -> bool:
        if self._prompt is None:
            return True
        is_recent = self._last is not None and at - self._last <= _PAUSE
        goes_on = self._is_active and is_recent
        if update.get("sessionUpdate") == "user_message_chunk":
            words = block_text(update.get("content")).strip()
            is_ours = words == self._prompt if goes_on else words in self._prompt
            # The words of somebody else were not said in this turn.
            return not (is_ours or self._prompt in words)
        return goes_on
