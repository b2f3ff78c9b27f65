"""What a provider tells of a turn goes through here into the store.

Every write carries the fence of the claim, so a worker that was declared dead and replaced can no
longer write: its next call raises LostFence. A question of the agent pauses the run until somebody
answers it through the API; the answer travels through the store and the event bus, so it does not
matter which process took it.
"""

import asyncio
from collections.abc import Sequence
from typing import Unpack

import orjson

from agent_runs.bus.base import EventBus
from agent_runs.errors import LostFence
from agent_runs.events import Draft
from agent_runs.models import AgentRunStatus, NewLog
from agent_runs.providers.base import PermissionQuestion, RunNews
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, permissions, runs
from agent_runs.store.runs.changes import RunChanges

_POLL_SECONDS = 30.0


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
        """Set fields of the run; one that is not given stays."""
        changes: RunChanges = {**news}
        async with self._database.begin() as transaction:
            run = await runs.lock(transaction, self._run_id)
            if session_id is not None:
                await runs.change_private(
                    transaction, self._run_id, fence=self._fence, session_id=session_id
                )
            if "usage" in changes:
                changes["usage"] = run.usage | changes["usage"]
            if changes.get("title") and run.title:
                # The user's words stay.
                del changes["title"]
            if any(getattr(run, name) != value for name, value in changes.items()):
                await runs.change(transaction, run, fence=self._fence, **changes)

    def draft(self, kind: str, text: str) -> None:
        """Show text that is being written to who watches right now."""
        body = {"agent_run_id": self._run_id, "kind": kind, "text": text}
        self._bus.send_draft(Draft(self._run_id, orjson.dumps(body).decode()))

    async def ask(self, question: PermissionQuestion) -> str | None:
        """Pause the run until a person answers; None when the question was withdrawn."""
        async with self._database.begin() as transaction:
            run = await runs.lock(transaction, self._run_id)
            asked = await permissions.insert(
                transaction,
                run_id=self._run_id,
                turn=self._turn,
                tool_call=question.tool_call,
                options=question.options,
            )
            await runs.change(
                transaction,
                run,
                fence=self._fence,
                status=AgentRunStatus.PAUSED,
                status_reason="permission",
                permission_id=run.permission_id or asked.id,
            )
        try:
            async with asyncio.timeout(self._permission_timeout):
                return await self._answer(asked.id)
        except TimeoutError:
            return None
        finally:
            await asyncio.shield(self._close(asked.id))

    async def _answer(self, permission_id: int) -> str | None:
        async with self._bus.subscribe(run_id=self._run_id) as subscription:
            while True:
                asked = await permissions.get(self._database, self._run_id, permission_id)
                if asked.state != "pending":
                    return asked.option_id
                await subscription.next(_POLL_SECONDS)

    async def _close(self, permission_id: int) -> None:
        try:
            async with self._database.begin() as transaction:
                # The run first, as who answers does: two that lock in another order wait forever.
                await runs.lock(transaction, self._run_id)
                await permissions.withdraw(transaction, permission_id)
                await release(transaction, self._run_id, fence=self._fence)
        except LostFence:
            return


async def release(transaction: runs.Transaction, run_id: int, *, fence: int | None = None) -> None:
    """Let a paused run go on when none of its questions is open any more."""
    run = await runs.lock(transaction, run_id)
    if run.status != AgentRunStatus.PAUSED:
        return
    open_id = await permissions.oldest_pending(transaction, run_id)
    if open_id is None:
        await runs.change(
            transaction,
            run,
            fence=fence,
            status=AgentRunStatus.ACTIVE,
            status_reason=None,
            permission_id=None,
        )
    elif open_id != run.permission_id:
        await runs.change(transaction, run, fence=fence, permission_id=open_id)
