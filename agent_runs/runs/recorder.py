"""Stores what a provider reports about a turn.

Every write carries the fence of the claim, so a worker that was declared dead and replaced can no
longer write: its next call raises LostFence. A question of the agent pauses the run until somebody
answers it through the API, see `questions.py`.
"""

from collections.abc import Sequence
from typing import Unpack

import orjson

from agent_runs.bus.base import EventBus
from agent_runs.events import Draft
from agent_runs.models import NewLog
from agent_runs.providers.base import FormAnswer, PermissionQuestion, RunNews
from agent_runs.questions import PermissionRequest
from agent_runs.runs import questions
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, runs
from agent_runs.store.runs.changes import RunChanges


class TurnRecorder:
    """Recorder of one turn. Source of the contract: `providers/base.py`."""

    def __init__(
        self,
        database: Database,
        bus: EventBus,
        *,
        run_id: int,
        turn: int,
        fence: int,
        permission_timeout_seconds: float,
    ) -> None:
        self._database = database
        self._bus = bus
        self._run_id = run_id
        self._turn = turn
        self._fence = fence
        self._permission_timeout = permission_timeout_seconds

    async def append(self, entries: Sequence[NewLog]) -> None:
        """Store entries, in order."""
        async with self._database.begin() as transaction:
            await logs.append(transaction, self._run_id, self._fence, entries)

    async def update(self, *, session_id: str | None = None, **news: Unpack[RunNews]) -> None:
        """Set fields of the run; those left out stay."""
        changes: RunChanges = {**news}
        async with runs.changing(self._database, self._run_id) as (transaction, run):
            if session_id is not None:
                await runs.change_private(
                    transaction, self._run_id, fence=self._fence, session_id=session_id
                )
            if "usage" in changes:
                changes["usage"] = run.usage | changes["usage"]
            if changes.get("title") and run.title:
                # The title that the run has stays.
                del changes["title"]
            if any(getattr(run, name) != value for name, value in changes.items()):
                await runs.change(transaction, run, fence=self._fence, **changes)

    def draft(self, kind: str, text: str) -> None:
        """Show text that is being written to those who watch right now."""
        body = {"agent_run_id": self._run_id, "kind": kind, "text": text}
        self._bus.send_draft(Draft(self._run_id, orjson.dumps(body).decode()))

    async def ask(self, question: PermissionQuestion) -> str | None:
        """Pause the run until a person answers; None if the question was withdrawn."""
        answered = await self._ask(question)
        return answered.option_id if answered else None

    async def fill_in(self, question: PermissionQuestion) -> FormAnswer | None:
        """Pause the run until a person fills a form in; None if the question was withdrawn."""
        answered = await self._ask(question)
        if answered is None or answered.option_id is None:
            return None
        return FormAnswer(answered.option_id, answered.content)

    async def _ask(self, question: PermissionQuestion) -> PermissionRequest | None:
        return await questions.ask(
            self._database,
            self._bus,
            question,
            run_id=self._run_id,
            turn=self._turn,
            fence=self._fence,
            timeout_seconds=self._permission_timeout,
        )
