"""Webhooks about the end of a run: planned with it, sent afterwards until they are accepted.

The transaction that ends the run also stores what to send, so no end is forgotten. Any process
that finds it due sends it. A run's own webhook replaces the organization's. A muted run sends none.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import anyio
import orjson

from agent_runs.bus.base import EventBus, Subscription
from agent_runs.events import EventKind, Reset, StoredEvent
from agent_runs.models import JSON, LOCAL_ORGANIZATION, AgentRun, Delivery
from agent_runs.outbound.webhooks import Attempt
from agent_runs.store.engine.database import Database, Transaction
from agent_runs.store.organization import preferences
from agent_runs.store.runs import deliveries, runs
from agent_runs.store.runs.deliveries import DeliveryChanges, Outgoing
from agent_runs.tasks import Restart, end, living, watched

logger = logging.getLogger(__name__)

FINISHED = "agent_run.finished"
TEST = "agent_run.test"
LEASE = timedelta(seconds=60)
_GROWTH = (1, 6, 30, 90, 180, 216)
"""The wait after each failed attempt, as a multiple of the first; then we give up."""
_AT_ONCE = 10
_MOST_STORED = 10_000
_IDLE_SECONDS = 30.0
_ORGANIZATION = "webhook"
_JITTER = 0.2
# A separate source: anybody may seed the module's.
_CHANCE = random.SystemRandom()


@dataclass(frozen=True)
class Webhook:
    """Where to send, and what to sign with."""

    url: str
    secret: str | None = None


Send = Callable[[str, bytes, dict[str, str], str | None], Awaitable[Attempt]]
"""Sends once: url, body, headers, secret."""


async def keep_for_run(
    transaction: Transaction, run: AgentRun, webhooks: tuple[Webhook, ...] | None
) -> None:
    """Store a run's own webhooks; an empty tuple means none, None the organization's."""
    if webhooks is None:
        return
    targets: list[JSON] = [{"url": webhook.url, "secret": webhook.secret} for webhook in webhooks]
    await preferences.put(
        transaction,
        run.organization_id,
        _of_run(run.id),
        {"webhooks": targets},
        holds_secrets=True,
    )


async def plan(transaction: Transaction, run: AgentRun) -> None:
    """Store what is to be sent about a run that has just ended."""
    if run.muted:
        return
    own = await preferences.get(transaction, run.organization_id, _of_run(run.id))
    if own:
        webhooks = [Webhook(target["url"], target["secret"]) for target in own["webhooks"]]
    else:
        # Runs that were created here and work at a hosted account are this server's, too.
        usual = await preferences.get(transaction, LOCAL_ORGANIZATION, _ORGANIZATION)
        webhooks = [Webhook(usual["url"], usual["secret"])] if usual.get("enabled") else []
    if not webhooks:
        return
    # `run` has a shortened result, as lists show it.
    whole = run.model_copy(update={"result": (await runs.get(transaction, run.id)).result})
    for webhook in webhooks:
        await deliveries.insert(
            transaction, run=whole, url=webhook.url, secret=webhook.secret, event=FINISHED
        )


def message(event: str, delivery_id: int, created_at: datetime, run: JSON) -> bytes:
    """Return the body of a webhook."""
    return orjson.dumps(
        {"event": event, "delivery_id": delivery_id, "created_at": created_at, "agent_run": run},
        option=orjson.OPT_UTC_Z,
    )


def headers(event: str, delivery_id: int) -> dict[str, str]:
    """Return the headers of a webhook without its signature."""
    return {"X-Agent-Runs-Event": event, "X-Agent-Runs-Delivery": str(delivery_id)}


class Deliveries:
    """Sends what is due.

    Args:
        send: sends once.
        retry: the wait after the first attempt that failed.
    """

    def __init__(
        self,
        database: Database,
        bus: EventBus,
        send: Send,
        retry: timedelta,
    ) -> None:
        self._database = database
        self._bus = bus
        self._send = send
        self._retry = retry
        self._sending: set[asyncio.Task[None]] = set()
        self._is_settled = False
        self._waiting = anyio.CancelScope()

    @contextlib.asynccontextmanager
    async def living(self) -> AsyncGenerator[None]:
        """Send in the background while the block runs."""
        try:
            async with living("webhooks", self._live, restart=Restart()):
                yield
        finally:
            await end(*self._sending)

    async def _live(self) -> None:
        async with self._bus.subscribe() as subscription:
            while True:
                while await self._send_due():
                    pass
                await self._wait(subscription)

    async def _send_due(self) -> bool:
        """Begin to send what is due, in parallel: a slow receiver delays no other."""
        self._is_settled = False
        due = await deliveries.next_due(self._database)
        if due is None or due > datetime.now(UTC):
            return False
        if len(self._sending) >= _AT_ONCE:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
        room = _AT_ONCE - len(self._sending)
        async with self._database.begin() as transaction:
            batch = await deliveries.take(transaction, datetime.now(UTC), LEASE, limit=room)
        for item in batch:
            # One whose outcome cannot be stored stays due: it is sent again after its lease.
            name = f"webhook-{item.delivery.id}"
            task = asyncio.create_task(watched(name, partial(self._send_one, item)), name=name)
            self._sending.add(task)
            task.add_done_callback(self._forget)
        return bool(batch)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._is_settled = True
        self._waiting.cancel()

    async def _send_one(self, item: Outgoing) -> None:
        it = item.delivery
        body = message(it.event, it.id, it.created_at, orjson.loads(item.run))
        attempt = await self._send(it.url, body, headers(it.event, it.id), item.secret)
        async with self._database.begin() as transaction:
            await deliveries.change(transaction, it, **self._outcome(it, attempt))
            await deliveries.prune(transaction, _MOST_STORED)

    def _outcome(self, delivery: Delivery, attempt: Attempt) -> DeliveryChanges:
        now = datetime.now(UTC)
        changes: DeliveryChanges = {
            "attempts": delivery.attempts + 1,
            "status_code": attempt.status_code,
            "error": attempt.error,
            "due_at": None,
        }
        if attempt.error is None:
            return {**changes, "state": "delivered", "delivered_at": now}
        if delivery.attempts >= len(_GROWTH):
            logger.warning("webhook %d failed for good: %s", delivery.id, attempt.error)
            return {**changes, "state": "failed"}
        jitter = _CHANCE.uniform(1, 1 + _JITTER)
        return {**changes, "due_at": now + self._retry * (_GROWTH[delivery.attempts] * jitter)}

    async def _wait(self, subscription: Subscription) -> None:
        """Wait until a run ends, a delivery is due, or an attempt is over and may be due again."""
        wait_seconds = await self._seconds_until_due()
        with anyio.CancelScope() as self._waiting:
            if not self._is_settled:
                await _next_end(subscription, wait_seconds)

    async def _seconds_until_due(self) -> float:
        due = await deliveries.next_due(self._database)
        if due is None:
            return _IDLE_SECONDS
        return min(max((due - datetime.now(UTC)).total_seconds(), 0.01), _IDLE_SECONDS)


async def _next_end(subscription: Subscription, wait_seconds: float) -> None:
    """Wait until a run ends, but at most for `wait_seconds`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_seconds
    while (left := deadline - loop.time()) > 0:
        for event in await subscription.next(left):
            if isinstance(event, Reset):
                return
            if isinstance(event, StoredEvent) and event.kind == EventKind.RUN_FINISHED:
                return


