"""One event stream as the server sees it: who reads no more loses it, and the place is free."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from agent_runs.api.stream import EventStream, Streams
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


async def never(*_: object) -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield b"data: {}\n\n"


async def test_a_client_that_takes_nothing_any_more_loses_its_stream() -> None:
    taken: list[Message] = []

    async def send(message: Message) -> None:
        taken.append(message)
        if message.get("body"):
            await asyncio.Event().wait()  # its buffers are full, and it reads no more

    streams = Streams(write_seconds=0.05)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await EventStream(endless(), streams)({"type": "http"}, never, send)
    assert [message["type"] for message in taken[:2]] == [
        "http.response.start",
        "http.response.body",
    ]
    assert streams.count == 0
