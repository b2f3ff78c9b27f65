"""Whatever goes wrong upstream, the state says so, and afterwards nothing is lost or doubled."""

import socket
import time
from collections.abc import Generator
from dataclasses import dataclass, replace

import httpx
import pytest

from agent_runs.providers.codegen.budget import Limit
from agent_runs.providers.codegen.budget import Limits as GovernorLimits
from agent_runs.providers.codegen.condition import Trouble
from agent_runs.providers.codegen.follower import Follower
from agent_runs.store.engine.database import Database
from tests.hosted_api import Fault, HostedApi, serve_twin
from tests.hosted_api_faults import HTML
from tests.hosted_api_limits import Limits
from tests.providers.codegen.kept import EAGER, Kept, following, texts_of

pytestmark = pytest.mark.anyio
HTML_TYPE = {"content-type": "text/html"}


@dataclass(frozen=True)
class Case:
    """A fault of all requests, what it is to a person, and what the message says."""

    name: str
    fault: Fault
    trouble: Trouble
    says: str


CASES = [
    Case("no answer", Fault(hang=True), Trouble.OFFLINE, "did not answer within"),
    Case("drip", Fault(drip_seconds=0.02), Trouble.OFFLINE, "did not answer within"),
    Case("cut off", Fault(drop=True), Trouble.OFFLINE, "broke before the answer"),
    Case("reset", Fault(reset=True), Trouble.OFFLINE, "broke before the answer"),
    Case("500", Fault(500), Trouble.OFFLINE, "on demand"),
    Case("502", Fault(502), Trouble.OFFLINE, "on demand"),
    Case("503", Fault(503), Trouble.OFFLINE, "on demand"),
    Case("HTML 502", Fault(502, text=HTML, headers=HTML_TYPE), Trouble.OFFLINE, "answered 502"),
    Case("HTML", Fault(200, text=HTML, headers=HTML_TYPE), Trouble.SHAPE_CHANGED, "text/html"),
    Case("truncated", Fault(text='{"items": [{"id"'), Trouble.SHAPE_CHANGED, "not a server"),
    Case("no JSON", Fault(text="?"), Trouble.SHAPE_CHANGED, "is not a server of this API"),
    Case(
        "other JSON",
        Fault(text='{"items": [7]}', only="/agent/runs"),
        Trouble.SHAPE_CHANGED,
        "object was expected",
    ),
    Case("401", Fault(401), Trouble.TOKEN_REFUSED, "on demand"),
    Case("402", Fault(402), Trouble.ALLOTMENT_USED_UP, "on demand"),
    Case("403", Fault(403), Trouble.ORGANIZATION_REFUSED, "on demand"),
    Case("404", Fault(404, only="/agent/runs"), Trouble.SHAPE_CHANGED, "on demand"),
    Case("409", Fault(409), Trouble.SHAPE_CHANGED, "on demand"),
    Case("422", Fault(422), Trouble.SHAPE_CHANGED, "on demand"),
    Case("429", Fault(429), Trouble.LIMITED, "on demand"),
    Case("429 until", Fault(429, headers={"retry-after": "0.1"}), Trouble.LIMITED, "on demand"),
]


@pytest.fixture
def api() -> Generator[HostedApi]:
    with serve_twin() as twin:
        yield twin


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


def add_runs(api: HostedApi) -> tuple[int, int]:
    """A run that works and one that has ended, with entries; their ids."""
    works, ended = api.add_run(), api.add_run("COMPLETE")
    for number in range(3):
        api.add_log(works, observation=f"works {number}")
        api.add_log(ended, observation=f"ended {number}")
    return works, ended


def is_whole(kept: Kept, api: HostedApi) -> bool:
    """Whether all is here as it is upstream, each entry once and in order."""
    return all(
        kept.runs.get(str(run_id)) is not None
        and kept.runs[str(run_id)].status == run["status"]
        and kept.texts(run_id) == texts_of(api, run_id)
        for run_id, run in api.runs.items()
    )


async def start(api: HostedApi, follower: Follower, kept: Kept) -> tuple[int, int]:
    works, ended = add_runs(api)
    for run_id in (works, ended):
        follower.follow(str(run_id))
    follower.watch({str(works)})
    await kept.until(lambda: is_whole(kept, api))
    return works, ended


@pytest.mark.soak
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_trouble_is_told_and_healed_without_loss(
    api: HostedApi, case: Case, kept: Kept
) -> None:
    async with following(api.url, kept, timeout_seconds=case.fault.worth_waiting) as follower:
        works, _ = await start(api, follower, kept)
        before = {run: list(entries) for run, entries in kept.entries.items()}
        api.faults[:] = [replace(case.fault, times=None)]
        await kept.until(lambda: case.trouble in {each.trouble for each in follower.conditions.all})
        condition = next(c for c in follower.conditions.all if c.trouble == case.trouble)
        assert case.says in condition.message
        assert condition.next_try >= condition.since
        assert {run: entries[: len(before[run])] for run, entries in kept.entries.items()} == before
        api.add_log(works, observation="meanwhile")
        api.runs[works]["status"] = "COMPLETE"
        came = api.add_run()
        api.add_log(came, observation="a run that came meanwhile")
        api.faults = []
        await kept.until(lambda: is_whole(kept, api))
        await kept.until(
            lambda: case.trouble == Trouble.ALLOTMENT_USED_UP or not follower.conditions.all
        )
        assert is_whole(kept, api)


