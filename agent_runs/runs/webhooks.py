"""Webhooks that tell of a run's end: planned with it, sent afterwards until they are taken.

What is to be sent is written in the transaction that ends the run, so no end is forgotten; it
is sent by whichever process finds it due. A webhook of the run itself takes the place of the
organization's. A muted run sends none.
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
from agent_runs.store.runs.deliveries import DeliveryChanges, Taken
from agent_runs.tasks import Restart, end, living, watched

logger = logging.getLogger(__name__)

FINISHED = "agent_run.finished"
TEST = "agent_run.test"
LEASE = timedelta(seconds=60)
_GROWTH = (1, 6, 30, 90, 180, 216)
"""How many times the first wait to wait after each failed attempt; then it is given up."""
_AT_ONCE = 10
_KEPT = 10_000
_IDLE_SECONDS = 30.0
_ORGANIZATION = "webhook"
_DAMPED = 0.2
# Chance of its own: the state of the module's one belongs to whoever seeds it.
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
    """Let the run have webhooks of its own; an empty tuple means none at all, None the usual."""
    if webhooks is None:
        return
    kept: list[JSON] = [{"url": each.url, "secret": each.secret} for each in webhooks]
    await preferences.put(
        transaction,
        run.organization_id,
        _of_run(run.id),
        {"webhooks": kept},
        holds_secrets=True,
    )


async def plan(transaction: Transaction, run: AgentRun) -> None:
    """Write down what is to be sent about a run that has just ended."""
    if run.muted:
        return
    own = await preferences.get(transaction, run.organization_id, _of_run(run.id))
    if own:
        wanted = [Webhook(each["url"], each["secret"]) for each in own["webhooks"]]
    else:
        # Runs that were created here and work at a hosted account are this server's, too.
        usual = await preferences.get(transaction, LOCAL_ORGANIZATION, _ORGANIZATION)
        wanted = [Webhook(usual["url"], usual["secret"])] if usual.get("enabled") else []
    if not wanted:
        return
    # The run at hand has a cut result, as lists show it.
    told = run.model_copy(update={"result": (await runs.get(transaction, run.id)).result})
    for webhook in wanted:
        await deliveries.insert(
            transaction, run=told, url=webhook.url, secret=webhook.secret, event=FINISHED
        )


def message(event: str, delivery_id: int, created_at: datetime, run: JSON) -> bytes:
    """Return the body of a webhook."""
    return orjson.dumps(
        {"event": event, "delivery_id": delivery_id, "created_at": created_at, "agent_run": run},
        option=orjson.OPT_UTC_Z,
    )


def headers(event: str, delivery_id: int) -> dict[str, str]:
    """Return the headers of a webhook but for its signature."""
    return {"X-Agent-Runs-Event": event, "X-Agent-Runs-Delivery": str(delivery_id)}


class Deliveries:
    """Sends what is due as long as it lives.

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
        """Begin to send what is due, side by side: a slow receiver holds up no other."""
        self._is_settled = False
        due = await deliveries.next_due(self._database)
        if due is None or due > datetime.now(UTC):
            return False
        if len(self._sending) >= _AT_ONCE:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
        room = _AT_ONCE - len(self._sending)
        async with self._database.begin() as transaction:
            taken = await deliveries.take(transaction, datetime.now(UTC), LEASE, limit=room)
        for each in taken:
            # One whose outcome cannot be stored stays due: it is sent again after its lease.
            name = f"webhook-{each.delivery.id}"
            task = asyncio.create_task(watched(name, partial(self._send_one, each)), name=name)
            self._sending.add(task)
            task.add_done_callback(self._forget)
        return bool(taken)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._is_settled = True
        self._waiting.cancel()

    async def _send_one(self, taken: Taken) -> None:
        told = taken.delivery
        body = message(told.event, told.id, told.created_at, orjson.loads(taken.run))
        result = await self._send(told.url, body, headers(told.event, told.id), taken.secret)
        async with self._database.begin() as transaction:
            await deliveries.change(transaction, told, **self._outcome(told, result))
            await deliveries.prune(transaction, _KEPT)

    def _outcome(self, told: Delivery, result: Attempt) -> DeliveryChanges:
        now = datetime.now(UTC)
        seen: DeliveryChanges = {
            "attempts": told.attempts + 1,
            "status_code": result.status_code,
            "error": result.error,
            "due_at": None,
        }
        if result.error is None:
            return {**seen, "state": "delivered", "delivered_at": now}
        if told.attempts >= len(_GROWTH):
            logger.warning("webhook %d is given up: %s", told.id, result.error)
            return {**seen, "state": "failed"}
        jitter = _CHANCE.uniform(1, 1 + _DAMPED)
        return {**seen, "due_at": now + self._retry * (_GROWTH[told.attempts] * jitter)}

    async def _wait(self, subscription: Subscription) -> None:
        """Wait until a run ends, a delivery is due, or one that was sent may have to be again."""
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
    """Wait until a run ends, or so long."""
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
    """Return `(webhook, enabled)` of an organization; None when it has none."""
    kept = await preferences.get(reader, organization_id, _ORGANIZATION)
    return (Webhook(kept["url"], kept["secret"]), kept["enabled"]) if kept else (None, False)


async def set_organization_webhook(
    database: Database,
    organization_id: int,
    webhook: Webhook,
    *,
    enabled: bool,
    keeps_secret: bool = False,
) -> None:
    """Let ends of runs be told to `webhook`.

    Args:
        keeps_secret: the secret stays what it was, for the same address only.
    """
    async with database.begin() as transaction:
        kept = await preferences.lock(transaction, organization_id, _ORGANIZATION)
        is_same = keeps_secret and kept.get("url") == webhook.url
        secret = kept["secret"] if is_same else webhook.secret
        await preferences.put(
            transaction,
            organization_id,
            _ORGANIZATION,
            {"url": webhook.url, "secret": secret, "enabled": enabled},
            holds_secrets=True,
        )


async def remove_organization_webhook(database: Database, organization_id: int) -> None:
    """Tell ends of runs to nobody any more; what is planned is still sent."""
    async with database.begin() as transaction:
        await preferences.remove(transaction, organization_id, _ORGANIZATION)


def _of_run(run_id: int) -> str:
    return f"webhooks of run {run_id}"
