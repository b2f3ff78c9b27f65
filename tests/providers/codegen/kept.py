"""A mirror in memory, and a follower of the twin that is quick to find out."""

import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace

import anyio

from agent_runs.client.credentials import Credentials
from agent_runs.models import AgentRun, AgentRunLog
from agent_runs.providers.codegen.condition import Conditions
from agent_runs.providers.codegen.entries import News, Position, fingerprint
from agent_runs.providers.codegen.follower import Follower
from agent_runs.providers.codegen.governor import Governor, Limit, Limits
from agent_runs.providers.codegen.plan import FollowPlan, Intervals
from agent_runs.providers.codegen.upstream import connect
from tests.hosted_api import ORG, TOKEN, HostedApi

PATIENCE_SECONDS = 20
EAGER = Intervals(status=0.02, newcomers=0.02, idle=0.02, watched=0.02, unwatched=0.02)
GENEROUS = Limits(Limit(10_000, 1.0), Limit(10_000, 1.0), Limit(10_000, 1.0), burst=10_000)


class Kept:
    """What was mirrored, in order, with nothing taken away."""

    def __init__(self) -> None:
        self.runs: dict[str, AgentRun] = {}
        self.entries: dict[str, list[AgentRunLog]] = {}
        self.positions: dict[str, Position] = {}
        self.gone: set[str] = set()
        self.changed = anyio.Event()

    async def take_runs(self, runs: Sequence[AgentRun]) -> None:
        for run in runs:
            self.runs[str(run.id)] = run
        assert len({run.id for run in runs}) == len(runs)
        self._tell()

    async def position(self, run: str) -> Position:
        return self.positions.get(run, Position())

    async def fingerprints(self, run: str) -> Sequence[str]:
        return [fingerprint(entry) for entry in self.entries.get(run, [])]

    async def take_news(self, run: str, new: News) -> None:
        entries = self.entries.setdefault(run, [])
        if new.completed:
            entries[-1] = new.completed
        entries += new.entries
        self.positions[run] = new.position
        self._tell()

    async def run_is_gone(self, run: str) -> None:
        self.gone.add(run)
        self._tell()

    async def conditions_changed(self) -> None:
        self._tell()

    def texts(self, run_id: int) -> list[object]:
        return [entry.observation for entry in self.entries.get(str(run_id), [])]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until it is so; what is kept tells of its changes, the rest is looked at."""
        with anyio.fail_after(PATIENCE_SECONDS):
            while not true():
                with anyio.move_on_after(0.05):
                    await self.changed.wait()

    def _tell(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()


def texts_of(api: HostedApi, run_id: int) -> list[object]:
    """What upstream's log of a run says."""
    return [entry["observation"] for entry in api.logs[run_id]]


@contextlib.asynccontextmanager
async def following(
    url: str, kept: Kept, *, org_id: int = ORG, timeout_seconds: float = 0.4
) -> AsyncGenerator[Follower]:
    """A follower at work, with the real client over real HTTP."""

    def pick(low: float, _: float) -> float:
        return low / 50  # what would be waited for seconds takes hundredths

    credentials = Credentials(url, TOKEN, org_id)
    client = connect(credentials, Governor(GENEROUS, pick=pick), timeout_seconds=timeout_seconds)
    follower = Follower(
        client, kept, plan=FollowPlan(replace(EAGER)), conditions=Conditions(pick=pick)
    )
    async with client, anyio.create_task_group() as tasks:
        tasks.start_soon(follower.run)
        yield follower
        tasks.cancel_scope.cancel()