async def test_an_upstream_that_goes_away_and_comes_back_is_caught_up_with(kept: Kept) -> None:
    api = HostedApi()
    with serve_twin(api):
        port = httpx.URL(api.url).port or 0
        async with following(api.url, kept) as follower:
            works, _ = await start(api, follower, kept)
    async with following(api.url, kept) as follower:
        follower.follow(str(works))
        await kept.until(lambda: bool(follower.conditions.all))
        assert follower.conditions.all[0].trouble == Trouble.OFFLINE
        assert "No server answers" in follower.conditions.all[0].message
        api.add_log(works, observation="while nobody was there")
        with serve_twin(api, port):
            await kept.until(lambda: is_whole(kept, api) and not follower.conditions.all)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("http://nowhere.invalid", "The host name was not found"),
        ("https", "There is no secure connection"),
    ],
    ids=["unknown name", "no TLS"],
)
async def test_an_address_that_leads_nowhere_is_told(
    api: HostedApi, address: str, says: str, kept: Kept
) -> None:
    url = api.url.replace("http:", "https:") if address == "https" else address
    async with following(url, kept) as follower:
        await kept.until(lambda: bool(follower.conditions.all))
        assert follower.conditions.all[0].trouble == Trouble.OFFLINE
        assert says in follower.conditions.all[0].message
    assert api.requests == []


@pytest.mark.parametrize(
    "fault",
    [Fault(500), Fault(text="?"), Fault(404), Fault(422), Fault(body={"logs": "none"}, status=200)],
    ids=["500", "no JSON", "404", "422", "other shape"],
)
async def test_one_run_that_cannot_be_read_is_named_and_stops_no_other(
    api: HostedApi, fault: Fault, kept: Kept
) -> None:
    async with following(api.url, kept) as follower:
        works, _ = await start(api, follower, kept)
        other = api.add_run()
        api.faults[:] = [replace(fault, times=None, only=f"/run/{works}/logs")]
        api.add_log(works, observation="cannot be read now")
        api.add_log(other, observation="can be read")
        await kept.until(lambda: str(works) in {each.run for each in follower.conditions.all})
        await kept.until(lambda: kept.texts(other) == ["can be read"])
        assert {each.run for each in follower.conditions.all} == {str(works)}
        assert len(kept.texts(works)) == 3
        api.faults = []
        await follower.read_now(str(works))
        await kept.look()
        assert is_whole(kept, api)
        assert follower.conditions.all == []


async def test_an_empty_page_takes_nothing_away(api: HostedApi, kept: Kept) -> None:
    async with following(api.url, kept) as follower:
        works, _ = await start(api, follower, kept)
        empty = Fault(change=lambda page: page | {"items": [], "total": 0}, only="/agent/runs")
        api.faults[:] = [replace(empty, times=5)]
        await kept.until(lambda: api.faults == [])
        api.add_log(works, observation="after it")
        await kept.until(lambda: is_whole(kept, api))
    assert kept.gone == set()


async def test_a_page_that_shrinks_and_duplicates_take_nothing_away_and_add_nothing(
    api: HostedApi, kept: Kept
) -> None:
    async with following(api.url, kept) as follower:
        works, _ = await start(api, follower, kept)
        shrink = Fault(change=lambda page: page | {"items": page["items"][:1]}, only="/agent/runs")
        twice = Fault(change=lambda page: page | {"items": page["items"] * 2}, only="/agent/runs")
        api.faults[:] = [replace(shrink, times=3), replace(twice, times=3)]
        await kept.until(lambda: api.faults == [])
        api.runs[works]["status"] = "COMPLETE"
        await kept.until(lambda: is_whole(kept, api))
    assert len(kept.runs) == 2
    assert kept.gone == set()


async def test_a_run_that_vanishes_is_marked_and_keeps_what_is_here(
    api: HostedApi, kept: Kept
) -> None:
    async with following(api.url, kept) as follower:
        works, _ = await start(api, follower, kept)
        entries = list(kept.entries[str(works)])
        del api.runs[works]
        await kept.until(lambda: kept.gone == {str(works)})
        assert kept.entries[str(works)] == entries
        # Stored first, and only then forgotten.
        await kept.until(lambda: str(works) not in follower.plan.followed)
        assert follower.conditions.all == []


