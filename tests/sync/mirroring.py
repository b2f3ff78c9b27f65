"""A living system with hosted accounts that are twins, quick to find out."""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import anyio

from agent_runs.filters import RunFilter
from agent_runs.models import AgentRun, AgentRunLog, Repo
from agent_runs.providers.codegen.condition import Condition
from agent_runs.providers.codegen.governor import Limits
from agent_runs.providers.codegen.plan import Intervals
from agent_runs.runs import NewRun
from agent_runs.store.engine.database import Database
from agent_runs.store.organization import repos
from agent_runs.store.runs import logs, runs
from agent_runs.sync import Account, Accounts, FollowingState
from tests.hosted_api import ORG, TOKEN, HostedApi
from tests.living_system import System, living
from tests.patience import PATIENCE_SECONDS
from tests.providers.codegen.kept import EAGER, GENEROUS

T = TypeVar("T")


@dataclass(frozen=True)
class Mirroring:
    """A system at work, and what a test wants to know of it."""

    system: System
    accounts: Accounts

    @property
    def database(self) -> Database:
        return self.system.database

    async def until(self, true: Callable[[list[AgentRun]], bool]) -> list[AgentRun]:
        """Wait until it is so of all runs, newest first; returns them."""
        return await self._until(self.all_runs, true)

    async def until_repos(self, number: int) -> list[Repo]:
        """Wait until so many repositories are known; returns them."""

        async def look() -> list[Repo]:
            return (await repos.page(self.database, skip=0, limit=100))[0]

        return await self._until(look, lambda found: len(found) >= number)

    async def until_troubles(self) -> list[tuple[str, Condition]]:
        """Wait until an account is in trouble whose organizations are not known."""

        async def look() -> list[tuple[str, Condition]]:
            return self.accounts.troubles

        return await self._until(look, bool)

    async def until_state(self, true: Callable[[FollowingState], bool]) -> FollowingState:
        """Wait until it is so of the first organization; returns its state."""
        states = await self._until(
            self.accounts.states, lambda states: bool(states) and true(states[0])
        )
        return states[0]

    async def _until(self, look: Callable[[], Awaitable[T]], true: Callable[[T], bool]) -> T:
        """Look again with each event, and now and then: not all that is waited for is an event."""
        with anyio.fail_after(PATIENCE_SECONDS):
            async with self.system.bus.subscribe() as subscription:
                while not true(value := await look()):
                    await subscription.next(0.05)
        return value

    async def all_runs(self) -> list[AgentRun]:
        texts: list[str] = []
        while True:
            page, total = await runs.page(self.database, RunFilter(), skip=len(texts), limit=100)
            texts += page
            if len(texts) >= total:
                return [AgentRun.model_validate_json(text) for text in texts]

    async def entries(self, run: AgentRun | int) -> list[AgentRunLog]:
        run_id = run if isinstance(run, int) else run.id
        return await logs.read(self.database, run_id, limit=1000)

    async def create(self, prompt: str, **fields: Any) -> AgentRun:
        return await self.system.runs.create(NewRun(prompt, **fields))


def account(api: HostedApi, **fields: Any) -> Account:
    defaults: dict[str, Any] = {"org_id": ORG}
    return Account(api.url, TOKEN, **defaults | fields)


@contextlib.asynccontextmanager
async def mirroring(
    home: Path,
    url: str,
    *used: Account,
    limits: Limits = GENEROUS,
    intervals: Intervals = EAGER,
    worker: str = "one",
    alone: bool = True,
) -> AsyncGenerator[Mirroring]:
    """A system that mirrors these accounts."""
    made: list[Accounts] = []

    def hosted(database: Database) -> Accounts:
        made.append(
            Accounts(
                database,
                worker=worker,
                limits=limits,
                intervals=intervals,
                timeout_seconds=PATIENCE_SECONDS,
            )
        )
        return made[0]

    async with living(home, url, hosted=hosted, worker=worker, alone=alone) as system:
        made[0].use(used)
        yield Mirroring(system, made[0])


def add_history(api: HostedApi, number: int) -> list[int]:
    """Let runs have ended there, with two entries each; returns upstream's ids."""
    made: list[int] = []
    for at in range(number):
        made.append(api.add_run("COMPLETE", result=f"result {at}"))
        api.add_log(made[-1], observation=f"entry of {at}")
        api.add_log(made[-1], "FINAL_ANSWER", observation=f"result {at}")
    return made


def creates(api: HostedApi) -> int:
    """How many requests for a new run there were."""
    return sum(each.startswith("POST") and each.endswith("/agent/run") for each in api.requests)
