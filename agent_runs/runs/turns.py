"""One turn from claim to end: let the provider work, store what it reports, record the outcome.

No transaction is open while the agent works. Whatever happens, the run ends in a terminal status:
with the provider's outcome, with CANCELLED after a stop request, or as interrupted if this process
stops first; then the workspace is kept and the run can be resumed.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from agent_runs.bus.base import EventBus, Subscription
from agent_runs.errors import LostFence, RepoNotFound, RunIsActive, Unavailable
from agent_runs.events import Event, EventKind, Reset, StoredEvent
from agent_runs.models import (
    TERMINAL_STATUSES,
    AgentRun,
    AgentRunStatus,
    MessageType,
    NewLog,
    PermissionPolicy,
)
from agent_runs.providers.base import Provider, TurnOutcome, TurnRequest
from agent_runs.reading.text import first_line
from agent_runs.runs import history, rules, webhooks
from agent_runs.runs.recorder import TurnRecorder
from agent_runs.runs.webhooks import Webhook
from agent_runs.store.engine.database import Database, Transaction
from agent_runs.store.organization import repos
from agent_runs.store.runs import logs, permissions, queue, runs, turns
from agent_runs.tasks import Restart, living, to_its_end

logger = logging.getLogger(__name__)

INTERRUPTED = TurnOutcome(
    status=AgentRunStatus.ERROR,
    status_reason="interrupted",
    error=(
        "The server was stopped while the agent worked. Everything up to here is stored and the "
        "workspace is kept. Resume the run to continue."
    ),
)
STOPPED = TurnOutcome(status=AgentRunStatus.CANCELLED, status_reason="stopped")
_SUMMARY = 200
_WATCH_SECONDS = 30.0
_CANCEL_EVERY_SECONDS = 1.0
_RETRY_SECONDS = 1.0


class TurnWork:
    """Works on the latest turn of a run; an executor calls it."""

    def __init__(
        self,
        database: Database,
        bus: EventBus,
        provider: Provider,
        *,
        worker: str,
        permission_timeout_seconds: float,
    ) -> None:
        self._database = database
        self._bus = bus
        self._provider = provider
        self._worker = worker
        self._permission_timeout = permission_timeout_seconds

    async def __call__(self, run_id: int) -> None:
        """Work on the run's latest turn, then on queued ones, while the run is PENDING."""
        while (claimed := await self._claim(run_id)) is not None:
            await self._turn(*claimed)

    async def _turn(self, run: AgentRun, fence: int) -> None:
        run_id = run.id
        recorder = TurnRecorder(
            self._database,
            self._bus,
            run_id=run_id,
            turn=run.turn,
            fence=fence,
            permission_timeout_seconds=self._permission_timeout,
        )
        try:
            outcome = await self._work(run, recorder)
        except asyncio.CancelledError:
            await to_its_end(self._end(run_id, fence, INTERRUPTED, say=True))
            raise
        except LostFence:
            logger.warning("run %s: another worker took it over, our work is dropped", run_id)
            return
        except Exception:
            # The edge of a turn: whatever went wrong, the run ends and says so.
            logger.exception("run %s: the provider failed", run_id)
            outcome = TurnOutcome(
                status=AgentRunStatus.ERROR,
                status_reason="internal_error",
                error=(
                    "The server failed while it drove the agent; its log has the details. "
                    "The workspace is kept. Resume the run to try again."
                ),
            )
            await self._end_at_last(run_id, fence, outcome, say=True)
            return
        await self._end_at_last(run_id, fence, outcome)

    async def _claim(self, run_id: int) -> tuple[AgentRun, int] | None:
        async with runs.changing(self._database, run_id) as (transaction, run):
            if run.status != AgentRunStatus.PENDING:
                return None
            return await runs.claim(transaction, run_id, self._worker)

    async def _work(self, run: AgentRun, recorder: TurnRecorder) -> TurnOutcome:
        turn = await turns.get(self._database, run.id, run.turn)
        private = await runs.private(self._database, run.id)
        repo_url = None
        if run.repo_id is not None:
            try:
                repo_url = (await repos.get(self._database, run.repo_id)).url
            except RepoNotFound:
                # An earlier turn's work tree may still exist; the provider reports if it does not.
                logger.info("run %s: repository %s is no longer registered", run.id, run.repo_id)
        request = TurnRequest(
            run_id=run.id,
            turn=run.turn,
            agent=run.agent or "",
            prompt=turn.prompt,
            images=turn.images,
            model=turn.model or run.model,
            permission_policy=run.permission_policy,
            options=run.options,
            session_id=private.session_id,
            rules=(await rules.get(self._database, run.organization_id)).text(),
            history=await history.digest(
                self._database, run.id, run.log_count, before_turn=run.turn
            )
            if run.turn > 1
            else "",
            repo_url=repo_url,
        )
        watch = partial(self._watch_for_stop, run.id)
        async with living(f"stop-watch-{run.id}", watch, restart=Restart()):
            return await self._provider.work(request, recorder)

    async def _watch_for_stop(self, run_id: int) -> None:
        """Tell the provider when any process has recorded a stop."""
        await self._stop_recorded(run_id)
        while True:
            # Repeatedly: the first call may come before the provider knows the run.
            await self._provider.cancel(run_id)
            await asyncio.sleep(_CANCEL_EVERY_SECONDS)

    async def _stop_recorded(self, run_id: int) -> None:
        async with self._bus.subscribe(run_id=run_id) as subscription:
            while (await runs.get(self._database, run_id)).stop_requested_at is None:
                await _next_change(subscription)

    async def _end_at_last(
        self, run_id: int, fence: int, outcome: TurnOutcome, *, say: bool = False
    ) -> None:
        """Record the end, however long the database is unavailable, or the run would never end."""
        while True:
            try:
                return await self._end(run_id, fence, outcome, say=say)
            except Unavailable as exc:
                logger.warning("run %s: cannot store its end, trying again: %s", run_id, exc)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _end(
        self, run_id: int, fence: int, outcome: TurnOutcome, *, say: bool = False
    ) -> None:
        try:
            async with runs.changing(self._database, run_id) as (transaction, run):
                if run.status not in TERMINAL_STATUSES:
                    ended = await end_turn(transaction, run, outcome, fence=fence, say=say)
                    await _begin_queued(transaction, ended)
        except LostFence:
            logger.warning("run %s: another worker took it over, our end is dropped", run_id)


