"""A mirror in a database, and a follower of the twin that is quick to find out."""

import contextlib
import json
from collections.abc import AsyncGenerator, Callable

import anyio

from agent_runs.client.credentials import Credentials
from agent_runs.filters import RunFilter
from agent_runs.models import AgentRun, AgentRunLog
from agent_runs.providers.codegen.condition import Conditions
from agent_runs.providers.codegen.follower import Follower
from agent_runs.providers.codegen.governor import Governor, Limit, Limits
from agent_runs.providers.codegen.plan import FollowPlan, Intervals
from agent_runs.providers.codegen.upstream import connect
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, runs
from agent_runs.sync import StoreMirror
from tests.hosted_api import ORG, TOKEN, HostedApi
from tests.patience import PATIENCE_SECONDS

EAGER = Intervals(status=0.05, newcomers=0.05, idle=0.05, watched=0.05, unwatched=0.05, retry=0.05)
GENEROUS = Limits(Limit(10_000, 1.0), Limit(10_000, 1.0), Limit(10_000, 1.0), burst=10_000)


class Kept:
    """A mirror in a real database, and what a test wants to know of it.

    Attributes:
        runs: upstream's id → the run as it is stored.
        entries: upstream's id → its stored entries, in order.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.mirror = StoreMirror(database, ORG, on_conditions=self._tell)
        self.runs: dict[str, AgentRun] = {}
        self.entries: dict[str, list[AgentRunLog]] = {}
        self.changed = anyio.Event()
        database.on_events = self._wake

    def texts(self, run_id: int) -> list[object]:
        return [entry.observation for entry in self.entries.get(str(run_id), [])]

    @property
    def gone(self) -> set[str]:
        return {run for run, known in self.runs.items() if known.status_reason == "gone_upstream"}

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until it is so; what is stored tells of its changes, the rest is looked at."""
        with anyio.fail_after(PATIENCE_SECONDS):
            while True:
                await self.look()
                if true():
                    return
                with anyio.move_on_after(0.05):
                    await self.changed.wait()

    async def look(self) -> None:
        """Read all that is stored."""
        listed, _ = await runs.page(self.database, RunFilter(), skip=0, limit=100)
        for text in listed:
            run = await runs.get(self.database, json.loads(text)["id"])
            assert run.upstream_id
            assert self.runs.get(run.upstream_id, run).id == run.id
            self.runs[run.upstream_id] = run
            read = await logs.read(self.database, run.id, limit=1000)
            assert [entry.seq for entry in read] == list(range(len(read)))
            self.entries[run.upstream_id] = read

    async def _tell(self) -> None:
        self._wake()

    def _wake(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()


def texts_of(api: HostedApi, run_id: int) -> list[object]:
    """What upstream's log of a run says."""
    return [entry["observation"] for entry in api.logs[run_id]]


@contextlib.asynccontextmanager
async def following(
    url: str,
    kept: Kept,
    *,
    org_id: int = ORG,
    limits: Limits = GENEROUS,
    intervals: Intervals = EAGER,
    timeout_seconds: float = PATIENCE_SECONDS,
) -> AsyncGenerator[Follower]:
    """A follower at work, with the real client over real HTTP."""

    def pick(low: float, _: float) -> float:
        return low / 50  # what would be waited for seconds takes hundredths

    credentials = Credentials(url, TOKEN, org_id)
    client = connect(credentials, Governor(limits, pick=pick), timeout_seconds=timeout_seconds)
    follower = Follower(
        client, kept.mirror, plan=FollowPlan(intervals), conditions=Conditions(pick=pick)
    )
    async with client, anyio.create_task_group() as tasks:
        tasks.start_soon(follower.run)
        yield follower
        tasks.cancel_scope.cancel()
