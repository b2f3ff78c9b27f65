"""A server of this project as the upstream: a run is created there, followed and read whole."""

from pathlib import Path

import pytest

from agent_runs.client.credentials import Credentials
from agent_runs.providers.codegen.creation import Creation, CreationState, advance
from agent_runs.providers.codegen.entries import fingerprint
from agent_runs.providers.codegen.governor import Governor
from agent_runs.providers.codegen.upstream import connect
from agent_runs.store.engine.database import Database
from tests.live_server import start_server
from tests.providers.codegen.kept import GENEROUS, Kept, following

pytestmark = pytest.mark.anyio


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


async def test_a_run_of_another_instance_is_created_followed_and_read_whole(
    tmp_path: Path, kept: Kept
) -> None:
    async def save(_: Creation) -> None:
        pass

    with start_server(tmp_path / "upstream") as server:
        credentials = Credentials(server.url, None, 1)
        async with connect(credentials, Governor(GENEROUS)) as client:
            created = await advance(
                client,
                Creation("chained", "Say hello to the one that follows you"),
                save=save,
                now=lambda: 0.0,
                knew=lambda _: False,
            )
            assert created.run
            run = str(created.run.id)
            again = Creation("chained", "", state=CreationState.SENDING, sent_at=0.0)
            step = await advance(client, again, save=save, now=lambda: 0.0, knew=lambda _: False)
            assert step.run
            assert step.run.id == created.run.id
            async with following(server.url, kept, org_id=1) as follower:
                follower.watch({run})
                follower.follow(run)
                await kept.until(lambda: run in kept.runs and run not in follower.plan.followed)
                assert follower.conditions.all == []
            upstream = [entry async for entry in client.iter_agent_run_logs(run)]
        assert kept.runs[run].status == "COMPLETE"
        assert len(upstream) > 1
        assert [fingerprint(entry) for entry in kept.entries[run]] == [
            fingerprint(entry) for entry in upstream
        ]
