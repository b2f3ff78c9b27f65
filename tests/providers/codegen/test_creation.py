"""A run is created upstream exactly once, whatever happens on the way."""

import itertools
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import Self

import pytest

from agent_runs import errors
from agent_runs.client.asynchronous.client import AsyncCodegenClient
from agent_runs.client.credentials import Credentials
from agent_runs.providers.codegen.creation import (
    KEY,
    SETTLE_SECONDS,
    Creation,
    CreationState,
    advance,
    key_of,
)
from agent_runs.providers.codegen.governor import Governor
from agent_runs.providers.codegen.upstream import connect
from tests.hosted_api import ORG, TOKEN, Fault, HostedApi, serve_twin
from tests.hosted_api_faults import HTML
from tests.patience import PATIENCE_SECONDS
from tests.providers.codegen.kept import GENEROUS

pytestmark = pytest.mark.anyio
ENDED = {CreationState.CREATED, CreationState.REFUSED}


class Killed(Exception):
    """Stands for the end of our process."""


class Desk:
    """What creates: a client, what was saved, a clock, and where it is killed."""

    def __init__(self, url: str, kill_at: int = 0) -> None:
        governor = Governor(GENEROUS, pick=lambda low, _: low / 50)
        self.connect = partial(connect, Credentials(url, TOKEN, ORG), governor)
        self.client = self.connect(timeout_seconds=PATIENCE_SECONDS)
        self.saved = Creation("key-1", "Once", {"metadata": {"team": "a"}})
        self.time = 1_000.0
        self.knew: set[int] = set()
        self.kills = itertools.count(1)
        self.kill_at = kill_at

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()

    def step(self) -> None:
        if next(self.kills) == self.kill_at:
            raise Killed

    async def save(self, creation: Creation) -> None:
        self.step()
        self.saved = creation
        self.step()

    async def advance(self) -> Creation:
        return await self._advance(self.client)

    async def lose_an_answer(self, fault: Fault) -> Creation:
        """Take a step that meets the fault, and wait for its answer as long as it is worth."""
        async with self.connect(timeout_seconds=fault.worth_waiting) as client:
            return await self._advance(client)

    async def _advance(self, client: AsyncCodegenClient) -> Creation:
        return await advance(
            client,
            self.saved,
            save=self.save,
            now=lambda: self.time,
            knew=lambda run: run.id in self.knew,
        )

    async def to_the_end(self) -> Creation:
        """Go on, started anew after a kill, while time passes."""
        for _ in range(10):
            try:
                if (await self.advance()).state in ENDED:
                    return self.saved
            except Killed:
                pass
            self.time += SETTLE_SECONDS
        raise AssertionError(self.saved)


@pytest.fixture
def api() -> Generator[HostedApi]:
    with serve_twin() as twin:
        yield twin


async def test_a_created_run_carries_our_key_beside_the_caller_s_metadata(api: HostedApi) -> None:
    async with Desk(api.url) as desk:
        created = await desk.to_the_end()
    assert created.run
    assert api.runs[created.run.id]["metadata"] == {"team": "a", KEY: "key-1"}
    assert key_of(created.run) == "key-1"


FAULTS = [
    Fault(hang=True),
    Fault(reset=True),
    Fault(drop=True),
    Fault(500),
    Fault(502, text=HTML),
    Fault(503),
    Fault(text=""),
    Fault(text='{"id"'),
    Fault(text=HTML),
]
NAMES = ["silence", "reset", "cut off", "500", "HTML 502", "503", "empty", "truncated", "HTML"]


@pytest.mark.parametrize("taken", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
async def test_a_lost_answer_makes_no_second_run(api: HostedApi, fault: Fault, taken: bool) -> None:
    api.faults[:] = [replace(fault, taken=taken)]
    async with Desk(api.url) as desk:
        lost = await desk.lose_an_answer(fault)
        assert lost.state == CreationState.UNKNOWN
        assert lost.error
        api.wait_for(lambda: len(api.runs) == taken)
        looked = await desk.advance()
        assert looked.state == (CreationState.CREATED if taken else CreationState.UNKNOWN)
        created = await desk.to_the_end()
    assert created.run
    assert list(api.runs) == [created.run.id]
    assert len(api.bodies) == 1


@pytest.mark.parametrize(
    ("fault", "state", "cause"),
    [
        (Fault(401), CreationState.WAITING, errors.Unauthorized),
        (Fault(402), CreationState.WAITING, errors.PaymentRequired),
        (Fault(403), CreationState.WAITING, errors.Forbidden),
        (Fault(429, headers={"retry-after": "0.1"}), CreationState.WAITING, errors.RateLimited),
        (Fault(404), CreationState.REFUSED, errors.NotFound),
        (Fault(409), CreationState.REFUSED, errors.Conflict),
        (Fault(422), CreationState.REFUSED, errors.InvalidRequest),
    ],
    ids=["401", "402", "403", "429", "404", "409", "422"],
)
async def test_a_refusal_waits_or_ends_it_and_makes_no_run(
    api: HostedApi, fault: Fault, state: CreationState, cause: type[errors.AgentRunsError]
) -> None:
    api.faults = [fault]
    async with Desk(api.url) as desk:
        refused = await desk.advance()
        assert (refused.state, type(refused.cause), refused.error) == (state, cause, "on demand")
        assert api.runs == {}
        assert (await desk.to_the_end()).state in ENDED
    assert len(api.runs) == (state == CreationState.WAITING)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "http://nowhere.invalid"])
