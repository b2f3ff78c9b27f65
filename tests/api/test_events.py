"""Event streams over real HTTP: live, replayed, ended, and taken up again after a restart."""

import json
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from api_parts import served
from live_server import LiveServer, start_server

from agent_runs.api.app import create_app
from agent_runs.settings import Settings
from tests.patience import PATIENCE_SECONDS

Frame = dict[str, str]


def frames(answer: httpx.Response) -> Iterator[Frame]:
    """The blocks of a stream: field → text; a comment is the field ""."""
    block: Frame = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(":")
            block[name] = value.removeprefix(" ")
        elif block:
            yield block
            block = {}


@pytest.fixture
def live(settings: Settings, env_file: Path) -> Generator[httpx.Client]:
    with (
        served(create_app(settings, env_file=env_file)) as url,
        httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as client,
    ):
        yield client


def create(client: httpx.Client, prompt: str) -> int:
    return client.post("/agent_runs", json={"prompt": prompt}).raise_for_status().json()["id"]


def test_a_stream_tells_of_a_run_from_creation_to_its_end(live: httpx.Client) -> None:
    with live.stream("GET", "/events") as answer:
        stream = frames(answer)
        assert next(stream) == {"id": "0"}
        run_id = create(live, "/say hello")
        seen: list[Frame] = []
        for frame in stream:
            seen.append(frame)
            if frame.get("event") == "run.finished":
                break
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert seen[0]["event"] == "run.created"
    assert json.loads(seen[-1]["data"])["status"] == "COMPLETE"
    assert {"logs.appended", "run.updated"} <= {frame["event"] for frame in seen}
    ids = [int(frame["id"]) for frame in seen if "id" in frame]
    assert ids == sorted(set(ids))
    assert all(json.loads(f["data"]).get("agent_run_id", run_id) == run_id for f in seen)


def test_a_stream_of_one_run_ends_with_it_and_replays_all_of_it_later(live: httpx.Client) -> None:
    run_id = create(live, "/say hello")
    create(live, "/say another")
    path = f"/agent_runs/{run_id}/events"
    with live.stream("GET", path, params={"after": 0, "until_finished": True}) as answer:
        first = [frame for frame in frames(answer) if frame.get("event") != "draft"]
    again = [*frames(live.get(path, params={"after": 0, "until_finished": True}))]
    nothing_left = [*frames(live.get(path, params={"until_finished": True}))]
    kinds = [frame["event"] for frame in first[1:]]
    assert (kinds[0], kinds[-1]) == ("run.created", "run.finished")
    assert again == first
    assert all(set(frame) == {"id"} for frame in nothing_left)


def test_a_resumed_run_is_followed_to_its_last_end(live: httpx.Client) -> None:
    run_id = create(live, "/say one")
    path = f"/agent_runs/{run_id}/events"
    live.get(path, params={"after": 0, "until_finished": True})
    live.post(f"/agent_runs/{run_id}/resume", json={"prompt": "/say two"}).raise_for_status()
    seen = [*frames(live.get(path, params={"after": 0, "until_finished": True}))]
    assert [frame.get("event") for frame in seen].count("run.finished") == 2


def test_last_event_id_wins_over_after(live: httpx.Client) -> None:
    run_id = create(live, "/say one")
    path = f"/agent_runs/{run_id}/events"
    seen = [*frames(live.get(path, params={"after": 0, "until_finished": True}))]
    stored = [frame for frame in seen if frame.get("event", "draft") != "draft"]
    middle = stored[2]["id"]
    rest = live.get(
        path, params={"after": 0, "until_finished": True}, headers={"last-event-id": middle}
    )
    assert [frame["id"] for frame in frames(rest)][1:] == [frame["id"] for frame in stored[3:]]


def test_an_id_from_the_future_is_answered_with_a_reset(live: httpx.Client) -> None:
    with live.stream("GET", "/events", params={"after": 10**9}) as answer:
        assert next(frames(answer)) == {"id": "0", "event": "reset", "data": '{"last_id":0}'}


UNKNOWN = [
    "x",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "0x1",
    "null",
    "9" * 18,
    "9" * 19,
    "9" * 5000,
    "\u0663",
    "\xe9",
    "7 8",
]


@pytest.mark.parametrize("last", UNKNOWN)
def test_an_id_that_no_event_can_have_is_answered_with_a_reset(
    live: httpx.Client, last: str
) -> None:
    # A refusal would end a browser's EventSource for good.
    for headers, params in (({b"last-event-id": last.encode()}, {}), ({}, {"after": last})):
        with live.stream("GET", "/events", headers=headers, params=params) as answer:
            assert answer.status_code == 200
            assert next(frames(answer)) == {"id": "0", "event": "reset", "data": '{"last_id":0}'}


