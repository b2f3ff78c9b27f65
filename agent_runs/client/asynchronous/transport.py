"""Sends calls with httpx: retries, streams of events, files."""

import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from typing import BinaryIO, TypeVar

import httpx

from agent_runs.client import base, wire
from agent_runs.client.base import Answer, Call, Fault
from agent_runs.client.credentials import Credentials
from agent_runs.client.tail import SILENCE_SECONDS

T = TypeVar("T")
_PART_BYTES = 256 * 1024


class AsyncTransport:
    """One connection pool to one server."""

    def __init__(
        self,
        credentials: Credentials,
        timeout: float,
        retry: base.RetryPolicy,
        clock: base.AsyncClock,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        gate: base.AsyncGate | None = None,
    ) -> None:
        self._gate = gate
        self._knows_keys = False
        self._credentials = credentials
        self._timeout = timeout
        self._retry = retry
        self._clock = clock
        self._http = httpx.AsyncClient(transport=transport, **wire.options(credentials, timeout))

    async def send(self, call: Call[T], org_id: int | None) -> T:
        """Send a call, retry if that is safe and can help, and read its answer."""
        attempt = 0
        while True:
            try:
                async with self._gate(call) if self._gate else contextlib.nullcontext():
                    return base.read(call, await self._exchange(call, org_id), self._credentials)
            except Fault as fault:
                may_repeat = fault.may_repeat(call, knows_keys=self._knows_keys)
                delay = self._retry.delay(attempt, fault.error) if may_repeat else None
                if delay is None:
                    raise fault.error from fault
            await self._clock.sleep(delay)
            attempt += 1

    async def _exchange(self, call: Call[T], org_id: int | None) -> Answer:
        deadline = time.monotonic() + self._timeout
        with wire.translated(self._credentials, call, self._timeout):
            async with self._http.stream(**wire.request(call, org_id)) as response:
                self._knows_keys = base.VERSION_HEADER in response.headers
                content = bytearray()
                async for chunk in response.aiter_bytes():
                    content += chunk
                    wire.check_time(deadline)
                return Answer(response.status_code, response.headers, bytes(content))

    @contextlib.asynccontextmanager
    async def stream(self, call: Call[None]) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open a stream of events and yield its chunks.

        Raises:
            UnexpectedAnswer: the response is not a stream of events.
        """
        with wire.translated(self._credentials, call, SILENCE_SECONDS, unwrap=True):
            request = wire.request(call, None)
            async with self._http.stream(**request, timeout=wire.STREAM_TIMEOUT) as response:
                if not wire.is_stream(response):
                    await response.aread()
                    base.refuse_stream(call, wire.answer_of(response), self._credentials)
                yield response.aiter_raw()

    @contextlib.asynccontextmanager
    async def download(self, call: Call[None]) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open a file and yield its parts; raise an error if it ends too early."""
        with wire.translated(self._credentials, call, wire.FILE_SECONDS, unwrap=True):
            request = wire.request(call, None)
            async with self._http.stream(**request, timeout=wire.FILE_TIMEOUT) as response:
                if not response.is_success:
                    await response.aread()
                    base.read(call, wire.answer_of(response), self._credentials)
                yield response.aiter_bytes()

    async def upload(self, call: Call[T], file: BinaryIO) -> T:
        """Send a file and read the answer."""

        async def parts() -> AsyncGenerator[bytes]:
            while part := await wire.in_thread(partial(file.read, _PART_BYTES)):
                yield part

        with wire.translated(self._credentials, call, wire.IMPORT_SECONDS, unwrap=True):
            response = await self._http.request(**wire.upload(call, file), content=parts())
            return base.read(call, wire.answer_of(response), self._credentials)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()