async def test_without_a_connection_it_waits(address: str) -> None:
    async with Desk(address) as desk:
        waiting = await desk.advance()
    assert (waiting.state, type(waiting.cause)) == (CreationState.WAITING, errors.ServerUnreachable)


@pytest.mark.parametrize("kill_at", range(1, 7))
@pytest.mark.parametrize("fault", [None, Fault(502, taken=True), Fault(reset=True)])
async def test_an_end_between_any_two_steps_makes_no_second_run_and_loses_none(
    api: HostedApi, fault: Fault | None, kill_at: int
) -> None:
    api.faults[:] = [replace(fault)] if fault else []
    async with Desk(api.url, kill_at) as desk:
        created = await desk.to_the_end()
    assert created.state == CreationState.CREATED
    assert len(api.runs) == 1


async def test_it_is_not_sent_again_before_a_request_under_way_must_have_arrived(
    api: HostedApi,
) -> None:
    silence = Fault(hang=True)
    api.faults = [silence]
    async with Desk(api.url) as desk:
        await desk.lose_an_answer(silence)
        desk.time += SETTLE_SECONDS - 1
        assert (await desk.advance()).state == CreationState.UNKNOWN
        late = api.add_run(metadata={KEY: "key-1"})  # upstream took its time
        assert (await desk.advance()).run == await desk.client.get_agent_run(late)
    assert len(api.runs) == 1


async def test_upstream_that_tells_no_metadata_leaves_the_decision_to_a_person(
    api: HostedApi,
) -> None:
    async with Desk(api.url) as desk:
        desk.knew = {api.add_run("COMPLETE")}
        api.faults = [Fault(reset=True, taken=True)]
        await desk.advance()
        made = max(api.runs)
        api.runs[made]["metadata"] = None
        unknown = desk.saved
        for _ in range(3):
            desk.time += SETTLE_SECONDS
            unknown = await desk.advance()
    assert unknown.state == CreationState.UNKNOWN
    assert unknown.error
    assert str(made) in unknown.error
    assert len(api.bodies) == 1


async def test_upstream_that_tells_metadata_of_others_is_believed(api: HostedApi) -> None:
    async with Desk(api.url) as desk:
        api.add_run(metadata={KEY: "another"})
        api.add_run()  # somebody else's
        desk.saved = replace(desk.saved, state=CreationState.SENDING, sent_at=0.0)
        created = await desk.to_the_end()
    assert created.state == CreationState.CREATED
    assert len(api.runs) == 3


async def test_a_run_far_down_the_list_is_found_behind_many_newcomers(api: HostedApi) -> None:
    old = [api.add_run("COMPLETE") for _ in range(150)]
    mine = api.add_run(metadata={KEY: "key-1"})
    for _ in range(230):
        api.add_run(source_type="SLACK")
    async with Desk(api.url) as desk:
        desk.knew = set(old)
        desk.saved = replace(desk.saved, state=CreationState.SENDING, sent_at=desk.time)
        step = await desk.advance()
    assert step.run
    assert step.run.id == mine
    assert len(api.requests) == 3


async def test_an_upstream_that_is_away_while_it_is_looked_for_changes_nothing(
    api: HostedApi,
) -> None:
    api.faults = [Fault(reset=True, taken=True)]
    async with Desk(api.url) as desk:
        await desk.advance()
        api.faults = [Fault(503), Fault(text=HTML)]
        for _ in range(2):
            desk.time += SETTLE_SECONDS
            assert (await desk.advance()).state == CreationState.UNKNOWN
        assert (await desk.advance()).state == CreationState.CREATED
    assert len(api.runs) == 1
