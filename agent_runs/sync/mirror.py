"""Stores the runs and log entries of a hosted organization: the `Mirror` of its follower.

A run gets our own id and keeps upstream's as `upstream_id`. Each method is one transaction, so what
upstream said is stored completely or not at all, and subscribers get it like any other change.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence

from agent_runs.errors import RunNotFound
from agent_runs.models import (
    HOSTED_PROVIDER,
    TERMINAL_STATUSES,
    AgentRun,
    AgentRunLog,
    AgentRunStatus,
    NewLog,
)
from agent_runs.providers.codegen.creation import CreationState, key_of
from agent_runs.providers.codegen.entries import News, Position, fingerprint
from agent_runs.runs import webhooks
from agent_runs.store.engine.database import Database, Transaction
from agent_runs.store.hosted import creations
from agent_runs.store.hosted import runs as hosted
from agent_runs.store.runs import logs, runs, turns
from agent_runs.store.runs.changes import RunChanges

GONE = "gone_upstream"
"""`status_reason` of a run that vanished while it worked."""

_GONE_TEXT = "The hosted account no longer has this run. What was mirrored stays here."


async def _nothing() -> None:
    pass


class StoreMirror:
    """One organization of a hosted account, as it is stored.

    Args:
        on_conditions: called whenever upstream's condition has changed.

    Attributes:
        creating: held while a run is created upstream, from the request to the stored answer:
            until then nobody else can know that we created the run.
    """

    def __init__(
        self,
        database: Database,
        organization_id: int,
        *,
        on_conditions: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self._database = database
        self._organization_id = organization_id
        self._on_conditions = on_conditions
        self.creating = asyncio.Lock()

    async def take_runs(self, upstream: Sequence[AgentRun]) -> None:
        """Store runs as upstream shows them now; what has not changed is not written."""
        ids = [str(run.id) for run in upstream]
        records = await hosted.find(self._database, self._organization_id, ids)
        changes = [
            run
            for run in upstream
            if str(run.id) not in records or records[str(run.id)].digest != _digest(run)
        ]
        if not changes:
            return
        if any(str(run.id) not in records for run in changes):
            # One of them may be a run that we are creating right now.
            async with self.creating:
                await self._take(changes)
        else:
            await self._take(changes)

    async def adopt(self, transaction: Transaction, run_id: int, upstream: AgentRun) -> None:
        """Connect our run with the one that upstream shows."""
        there = await runs.by_upstream(transaction, self._organization_id, str(upstream.id))
        if there is not None and there.id != run_id:
            await self._replace(transaction, there)
        await self._change(transaction, run_id, upstream)
        await hosted.put(
            transaction, self._organization_id, str(upstream.id), run_id, _digest(upstream)
        )

    async def end_of(self, run: str) -> str | None:
        """Return what tells a run's present end from a later one; None while it works."""
        record = await self._record(run)
        if record is None or record.status not in TERMINAL_STATUSES:
            return None
        return record.digest

    async def is_whole(self, run: str, end: str) -> None:
        """Note that all entries up to this end of the run are here."""
        record = await self._record(run)
        if record is not None and not record.is_whole:
            async with self._database.begin() as transaction:
                await hosted.set_whole(transaction, record.run_id, end)
                await self._learn_end(transaction, record.run_id)

    async def position(self, run: str) -> Position:
        """Return how far the run's log was read."""
        record = await self._record(run)
        if record is None or record.log_position is None:
            return Position()
        count, tail = record.log_position
        return Position(count, tuple(tail))

    async def fingerprints(self, run: str) -> Sequence[str]:
        """Return the fingerprints of all entries that are here."""
        record = await self._record(run)
        return await hosted.fingerprints(self._database, record.run_id) if record else []

    async def take_news(self, run: str, new: News) -> None:
        """Store entries, a completed last one, and the position, all or nothing.

        Raises:
            RunNotFound: `take_runs` never got the run.
        """
        record = await self._record(run)
        if record is None:
            raise RunNotFound(run)
        run_id = record.run_id
        prints: list[tuple[int, str]] = []
        async with self._database.begin() as transaction:
            if new.completed is not None:
                seq = await logs.complete(transaction, run_id, _new_log(new.completed))
                prints.append((seq, fingerprint(new.completed)))
            entries = [_new_log(entry) for entry in new.entries]
            first, _ = await logs.append(transaction, run_id, None, entries)
            prints += [(first + at, fingerprint(entry)) for at, entry in enumerate(new.entries)]
            position = [new.position.count, list(new.position.tail)]
            await hosted.put_log(transaction, run_id, position, prints)

    async def run_is_gone(self, run: str) -> None:
        """Note that upstream no longer knows the run; all that is here stays."""
        record = await self._record(run)
        if record is None or record.is_gone:
            return
        async with runs.changing(self._database, record.run_id) as (transaction, before):
            if before.status not in TERMINAL_STATUSES:
                await runs.change(
                    transaction,
                    before,
                    status=AgentRunStatus.CANCELLED,
                    status_reason=GONE,
                    error=_GONE_TEXT,
                )
            await hosted.set_gone(transaction, record.run_id)

    async def conditions_changed(self) -> None:
        """Pass it on."""
        await self._on_conditions()

    async def _take(self, changes: Sequence[AgentRun]) -> None:
        ids = [str(run.id) for run in changes]
        keys = [key for run in changes if (key := key_of(run))]
        async with self._database.begin() as transaction:
            # Read again in the transaction: another reader may have stored some meanwhile.
            records = await hosted.find(transaction, self._organization_id, ids)
            ours = await creations.runs_by_key(transaction, keys)
            # Oldest first: our ids rise with time.
            for run in reversed(changes):
                before, key = records.get(str(run.id)), key_of(run)
                if before is None and key in ours:
                    # Its answer was lost, or we were killed before it was stored.
                    await self._arrived(transaction, ours[key], run)
                elif before is None:
                    await self.adopt(transaction, await self._insert(transaction, run), run)
                elif (await runs.lock(transaction, before.run_id)).upstream_id == str(run.id):
                    await self.adopt(transaction, before.run_id, run)
                # Otherwise a run that we created has this id since; the next look shows it.

    async def _arrived(self, transaction: Transaction, run_id: int, run: AgentRun) -> None:
        creation = await creations.get(transaction, run_id)
        present = await runs.lock(transaction, run_id)
        if creation is None or present.upstream_id is not None:
            # The key was copied into another run.
            run_id = await self._insert(transaction, run)
        else:
            await creations.put(transaction, creation._replace(state=CreationState.CREATED))
        await self.adopt(transaction, run_id, run)

    async def _replace(self, transaction: Transaction, old: AgentRun) -> None:
        """Separate a run from an upstream id that now belongs to another run there."""
        changes: RunChanges = {"upstream_id": None, "status_reason": GONE}
        if old.status not in TERMINAL_STATUSES:
            changes["status"], changes["error"] = AgentRunStatus.CANCELLED, _GONE_TEXT
        await runs.change(transaction, old, **changes)
        await hosted.remove(transaction, old.id)

    async def _learn_end(self, transaction: Transaction, run_id: int) -> None:
        """Set the end of a run that ended before we saw it to the time of its last entry."""
        run = await runs.lock(transaction, run_id)
        if run.log_count == 0 or run.finished_at != run.created_at:
            return
        (last,) = await logs.read(transaction, run_id, after_seq=run.log_count - 2, limit=1)
        if last.created_at > run.created_at:
            await runs.change(transaction, run, finished_at=last.created_at)

    async def _record(self, run: str) -> hosted.HostedRun | None:
        return (await hosted.find(self._database, self._organization_id, [run])).get(run)

    async def _insert(self, transaction: Transaction, run: AgentRun) -> int:
        inserted = await runs.insert(
            transaction,
            # Only servers of this program return the prompt.
            prompt=run.prompt,
            created_at=run.created_at,
            extra=run.model_extra,
            organization_id=self._organization_id,
            provider=HOSTED_PROVIDER,
            upstream_id=str(run.id),
            upstream_url=run.web_url,
            user_id=None,
            title=run.title,
            model=run.model,
            metadata=run.metadata,
            started_at=run.created_at,
            # Upstream does not say when a run ended; its last entry will.
            finished_at=run.created_at if run.status in TERMINAL_STATUSES else None,
        )
        return inserted.id

    async def _change(self, transaction: Transaction, run_id: int, run: AgentRun) -> None:
        before = await runs.lock(transaction, run_id)
        # What upstream says of a run; the rest (title, archive, prompt ...) is ours and stays.
        changes: RunChanges = {
            "status": run.status,
            "result": run.result,
            "summary": run.summary,
            "source_type": run.source_type,
            "github_pull_requests": run.github_pull_requests,
            "activity": None,
            "status_reason": run.status_reason,
            "error": run.error,
        }
        if before.upstream_id is None:
            changes["upstream_id"], changes["upstream_url"] = str(run.id), run.web_url
            changes["started_at"] = run.created_at
            await turns.start(transaction, run_id, before.turn)
        if run.status not in TERMINAL_STATUSES:
            changes["finished_at"] = None
            if before.status in TERMINAL_STATUSES:
                # It continues: the time in between was not work.
                await turns.start(transaction, run_id, before.turn)
        after = await runs.change(transaction, before, **changes)
        if after.status in TERMINAL_STATUSES:
            await turns.finish(
                transaction, run_id, before.turn, status=after.status, result=run.result
            )
            is_new = before.status not in TERMINAL_STATUSES
            # The server where a run was created sends the webhooks for it.
            if is_new and await creations.get(transaction, run_id) is not None:
                await webhooks.plan(transaction, after)


def _digest(run: AgentRun) -> str:
    """Return a digest of what upstream says of a run; it changes when that changes."""
    result = {"status", "status_reason", "result", "summary", "error"}
    fields = run.model_dump(mode="json", include=result | {"source_type", "github_pull_requests"})
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:32]


def _new_log(entry: AgentRunLog) -> NewLog:
    return NewLog.model_validate(entry.model_dump(include=set(NewLog.model_fields)))