def check_ended(run: AgentRun) -> None:
    """Raise RunIsActive for a run that still works: it cannot get another turn."""
    if run.status not in TERMINAL_STATUSES:
        raise RunIsActive(
            f"Run {run.id} is {run.status}. Wait until it ends, or stop it; then resume it."
        )


@dataclass(frozen=True)
class NextTurn:
    """What a run that has ended should do next.

    Attributes:
        prompt: checked, without secrets.
        images: data URIs, checked.
        model, permission_policy, options, webhooks: None leaves the run's own.
    """

    prompt: str
    images: tuple[str, ...] = ()
    model: str | None = None
    permission_policy: PermissionPolicy | None = None
    options: dict[str, str] | None = None
    webhooks: tuple[Webhook, ...] | None = None


async def begin_turn(
    transaction: Transaction, run: AgentRun, turn: NextTurn, *, queued: int | None = None
) -> AgentRun:
    """Give a run that has ended another turn, on which an agent of this server will work.

    Args:
        transaction: the run is locked in it.
        run: as it is now; terminal.
        queued: how many prompts wait after this one; None keeps the number.
    """
    run = await add_turn(transaction, run, turn, status=AgentRunStatus.PENDING, queued=queued)
    await webhooks.keep_for_run(transaction, run, turn.webhooks)
    words = user_message(turn.prompt, run.turn, turn.images)
    await logs.append(transaction, run.id, None, [words])
    return run


