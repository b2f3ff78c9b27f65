# Generated from asynchronous/transport.py by `make format`. Edit that file.
"""Sends calls with httpx: retries, streams of events, files."""

import contextlib
import time
from collections.abc import Generator, Iterator
from functools import partial
from typing import BinaryIO, TypeVar

import httpx

from agent_runs.client import base, wire
from agent_runs.client.base import Answer, Call, Fault
from agent_runs.client.credentials import Credentials
from agent_runs.client.tail import SILENCE_SECONDS

T = TypeVar("T")
_PART_BYTES = 256 * 1024


class Transport:
    """One connection pool to one server."""

    def __init__(
        self,
        credentials: Credentials,
        timeout: float,
        retry: base.RetryPolicy,
        clock: base.Clock,
        *,
        transport: httpx.BaseTransport | None = None,
        gate: base.Gate | None = None,
    ) -> None:
        self._gate = gate
        self._knows_keys = False
        self._credentials = credentials
        self._timeout = timeout
        self._retry = retry
        self._clock = clock
        self._http = httpx.Client(transport=transport, **wire.options(credentials, timeout))

    def send(self, call: Call[T], org_id: int | None) -> T:
        """Send a call, retry if that is safe and can help, and read its answer."""
        attempt = 0
        while True:
            try:
                with self._gate(call) if self._gate else contextlib.nullcontext():
                    return base.read(call, self._exchange(call, org_id), self._credentials)
            except Fault as fault:
                may_repeat = fault.may_repeat(call, knows_keys=self._knows_keys)
                delay = self._retry.delay(attempt, fault.error) if may_repeat else None
                if delay is None:
                    raise fault.error from fault
            self._clock.sleep(delay)
            attempt += 1

    def _exchange(self, call: Call[T], org_id: int | None) -> Answer:
        deadline = time.monotonic() + self._timeout
        with wire.translated(self._credentials, call, self._timeout):
            with self._http.stream(**wire.request(call, org_id)) as response:
                self._knows_keys = base.VERSION_HEADER in response.headers
                content = bytearray()
                for chunk in response.iter_bytes():
                    content += chunk
                    wire.check_time(deadline)
                return Answer(response.status_code, response.headers, bytes(content))

    @contextlib.contextmanager
    def stream(self, call: Call[None]) -> Generator[Iterator[bytes]]:
        """Open a stream of events and yield its chunks.

        Raises:
            UnexpectedAnswer: the response is not a stream of events.
        """
        with wire.translated(self._credentials, call, SILENCE_SECONDS, unwrap=True):
            request = wire.request(call, None)
            with self._http.stream(**request, timeout=wire.STREAM_TIMEOUT) as response:
                if not wire.is_stream(response):
                    response.read()
                    base.refuse_stream(call, wire.answer_of(response), self._credentials)
                yield response.iter_raw()

    @contextlib.contextmanager
    def download(self, call: Call[None]) -> Generator[Iterator[bytes]]:
        """Open a file and yield its parts; raise an error if it ends too early."""
        with wire.translated(self._credentials, call, wire.FILE_SECONDS, unwrap=True):
            request = wire.request(call, None)
            with self._http.stream(**request, timeout=wire.FILE_TIMEOUT) as response:
                if not response.is_success:
                    response.read()
                    base.read(call, wire.answer_of(response), self._credentials)
                yield response.iter_bytes()

    def upload(self, call: Call[T], file: BinaryIO) -> T:
        """Send a file and read the answer."""

        def parts() -> Generator[bytes]:
            while part := wire.directly(partial(file.read, _PART_BYTES)):
                yield part

        with wire.translated(self._credentials, call, wire.IMPORT_SECONDS, unwrap=True):
            response = self._http.request(**wire.upload(call, file), content=parts())
            return base.read(call, wire.answer_of(response), self._credentials)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()
