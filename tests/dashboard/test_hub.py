"""One reader of events feeds every tab; no tab can hold up another one."""

import asyncio
import json
from collections.abc import AsyncIterator

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agent_runs.client.sse import ServerEvent
from agent_runs.dashboard.serving.hub import QUEUE_LENGTH, Hub, Subscription, hub_lifespan
from agent_runs.dashboard.serving.hub import hub as app_hub
from agent_runs.tasks import living
from tests.dashboard.serving import Serve
from tests.dying import died
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


def appended(number: int) -> ServerEvent:
    return ServerEvent("logs.appended", number, {"agent_run_id": 1, "log_count": number})


async def test_all_that_happened_meanwhile_comes_at_once_and_in_order() -> None:
    hub = Hub()
    async with hub.subscribe() as tab:
        for number in range(3):
            hub.take(appended(number))
        with anyio.fail_after(PATIENCE_SECONDS):
            news = await tab.next()
    assert [event.id for event in news.events] == [0, 1, 2]
    assert not news.must_reload


async def test_a_slow_tab_neither_blocks_nor_grows_and_is_told_to_read_anew() -> None:
    hub = Hub()
    async with hub.subscribe() as slow, hub.subscribe() as quick:
        seen = 0
        with anyio.fail_after(PATIENCE_SECONDS):
            for number in range(QUEUE_LENGTH * 10):
                hub.take(appended(number))
                seen += len((await quick.next()).events)
            news = await slow.next()
    assert seen == QUEUE_LENGTH * 10
    assert news.must_reload
    assert len(news.events) <= QUEUE_LENGTH


async def test_a_reset_makes_every_tab_read_anew_once() -> None:
    hub = Hub()
    async with hub.subscribe() as tab:
        hub.take(ServerEvent("reset", 9, {"after": 9}))
        hub.take(appended(10))
        with anyio.fail_after(PATIENCE_SECONDS):
            assert (await tab.next()).must_reload
            hub.take(appended(11))
            assert not (await tab.next()).must_reload


async def test_a_closed_tab_is_forgotten() -> None:
    hub = Hub()
    async with hub.subscribe() as tab:
        pass
    hub.take(appended(1))
    with anyio.move_on_after(0.05) as waiting:
        await tab.next()
    assert waiting.cancelled_caught


async def test_a_tab_waits_while_nothing_happens() -> None:
    async with Hub().subscribe() as tab:
        with anyio.move_on_after(0.05) as waiting:
            await tab.next()
    assert waiting.cancelled_caught


class SmallApi:
    """Counts and an event stream; it breaks off each stream after its first events."""

    def __init__(self) -> None:
        self.asked_after: list[str | None] = []
        self.is_broken = False
        self.has_strange_counts = False

    async def counts(self, _: Request) -> Response:
        if self.is_broken:
            return Response("no JSON", 500)
        if self.has_strange_counts:
            return JSONResponse({"by_status": 7})
        return JSONResponse({"by_status": {"ACTIVE": 2, "PAUSED": 1, "ERROR": 4}, "archived": 3})

    async def hosted(self, _: Request) -> Response:
        return JSONResponse({"items": "not a list of organizations"})

    async def events(self, request: Request) -> Response:
        after = request.headers.get("last-event-id") or request.query_params.get("after")
        self.asked_after.append(after)
        first = int(after or 40) + 1

        async def stream() -> AsyncIterator[str]:
            for number in (first, first + 1):
                payload = json.dumps({"agent_run_id": 1, "log_count": number})
                yield f"id: {number}\nevent: logs.appended\ndata: {payload}\n\n"

        return StreamingResponse(stream(), media_type="text/event-stream")

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/agent_runs/counts", self.counts),
                Route("/events", self.events),
                Route("/hosted", self.hosted),
            ]
        )


async def ids_until(tab: Subscription, wanted: int) -> list[int | None]:
    ids: list[int | None] = []
    while wanted not in ids:
        ids += [event.id for event in (await tab.next()).events]
    return ids


async def test_after_a_cut_it_goes_on_behind_the_last_event(serve_as_api: Serve) -> None:
    api = SmallApi()
    serve_as_api(api.app)
    hub, ids = Hub(), list[int | None]()
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks, hub.subscribe() as tab:
            tasks.start_soon(hub.run)
            ids = await ids_until(tab, 44)
            tasks.cancel_scope.cancel()
    assert ids[:4] == [41, 42, 43, 44]
    assert [each or "" for each in api.asked_after[:2]] == ["", "42"]


async def test_the_counts_come_in_the_groups_that_people_see(serve_as_api: Serve) -> None:
    serve_as_api(SmallApi().app)
    hub = Hub()
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks, hub.subscribe() as tab:
            tasks.start_soon(hub.run)
            await ids_until(tab, 41)
            tasks.cancel_scope.cancel()
    shown = {name: count for name, count in hub.standing.groups.items() if count}
    assert shown == {"Needs you": 1, "Running": 2, "Failed": 4}
    assert (hub.standing.total, hub.standing.archived) == (7, 3)


async def test_an_api_that_fails_is_told_and_found_again_when_it_recovers(
    serve_as_api: Serve,
) -> None:
    api = SmallApi()
    api.is_broken = True
    serve_as_api(api.app)
    hub = Hub()
    with anyio.fail_after(PATIENCE_SECONDS):
        async with anyio.create_task_group() as tasks, hub.subscribe() as tab:
            tasks.start_soon(hub.run)
            while (news := await tab.next()).standing.link != "down":
                pass
            assert news.standing.problem
            api.is_broken = False
            while not (news := await tab.next()).must_reload:
                pass
            tasks.cancel_scope.cancel()


async def test_what_fails_to_be_read_for_a_reason_of_ours_is_read_again(
    serve_as_api: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    serve_as_api(SmallApi().app)
    hub = Hub()
    async with living("hub", hub.run):
        await died("dashboard-hosted")
        # The rest goes on meanwhile.
        with anyio.fail_after(PATIENCE_SECONDS):
            async with hub.subscribe() as tab:
                while not (await tab.next()).events:
                    pass
    assert "dashboard-hosted died and will be restarted" in caplog.text


async def test_counts_are_read_again_with_the_next_change_after_they_could_not_be(
    serve_as_api: Serve,
) -> None:
    api = SmallApi()
    api.has_strange_counts = True
    serve_as_api(api.app)
    hub = Hub()
    async with living("hub", hub.run):
        for _ in range(2):
            hub.take(ServerEvent("run.created", None, {}))
            await died("dashboard-counts", 1)


async def test_the_hub_follows_for_as_long_as_the_app_lives(serve_as_api: Serve) -> None:
    serve_as_api(SmallApi().app)
    with anyio.fail_after(PATIENCE_SECONDS):
        async with hub_lifespan(), app_hub.subscribe() as tab:
            while not (await tab.next()).events:
                pass
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert [name for name in names if name.startswith("dashboard")] == []
