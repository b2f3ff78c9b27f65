"""Creates runs upstream that are stored here first, one after the other, each exactly once.

What stands in the way is told on the run, which goes on waiting: upstream that is away, a refused
token, a used up allotment. A run whose request may have arrived is looked for, never sent again
before that (`providers/codegen/creation.py`).
"""

import asyncio
import logging
import time
from dataclasses import replace

from agent_runs.client.async_client import AsyncCodegenClient
from agent_runs.errors import AgentRunsError
from agent_runs.models import JSON, TERMINAL_STATUSES, AgentRun, AgentRunStatus
from agent_runs.providers.base import TurnOutcome
from agent_runs.providers.codegen.creation import Creation, CreationState, advance
from agent_runs.providers.codegen.follower import Follower
from agent_runs.providers.codegen.governor import Governor, Kind
from agent_runs.runs.turns import end_turn
from agent_runs.store import creations, hosted, runs, turns
from agent_runs.store.creations import StoredCreation
from agent_runs.store.database import Database, Transaction
from agent_runs.sync.mirror import StoreMirror

logger = logging.getLogger(__name__)

WAITS = "waits_for_upstream"
"""`status_reason` of a run that upstream has not taken yet."""
REFUSED = "refused_upstream"
_OPEN = (CreationState.WAITING, CreationState.SENDING, CreationState.UNKNOWN)
_IDLE_SECONDS = 60.0
_LOOK_SECONDS = 10.0
_ROOM_SECONDS = 0.5
# Upstream's clock may be off; a run that is older than this was there before.
_OLDER_SECONDS = 900.0
_STOPPED = TurnOutcome(status=AgentRunStatus.CANCELLED, status_reason="stopped")


class Creator:
    """The creations of one organization."""

    def __init__(
        self,
        database: Database,
        organization_id: int,
        client: AsyncCodegenClient,
        *,
        governor: Governor,
        mirror: StoreMirror,
        follower: Follower,
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._client = client
        self._governor = governor
        self._mirror = mirror
        self._follower = follower
        self._more = asyncio.Event()

    def wake(self) -> None:
        """Look for new creations now."""
        self._more.set()

    async def run(self) -> None:
        """Create what is to be created, until cancelled."""
        while True:
            self._more.clear()
            wait = await self._step_all()
            try:
                await asyncio.wait_for(self._more.wait(), wait)
            except TimeoutError:
                continue

    async def _step_all(self) -> float:
        """Advance each creation by as much as can be; returns the seconds until the next try."""
        wait = _IDLE_SECONDS
        for stored in await creations.in_states(self._database, self._organization_id, _OPEN):
            if (held := self._held()) > 0:
                return held
            after = await self._advance(stored)
            if after.state == CreationState.WAITING and after.cause is not None:
                await self._follower.failed(after.cause)
                return self._held() or _LOOK_SECONDS
            if after.state in _OPEN:
                wait = _LOOK_SECONDS
        return wait

    def _held(self) -> float:
        """Return the seconds until upstream may be asked for a new run again."""
        now = self._governor.now()
        if (wait := self._follower.conditions.create_wait(now)) > 0:
            return wait
        # While one is being created nobody may take in new runs, so that must not take long.
        return 0.0 if self._governor.state().remaining[Kind.CREATE] > 0 else _ROOM_SECONDS

    async def _advance(self, stored: StoredCreation) -> Creation:
        run_id = stored.run_id
        turn = await turns.get(self._database, run_id, 1)
        creation = _loaded(stored, turn.prompt, turn.images)
        known = await hosted.upstream_ids(self._database, self._organization_id)
        ours = await creations.run_ids(self._database, self._organization_id)

        def knew(run: AgentRun) -> bool:
            here = known.get(str(run.id))
            if here is not None and (here < run_id or here in ours):
                return True
            return creation.sent_at is not None and (
                run.created_at.timestamp() < creation.sent_at - _OLDER_SECONDS
            )

        async def save(step: Creation) -> None:
            await self._save(stored, step)

        async with self._mirror.creating:
            after = await advance(self._client, creation, save=save, now=time.time, knew=knew)
        if after.state == CreationState.CREATED and after.run is not None:
            self._follower.conditions.created()
            await self._follower.answered()
            self._follower.follow(str(after.run.id))
            await self._stop_if_asked(run_id, after.run)
        elif after.state == CreationState.WAITING and after.cause is None:
            # Upstream never took it: it may be sent again, unless nobody wants it any more.
            await self._stop_if_asked(run_id, None)
        return after

    async def _save(self, stored: StoredCreation, step: Creation) -> None:
        payload: dict[str, JSON] = {
            "options": dict(step.options),
            "sent_at": step.sent_at,
            "error": step.error,
        }
        async with self._database.begin() as transaction:
            run = await runs.lock(transaction, stored.run_id)
            kept = stored._replace(state=step.state, payload=payload)
            await creations.put(transaction, kept)
            if run.upstream_id is not None or run.status in TERMINAL_STATUSES:
                # The list showed it meanwhile, or it was cancelled.
                return
            await self._show(transaction, run, step)

    async def _show(self, transaction: Transaction, run: AgentRun, step: Creation) -> None:
        """Tell on the run how its creation stands."""
        if step.state == CreationState.CREATED and step.run is not None:
            await self._mirror.adopt(transaction, run.id, step.run)
        elif step.state == CreationState.REFUSED:
            text = (
                f"Upstream refused this run: {step.error} Nothing was created there. "
                "Change it and create a new one."
            )
            outcome = TurnOutcome(AgentRunStatus.ERROR, status_reason=REFUSED, error=text)
            await end_turn(transaction, run, outcome, fence=None, say=True)
        elif step.state == CreationState.SENDING:
            await runs.change(transaction, run, activity="Sending it upstream", error=None)
        else:
            await runs.change(
                transaction,
                run,
                status_reason=WAITS,
                activity="Waits for upstream",
                error=step.error,
            )

    async def _stop_if_asked(self, run_id: int, upstream: AgentRun | None) -> None:
        run = await runs.get(self._database, run_id)
        if run.stop_requested_at is None:
            return
        if upstream is None:
            await cancel_waiting(self._database, run_id)
            return
        try:
            await self._client.stop_agent_run(upstream.id)
        except AgentRunsError as exc:
            logger.warning("run %s: was created and could not be stopped: %s", run_id, exc.message)


async def cancel_waiting(database: Database, run_id: int) -> bool:
    """End a run that upstream has not heard of; False when it may have."""
    async with database.begin() as transaction:
        run = await runs.lock(transaction, run_id)
        creation = await creations.get(transaction, run_id)
        if creation is None or creation.state != CreationState.WAITING:
            return False
        await creations.put(transaction, creation._replace(state=CreationState.REFUSED))
        if run.status not in TERMINAL_STATUSES:
            await end_turn(transaction, run, _STOPPED, fence=None)
    return True


def _loaded(stored: StoredCreation, prompt: str, images: tuple[str, ...]) -> Creation:
    options: dict[str, JSON] = dict(stored.payload.get("options") or {})
    creation = Creation(
        key=stored.request_key,
        prompt=prompt,
        options=options,
        state=CreationState(stored.state),
        sent_at=stored.payload.get("sent_at"),
        error=stored.payload.get("error"),
    )
    return replace(creation, options=options | {"images": list(images)}) if images else creation
