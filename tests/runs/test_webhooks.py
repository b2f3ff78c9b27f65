"""Webhooks go on being sent after the database was sick, and again when a receiver was."""

import asyncio
from datetime import timedelta
from functools import partial

import anyio
import pytest

from agent_runs.bus.memory import MemoryBus
from agent_runs.models import AgentRun
from agent_runs.outbound.webhooks import Attempt
from agent_runs.runs.webhooks import Deliveries
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import deliveries, events
from tests.dying import died, without_table
from tests.patience import PATIENCE_SECONDS
from tests.store_samples import new_run

pytestmark = pytest.mark.anyio


class Receiver:
    """Takes webhooks; it refuses the first ones at once, or takes them when it is let."""

    def __init__(self, *answers: Attempt | asyncio.Event) -> None:
        self.came: list[str] = []
        self.has_come = asyncio.Event()
        self._answers = list(answers)

    async def take(
        self, url: str, _body: bytes, _headers: dict[str, str], _secret: str | None
    ) -> Attempt:
        self.came.append(url)
        self.has_come.set()
        answer = self._answers.pop(0) if self._answers else Attempt(200, None)
        if isinstance(answer, Attempt):
            return answer
        await answer.wait()
        return Attempt(200, None)

    async def until(self, number: int) -> None:
        with anyio.fail_after(PATIENCE_SECONDS):
            while len(self.came) < number:
                self.has_come.clear()
                await self.has_come.wait()


def sending(database: Database, receiver: Receiver) -> tuple[MemoryBus, Deliveries]:
    bus = MemoryBus(partial(events.after, database), partial(events.bounds, database))
    database.on_events = bus.hint
    return bus, Deliveries(database, bus, receiver.take, timedelta(seconds=0.01))


async def planned(database: Database, run: AgentRun, url: str) -> None:
    """Let a webhook be due, as the end of a run does."""
    async with database.begin() as transaction:
        await deliveries.insert(
            transaction, run=run, url=url, secret=None, event="agent_run.finished"
        )
        transaction.outbox.add_event("run.finished", run.id, "{}")


async def test_webhooks_are_sent_after_the_database_was_sick(database: Database) -> None:
    receiver, run = Receiver(), await new_run(database)
    bus, sender = sending(database, receiver)
    async with bus, sender.living():
        await planned(database, run, "https://one.example")
        await receiver.until(1)
        async with without_table(database, "delivery"):
            async with database.begin() as transaction:
                transaction.outbox.add_event("run.finished", run.id, "{}")
            await died("webhooks")
        await planned(database, run, "https://two.example")
        await receiver.until(2)
    assert receiver.came == ["https://one.example", "https://two.example"]


async def test_a_webhook_that_was_refused_is_sent_again_when_it_is_due(database: Database) -> None:
    receiver, run = Receiver(Attempt(500, "It answered 500.")), await new_run(database)
    bus, sender = sending(database, receiver)
    async with bus, sender.living():
        await planned(database, run, "https://one.example")
        await receiver.until(2)
    assert receiver.came == ["https://one.example"] * 2


async def test_what_is_being_sent_ends_with_the_sender(database: Database) -> None:
    receiver, run = Receiver(asyncio.Event()), await new_run(database)
    bus, sender = sending(database, receiver)
    async with bus, sender.living():
        await planned(database, run, "https://silent.example")
        await receiver.until(1)
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert [name for name in names if name.startswith("webhook")] == []


async def test_a_webhook_whose_outcome_cannot_be_stored_is_told_in_the_log(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    gate = asyncio.Event()
    receiver, run = Receiver(gate), await new_run(database)
    bus, sender = sending(database, receiver)
    async with bus, sender.living():
        await planned(database, run, "https://one.example")
        await receiver.until(1)
        async with without_table(database, "delivery"):
            gate.set()
            await died("webhook", 1)
    assert "will not be restarted" in caplog.text
