"""Stores the translator's entries in batches, while the agent works on.

The translator only queues entries; this is the one place that waits for the store. While the queue
is long, nothing more is read from the agent.
"""

import asyncio
import contextlib
import time

from agent_runs.providers.acp.translate import Translator
from agent_runs.providers.base import Recorder

_SHOW_SECONDS = 0.2
_MOST_QUEUED = 1000
_BATCH = 500


class Writer:
    """Runs as a task next to the turn; `close` stores the rest."""

    def __init__(self, translator: Translator, recorder: Recorder) -> None:
        self._translator = translator
        self._recorder = recorder
        self._wakeup = asyncio.Event()
        self._progress = asyncio.Event()
        self._closing = False
        self._unshown = False
        self._draft: tuple[str, str] | None = None

    def wake(self) -> None:
        """Note that the translator has taken something in."""
        self._unshown = True
        self._wakeup.set()

    async def room(self) -> None:
        """Wait until the queue is short, but not once the writer has ended."""
        while len(self._translator.entries) > _MOST_QUEUED and not self._closing:
            self._progress.clear()
            self._wakeup.set()
            await self._progress.wait()

    async def run(self) -> None:
        """Store what comes until `close`.

        Raises:
            Exception: whatever the store raised; then the turn must end.
        """
        next_show = 0.0
        try:
            while not self._closing:
                wait = max(next_show - time.monotonic(), 0.0) if self._unshown else None
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wakeup.wait()
                self._wakeup.clear()
                await self._store()
                if self._unshown and time.monotonic() >= next_show:
                    await self._show()
                    next_show = time.monotonic() + _SHOW_SECONDS
            await self._store()
            await self._change()
        finally:
            self._closing = True
            self._progress.set()

    def close(self) -> None:
        """Make `run` store the rest and return."""
        self._closing = True
        self._wakeup.set()

    async def _store(self) -> None:
        entries = self._translator.entries
        while entries:
            batch = entries[:_BATCH]
            await self._recorder.append(batch)
            # Only now: if the store fails, nothing is lost, and nothing is written twice.
            del entries[: len(batch)]
            self._progress.set()

    async def _show(self) -> None:
        self._unshown = False
        draft = self._translator.draft()
        if draft is not None and draft != self._draft:
            self._recorder.draft(*draft)
        self._draft = draft
        await self._change()

    async def _change(self) -> None:
        changes = self._translator.changes
        self._translator.changes = {}
        if changes:
            await self._recorder.update(**changes)