async def organization_webhook(
    reader: Database, organization_id: int
) -> tuple[Webhook | None, bool]:
    """Return `(webhook, enabled)` of an organization; None if it has none."""
    row = await preferences.get(reader, organization_id, _ORGANIZATION)
    return (Webhook(row["url"], row["secret"]), row["enabled"]) if row else (None, False)


async def set_organization_webhook(
    database: Database,
    organization_id: int,
    webhook: Webhook,
    *,
    enabled: bool,
    keeps_secret: bool = False,
) -> None:
    """Report the ends of runs to `webhook`.

    Args:
        keeps_secret: keep the secret if the address stays the same.
    """
    async with database.begin() as transaction:
        before = await preferences.lock(transaction, organization_id, _ORGANIZATION)
        is_same = keeps_secret and before.get("url") == webhook.url
        secret = before["secret"] if is_same else webhook.secret
        await preferences.put(
            transaction,
            organization_id,
            _ORGANIZATION,
            {"url": webhook.url, "secret": secret, "enabled": enabled},
            holds_secrets=True,
        )


async def remove_organization_webhook(database: Database, organization_id: int) -> None:
    """Stop reporting the ends of runs; what is already planned is still sent."""
    async with database.begin() as transaction:
        await preferences.remove(transaction, organization_id, _ORGANIZATION)


def _of_run(run_id: int) -> str:
    return f"webhooks of run {run_id}"