async def add_turn(
    transaction: Transaction,
    run: AgentRun,
    turn: NextTurn,
    *,
    status: str,
    queued: int | None = None,
) -> AgentRun:
    """Let a run that has ended continue; what the run says of its earlier end is removed.

    Args:
        transaction: the run is locked in it.
        run: as it is now; terminal.
        status: its status from now on.
    """
    number = run.turn + 1
    await turns.insert(
        transaction, run.id, number, prompt=turn.prompt, images=turn.images, model=turn.model
    )
    return await runs.change(
        transaction,
        run,
        status=status,
        status_reason=None,
        error=None,
        turn=number,
        finished_at=None,
        archived_at=None,
        stop_requested_at=None,
        permission_policy=turn.permission_policy or run.permission_policy,
        options=run.options if turn.options is None else turn.options,
        model=turn.model or run.model,
        queued=run.queued if queued is None else queued,
    )


async def _begin_queued(transaction: Transaction, run: AgentRun) -> None:
    """After a complete turn, begin one with the next queued prompt, in the same transaction."""
    if run.status != AgentRunStatus.COMPLETE or run.queued == 0:
        return
    queued = await queue.take(transaction, run.id)
    if queued is not None:
        turn = NextTurn(queued.prompt, queued.images)
        await begin_turn(transaction, run, turn, queued=run.queued - 1)


def user_message(prompt: str, turn: int, images: tuple[str, ...]) -> NewLog:
    """The entry with a person's words."""
    return NewLog(
        created_at=datetime.now(UTC),
        message_type=MessageType.USER_MESSAGE,
        turn=turn,
        observation=prompt,
        tool_output={"images": len(images)} if images else None,
    )


async def end_turn(
    transaction: Transaction,
    run: AgentRun,
    outcome: TurnOutcome,
    *,
    fence: int | None,
    say: bool = False,
) -> AgentRun:
    """Record how the run's latest turn ended.

    Args:
        transaction: the run is locked in it.
        run: as it is now; not terminal.
        fence: of the claim; None if nobody works on the run.
        say: add the outcome's error as an ERROR entry, for ends that no provider reported.
    """
    now = datetime.now(UTC)
    if run.stop_requested_at is not None and outcome.status != AgentRunStatus.CANCELLED:
        # After a stop request the run is cancelled, whatever the agent says.
        outcome = replace(
            outcome, status=AgentRunStatus.CANCELLED, status_reason="stopped", error=None
        )
    if say and outcome.error:
        entry = NewLog(
            created_at=now,
            message_type=MessageType.ERROR,
            turn=run.turn,
            observation=outcome.error,
        )
        await logs.append(transaction, run.id, fence, [entry])
        run = await runs.lock(transaction, run.id)
    await permissions.withdraw_all(transaction, run.id)
    await turns.finish(
        transaction,
        run.id,
        run.turn,
        status=outcome.status,
        result=outcome.result,
        stop_reason=outcome.stop_reason,
        finished_at=now,
    )
    ended = await runs.change(
        transaction,
        run,
        fence=fence,
        status=outcome.status,
        status_reason=outcome.status_reason,
        result=outcome.result,
        error=outcome.error,
        summary=_summary(outcome, transaction.redact),
        usage=run.usage | outcome.usage,
        finished_at=now,
        activity=None,
        permission_id=None,
    )
    await webhooks.plan(transaction, ended)
    return ended


async def _next_change(subscription: Subscription) -> None:
    while batch := await subscription.next(_WATCH_SECONDS):
        if any(isinstance(event, Reset) or _is_change(event) for event in batch):
            return


def _is_change(event: Event) -> bool:
    return isinstance(event, StoredEvent) and event.kind == EventKind.RUN_UPDATED


def _summary(outcome: TurnOutcome, redact: Callable[[str], str]) -> str | None:
    return first_line(redact(outcome.result or outcome.error or ""), _SUMMARY) or None