async def test_logs_that_shrink_for_a_while_lose_and_double_nothing(
    api: HostedApi, kept: Kept
) -> None:
    async with following(api.url, kept) as follower:
        works, _ = await start(api, follower, kept)
        whole = list(api.logs[works])
        for shown in (whole[:1], [], whole[:2]):
            api.logs[works] = shown
            seen = len(api.requests)
            await kept.until(lambda seen=seen: logs_read(api, works, seen) > 2)
            assert kept.texts(works) == [f"works {number}" for number in range(3)]
        api.logs[works] = whole
        api.add_log(works, observation="after it")
        await kept.until(lambda: kept.texts(works)[-1] == "after it")
        assert is_whole(kept, api)


async def test_a_log_that_is_rewritten_brings_what_is_new_and_keeps_what_was(
    api: HostedApi, kept: Kept
) -> None:
    async with following(api.url, kept) as follower:
        works, _ = await start(api, follower, kept)
        # The first entry was taken out, the second is another one, two were added.
        api.logs[works] = api.logs[works][1:]
        api.logs[works][0] = api.logs[works][0] | {"observation": "rewritten"}
        api.add_log(works, observation="after it")
        api.add_log(works, observation="and more")
        await kept.until(lambda: kept.texts(works)[-1:] == ["and more"])
        api.add_log(works, observation="goes on")
        await kept.until(lambda: kept.texts(works)[-1:] == ["goes on"])
    assert kept.texts(works) == [
        "works 0",
        "works 1",
        "works 2",
        "rewritten",
        "after it",
        "and more",
        "goes on",
    ]


async def test_an_entry_that_is_completed_later_is_completed_here(
    api: HostedApi, kept: Kept
) -> None:
    async with following(api.url, kept) as follower:
        works, _ = await start(api, follower, kept)
        api.add_log(works, tool_name="bash", observation=None)
        await kept.until(lambda: len(kept.texts(works)) == 4)
        api.logs[works][-1]["observation"] = "its outcome"
        await kept.until(lambda: kept.texts(works)[-1] == "its outcome")
        api.add_log(works, observation="next")
        await kept.until(lambda: kept.texts(works)[-1] == "next")
        assert is_whole(kept, api)


@pytest.mark.parametrize("skew", [-86_400.0, 86_400.0])
async def test_clocks_that_differ_change_nothing(api: HostedApi, skew: float, kept: Kept) -> None:
    async with following(api.url, kept) as follower:
        works, _ = await start(api, follower, kept)
        api.clock.skew_seconds = skew
        api.add_log(works, observation="from another day")
        api.add_run("COMPLETE")
        await kept.until(lambda: is_whole(kept, api))
        api.clock.skew_seconds = 0
        api.add_log(works, observation="and back")
        await kept.until(lambda: is_whole(kept, api))


async def test_a_long_log_and_many_runs_are_brought_in_whole_inside_the_limits(
    api: HostedApi, kept: Kept
) -> None:
    run_id = api.add_run()
    for number in range(250):
        api.add_log(run_id, observation=f"{number % 7}")  # many look alike
    async with following(api.url, kept) as follower:
        follower.watch({str(run_id)})
        await kept.until(lambda: is_whole(kept, api))
        api.add_log(run_id, observation="the last")
        api.runs[run_id]["status"] = "COMPLETE"
        await kept.until(lambda: is_whole(kept, api))
        await kept.until(lambda: str(run_id) not in follower.plan.followed)
    assert len(kept.entries[str(run_id)]) == 251


async def test_opening_a_run_brings_it_in_at_once(api: HostedApi, kept: Kept) -> None:
    run_id = api.add_run("COMPLETE")
    for number in range(120):
        api.add_log(run_id, observation=f"{number}")
    async with following(api.url, kept) as follower:
        await follower.read_now(str(run_id))
        await kept.look()
        assert kept.texts(run_id) == texts_of(api, run_id)
        await follower.read_now(str(run_id))
        await kept.look()
        assert kept.texts(run_id) == texts_of(api, run_id)


def logs_read(api: HostedApi, run_id: int, since: int) -> int:
    return sum(f"/run/{run_id}/logs" in request for request in api.requests[since:])


async def test_a_refused_connection_is_told(kept: Kept) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with following(url, kept) as follower:
        await kept.until(lambda: bool(follower.conditions.all))
        assert follower.conditions.all[0].trouble == Trouble.OFFLINE


async def test_an_upstream_that_counts_never_has_to_refuse(api: HostedApi, kept: Kept) -> None:
    """Real HTTP in real time, with windows that are shorter than the documented ones."""
    api.limits = Limits(time.monotonic, {"all": (20, 1.0), "logs": (10, 1.0), "create": (2, 1.0)})
    budget = GovernorLimits(Limit(20, 1.0), Limit(10, 1.0), Limit(2, 1.0))
    for number in range(15):
        api.add_log(api.add_run(), observation=f"{number}")
    # Lists go before logs that nobody watches, so they must not come all the time.
    slow = replace(EAGER, status=0.3, newcomers=0.3)
    async with following(api.url, kept, limits=budget, intervals=slow) as follower:
        await kept.until(lambda: is_whole(kept, api))
        await kept.until(lambda: len(api.requests) >= 40)
        assert follower.conditions.all == []
    assert api.limits.refused == 0
