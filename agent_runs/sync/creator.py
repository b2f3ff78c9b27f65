"""Creates runs upstream that are stored here first, one after another, each exactly once.

If upstream is unavailable, refuses the token or has used up the allotment, the run says so and
keeps waiting. If a request may have arrived, we look for its run before anything is sent again
(`providers/codegen/creation.py`).
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import anyio

from agent_runs.client.asynchronous.client import AsyncCodegenClient
from agent_runs.errors import Conflict
from agent_runs.models import JSON, TERMINAL_STATUSES, AgentRun, AgentRunStatus
from agent_runs.providers.base import TurnOutcome
from agent_runs.providers.codegen.creation import (
    SETTLE_SECONDS,
    Creation,
    CreationState,
    advance,
)
from agent_runs.providers.codegen.follower import Follower
from agent_runs.providers.codegen.governor import Governor, Kind
from agent_runs.runs.turns import STOPPED, end_turn
from agent_runs.store.engine.database import Database, Transaction
from agent_runs.store.hosted import creations
from agent_runs.store.hosted import runs as hosted
from agent_runs.store.hosted.creations import StoredCreation
from agent_runs.store.runs import runs, turns
from agent_runs.sync.mirror import StoreMirror

logger = logging.getLogger(__name__)

WAITS = "waits_for_upstream"
"""`status_reason` of a run that upstream has not accepted yet."""
WAITING = "Waiting for the hosted account"
"""Its `activity`."""
REFUSED = "refused_upstream"
OPEN = (CreationState.WAITING, CreationState.SENDING, CreationState.UNKNOWN)
"""States of creations that are not settled."""
# Other processes that share the database store creations, too.
_IDLE_SECONDS = 5.0
_LOOK_SECONDS = 10.0
_ROOM_SECONDS = 0.5
# Upstream's clock may be wrong; a run that is older than this existed before.
_OLDER_SECONDS = 900.0


class Moved(Conflict):
    """A creation is no longer in the state in which we read it."""


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
        """Create new runs upstream until cancelled."""
        while True:
            self._more.clear()
            wait = await self._step_all()
            try:
                await asyncio.wait_for(self._more.wait(), wait)
            except TimeoutError:
                continue

    async def _step_all(self) -> float:
        """Advance each creation as far as possible; return the seconds until the next attempt."""
        waiting = await creations.in_states(self._database, self._organization_id, OPEN)
        if not waiting:
            # Nothing will try again, so nobody would notice that the plan allows runs again.
            self._follower.conditions.created()
        wait = _IDLE_SECONDS
        for stored in waiting:
            if (pause := self._pause()) > 0:
                await self._explain_wait(waiting)
                return min(pause, _IDLE_SECONDS)
            try:
                after = await self._advance(stored)
            except Moved:
                continue
            except Conflict as exc:
                # One that cannot be stored must not block the others.
                logger.warning("run %s: %s", stored.run_id, exc.message)
                continue
            if after.state == CreationState.WAITING and after.cause is not None:
                await self._follower.failed(after.cause)
                return self._pause() or _LOOK_SECONDS
            if after.state in OPEN:
                wait = min(wait, _LOOK_SECONDS)
        return wait

    async def _explain_wait(self, waiting: Sequence[StoredCreation]) -> None:
        """Write on each waiting run what it waits for."""
        cause = next((it.message for it in self._follower.conditions.all if not it.run), None)
        for stored in waiting if cause else ():
            async with runs.changing(self._database, stored.run_id) as (transaction, run):
                is_sent = stored.state != CreationState.WAITING or run.upstream_id is not None
                if not is_sent and run.status not in TERMINAL_STATUSES and run.error != cause:
                    await runs.change(transaction, run, error=cause)

    def _pause(self) -> float:
        """Return the seconds until a new run may be created upstream."""
        now = anyio.current_time()
        if (wait := self._follower.conditions.create_wait(now)) > 0:
            return wait
        # While one is created nobody can store new runs, so that must not take long.
        return 0.0 if self._governor.state().remaining[Kind.CREATE] > 0 else _ROOM_SECONDS

    async def _advance(self, stored: StoredCreation) -> Creation:
        """Do a creation's next step.

        Raises:
            Moved: somebody else changed it; nothing was sent.
        """
        run_id = stored.run_id
        turn = await turns.get(self._database, run_id, 1)
        creation = _loaded(stored, turn.prompt, turn.images)
        is_new = creation.state == CreationState.WAITING
        knew = await self._knew(run_id, creation)
        states = [stored.state]

        async def save(step: Creation) -> None:
            await self._save(stored, states[-1], step)
            states.append(step.state)

        # Looking for it blocks nobody: in the list it is recognized by its key.
        async with self._mirror.creating if is_new else contextlib.nullcontext():
            after = await advance(self._client, creation, save=save, now=time.time, knew=knew)
        if after.state == CreationState.CREATED and after.run is not None:
            self._follower.conditions.created()
            await self._follower.answered()
            self._follower.follow(str(after.run.id))
        elif after.state == CreationState.WAITING and after.cause is None:
            # Upstream never took it, so it may be sent again, unless somebody stopped it.
            run = await runs.get(self._database, run_id)
            if run.stop_requested_at is not None:
                await cancel_waiting(self._database, run_id)
        return after

    async def _knew(self, run_id: int, creation: Creation) -> Callable[[AgentRun], bool]:
        """Return a function that tells whether an upstream run was known before this request."""
        if creation.state == CreationState.WAITING:
            return lambda run: False  # noqa: ARG005  (never called: nothing is looked for)
        ids = await hosted.upstream_ids(self._database, self._organization_id)
        ours = await creations.run_ids(self._database, self._organization_id)

        def knew(run: AgentRun) -> bool:
            here = ids.get(str(run.id))
            if here is not None and (here < run_id or here in ours):
                return True
            return creation.sent_at is not None and (
                run.created_at.timestamp() < creation.sent_at - _OLDER_SECONDS
            )

        return knew

    async def _save(self, stored: StoredCreation, before: str, step: Creation) -> None:
        payload: dict[str, JSON] = {
            "options": dict(step.options),
            "sent_at": step.sent_at,
            "error": step.error,
        }
        async with runs.changing(self._database, stored.run_id) as (transaction, run):
            after = stored._replace(state=step.state, payload=payload)
            if not await creations.move(transaction, before, after):
                raise Moved(f"Run {run.id} was cancelled, or it has appeared in the list.")
            if run.upstream_id is None and run.status not in TERMINAL_STATUSES:
                await self._show(transaction, run, step)

    async def _show(self, transaction: Transaction, run: AgentRun, step: Creation) -> None:
        """Show on the run how far its creation is."""
        if step.state == CreationState.CREATED and step.run is not None:
            await self._mirror.adopt(transaction, run.id, step.run)
        elif step.state == CreationState.REFUSED:
            text = (
                f"The hosted account refused this run: {step.error} Nothing was created there. "
                "Correct it and create a new run."
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
                activity=WAITING,
                error=step.error,
            )


async def cancel_waiting(database: Database, run_id: int) -> bool:
    """End a run that never reached upstream; False if it may have.

    A run whose request was lost so long ago that it has arrived or never will is given up, too. If
    it did arrive, it is mirrored as a separate run.
    """
    async with runs.changing(database, run_id) as (transaction, run):
        creation = await creations.get(transaction, run_id)
        if creation is None or not _can_be_given_up(creation):
            return False
        refused = creation._replace(state=CreationState.REFUSED)
        if not await creations.move(transaction, creation.state, refused):
            return False
        if run.status not in TERMINAL_STATUSES:
            lost = creation.state == CreationState.UNKNOWN
            outcome = replace(STOPPED, error=creation.payload.get("error")) if lost else STOPPED
            await end_turn(transaction, run, outcome, fence=None)
    return True


def _can_be_given_up(creation: StoredCreation) -> bool:
    if creation.state == CreationState.WAITING:
        return True
    sent_at = creation.payload.get("sent_at")
    settled = sent_at is not None and time.time() - sent_at > SETTLE_SECONDS
    return creation.state == CreationState.UNKNOWN and settled


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
