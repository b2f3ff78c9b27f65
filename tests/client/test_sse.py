"""Server-Sent Events, cut anywhere."""

import itertools

import pytest
from hypothesis import given, strategies

from agent_runs.client import sse
from agent_runs.client.sse import EventParser, ServerEvent
from agent_runs.errors import UnexpectedAnswer

STREAM = (
    '\ufeffid: 7\n\n: heartbeat\n\nid: 8\nevent: run.updated\ndata: {"id": 1}\n\n'
    "event: draft\r\ndata: first\r\ndata: zweite Zeile mit ä\r\n\r\n"
    "id: 9\revent: reset\rdata:{}\r\r"
    "retry: 10\n\ndata\n\n"
).encode()
EVENTS = [
    ServerEvent("run.updated", 8, {"id": 1}),
    ServerEvent("draft", None, "first\nzweite Zeile mit ä"),
    ServerEvent("reset", 9, {}),
    ServerEvent("message", None, ""),
]


@given(strategies.lists(strategies.integers(0, len(STREAM)), max_size=12))
def test_events_are_the_same_wherever_the_bytes_are_cut(cuts: list[int]) -> None:
    parser = EventParser()
    edges = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[a:b] for a, b in itertools.pairwise(edges)]
    assert [event for chunk in chunks for event in parser.feed(chunk)] == EVENTS
    assert parser.last_id == 9


def test_an_id_before_any_event_is_the_place_to_go_on_from() -> None:
    parser = EventParser()
    assert parser.feed(b"id: 41\n\n") == []
    assert parser.last_id == 41


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "_LIMIT_BYTES", 1000)
    with pytest.raises(UnexpectedAnswer):
        EventParser().feed(b"data: " + b"x" * 2000)