def test_after_a_reset_the_stream_goes_on(live: httpx.Client) -> None:
    run_id = create(live, "/say one")
    path = f"/agent_runs/{run_id}/events"
    whole = [*frames(live.get(path, params={"after": 0, "until_finished": True}))]
    with live.stream("GET", path, headers={"last-event-id": "garbage"}) as answer:
        stream = frames(answer)
        reset = next(stream)
        live.post(f"/agent_runs/{run_id}/resume", json={"prompt": "/say two"}).raise_for_status()
        more = next(frame for frame in stream if frame.get("event", "draft") != "draft")
    assert (reset["event"], reset["id"]) == ("reset", whole[-1]["id"])
    assert int(more["id"]) > int(reset["id"])


@pytest.mark.parametrize(
    "asked", [{"headers": {"last-event-id": ""}}, {"params": {"after": ""}}, {}]
)
def test_an_empty_id_starts_with_what_happens_from_now_on(
    live: httpx.Client, asked: dict[str, Any]
) -> None:
    with live.stream("GET", "/events", **asked) as answer:
        assert next(frames(answer)) == {"id": "0"}


def test_the_id_of_an_event_of_another_run_is_a_place_as_well(live: httpx.Client) -> None:
    first = create(live, "/say one")
    live.get(f"/agent_runs/{first}/events", params={"after": 0, "until_finished": True})
    second = create(live, "/say two")
    ended = {"after": 0, "until_finished": True}
    ids = [f["id"] for f in frames(live.get(f"/agent_runs/{first}/events", params=ended))]
    rest = live.get(
        f"/agent_runs/{second}/events", params=ended, headers={"last-event-id": ids[-1]}
    )
    seen = [frame.get("event") for frame in frames(rest)]
    assert "reset" not in seen
    assert {"run.created", "run.finished"} <= set(seen)


def test_the_stream_of_an_unknown_run_is_a_404(live: httpx.Client) -> None:
    assert live.get("/agent_runs/4711/events").status_code == 404


def test_a_client_that_goes_away_leaves_nothing_behind(settings: Settings, env_file: Path) -> None:
    app = create_app(settings, env_file=env_file)
    with served(app) as url, httpx.Client(base_url=url, timeout=PATIENCE_SECONDS) as client:
        with client.stream("GET", "/events") as answer:
            stream = frames(answer)
            next(stream)
            assert app.state.server.streams.count == 1
        # Its end is noticed by the server at its own time; a further answer comes after it.
        while app.state.server.streams.count:
            client.get("/health")


def test_a_stream_is_taken_up_after_a_restart_without_loss_or_repetition(tmp_path: Path) -> None:
    with (
        start_server(tmp_path / "home") as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE_SECONDS) as client,
    ):
        first, seen = read_a_run(server, client, "/say before", after=0)
        server.stop()
        server.start()
        second, rest = read_a_run(server, client, "/say after", after=seen[-1])
        with client.stream("GET", "/events", params={"after": 0}) as answer:
            whole: list[int] = []
            for frame in frames(answer):
                if "event" in frame and "id" in frame:
                    whole.append(int(frame["id"]))
                    if whole[-1] >= rest[-1]:
                        break
    assert first != second
    assert seen + rest == whole
    assert len(set(whole)) == len(whole)


def read_a_run(
    server: LiveServer, client: httpx.Client, prompt: str, after: int
) -> tuple[int, list[int]]:
    """Create a run and read the common stream to its end; cut after each event and taken up."""
    run_id = create(client, prompt)
    ids: list[int] = []
    while True:
        last = str(ids[-1] if ids else after)
        with client.stream("GET", "/events", headers={"last-event-id": last}) as answer:
            for frame in frames(answer):
                if "id" in frame and "event" in frame:
                    ids.append(int(frame["id"]))
                    if frame["event"] == "run.finished":
                        return run_id, ids
                    break


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_open_streams_do_not_hold_up_a_server_that_is_asked_to_stop(
    tmp_path: Path, number: int
) -> None:
    with start_server(tmp_path / "home") as server:
        with httpx.stream("GET", f"{server.url}/events", timeout=PATIENCE_SECONDS) as answer:
            stream = frames(answer)
            next(stream)
            os.kill(server.pid, number)
            # The stream ends in order: the last chunk is there, nothing is cut off.
            assert [frame for frame in stream if "event" in frame] == []
        psutil.Process(server.pid).wait(timeout=PATIENCE_SECONDS)
