"""A whole system in this process: real database, bus, executor and scripted agents."""

import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agent_runs.bus.memory import MemoryBus
from agent_runs.events import EventKind, StoredEvent
from agent_runs.executors.local import LocalExecutor
from agent_runs.models import AgentRun, AgentRunLog
from agent_runs.providers.acp.agents import BUILT_IN
from agent_runs.providers.acp.limits import AgentLimits
from agent_runs.providers.acp.provider import AcpProvider
from agent_runs.runs import Here, RunDefaults, Runs, TurnWork, load_templates
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events, logs, runs
from agent_runs.sync import Accounts, Upstream
from tests.patience import PATIENCE_SECONDS


@dataclass
class System:
    """One `Runs` with everything below it."""

    runs: Runs
    database: Database
    bus: MemoryBus

    async def until(self, run_id: int, fits: Callable[[AgentRun], bool]) -> AgentRun:
        """Wait, by its events, for the run to fit."""
        async with self.bus.subscribe(run_id=run_id) as subscription:
            while not fits(run := await runs.get(self.database, run_id)):
                await subscription.next(PATIENCE_SECONDS)
            return run

    async def finished(self, run_id: int) -> AgentRun:
        """Wait for the end of the run."""
        return await self.until(run_id, lambda run: run.finished_at is not None)

    async def logs(self, run_id: int) -> list[AgentRunLog]:
        """All entries of the run."""
        return await logs.read(self.database, run_id, after_seq=-1, limit=1000)

    async def kinds(self, run_id: int) -> list[str]:
        """Kinds of the run's events, in order."""
        stored: list[StoredEvent] = await events.after(self.database, 0, 1000, run_id=run_id)
        return [str(EventKind(event.kind)) for event in stored]


Hosted = Callable[[Database], Accounts]


@contextlib.asynccontextmanager
async def living(
    home: Path,
    url: str,
    *,
    worker: str = "one",
    concurrency: int = 4,
    redact: Callable[[str], str] = str,
    hosted: Hosted | None = None,
    alone: bool = True,
) -> AsyncGenerator[System]:
    """Build a system on the database and let it live.

    Args:
        hosted: makes its hosted accounts.
        alone: whether no other system is at work on the database.
    """
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(await Database.open(url, redact=redact))
        bus = MemoryBus(partial(events.after, database), partial(events.bounds, database))
        await stack.enter_async_context(bus)
        database.on_events = bus.hint
        provider = await stack.enter_async_context(
            AcpProvider(
                home,
                BUILT_IN,
                AgentLimits(grace_seconds=1.0),
                redact=redact,
                start_slots=2,
            )
        )
        executor = LocalExecutor(concurrency=concurrency)
        executor.use(
            TurnWork(database, bus, provider, worker=worker, permission_timeout_seconds=60)
        )
        await stack.enter_async_context(executor)
        here = Here(
            database, executor, provider, worker=worker, defaults=RunDefaults(), alone=alone
        )
        await stack.enter_async_context(here.living())
        accounts = hosted(database) if hosted else Accounts(database, worker=worker)
        await stack.enter_async_context(accounts.living())
        system = Runs(
            database,
            here,
            Upstream(database, accounts),
            templates=load_templates(None),
            redact=redact,
        )
        yield System(system, database, bus)
