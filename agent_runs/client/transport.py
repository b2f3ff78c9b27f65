"""Sends calls with httpx: retries, translation of httpx' exceptions, streams of events.

The only module that imports httpx, which costs 0.2 s: the clients import it when the first one is
made, so that `from api import CodegenClient` stays fast.
"""

import contextlib
import os
import socket
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import anyio
import httpx

from agent_runs import errors
from agent_runs.client import base
from agent_runs.client.base import Answer, Call, Fault
from agent_runs.client.credentials import Credentials
from agent_runs.client.tail import SILENCE_SECONDS

T = TypeVar("T")
_CONNECT_SECONDS = 5.0
# A server that finds nothing for long while it exports sends nothing for long.
_FILE_SECONDS = 300.0
# An import is answered when it is stored.
_IMPORT_SECONDS = 6 * 3600.0
_PART_BYTES = 256 * 1024
# Shorter than uvicorn's 5 s: a POST never meets a connection that the server is closing, which
# could not be told from one that was cut off half-way.
_LIMITS = httpx.Limits(max_connections=100, keepalive_expiry=3.0)


async def open_file(path: Path) -> anyio.AsyncFile[bytes]:
    """Open a file to write, in async code."""
    return await anyio.open_file(path, "wb")


class SystemClock:
    """The real time, for the blocking client."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class AsyncSystemClock:
    """The real time, for the async client."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await anyio.sleep(seconds)


class Transport:
    """One connection pool to one server."""

    def __init__(
        self,
        credentials: Credentials,
        timeout: float,
        retry: base.RetryPolicy,
        clock: base.Clock,
        transport: httpx.BaseTransport | None,
    ) -> None:
        self._credentials = credentials
        self._timeout = timeout
        self._retry = retry
        self._clock = clock
        self._http = httpx.Client(transport=transport, **_options(credentials, timeout))

    def send(self, call: Call[T], org_id: int | None) -> T:
        """Send a call, again when that is safe and may help, and read its answer."""
        attempt = 0
        while True:
            try:
                deadline = time.monotonic() + self._timeout
                with (
                    _translated(self._credentials, call, self._timeout),
                    self._http.stream(**_request(call, org_id)) as response,
                ):
                    answer = _read_whole(response, deadline)
                return base.read(call, answer, self._credentials)
            except Fault as fault:
                delay = self._retry.delay(call, attempt, fault.error)
                if delay is None:
                    raise fault.error from fault
            self._clock.sleep(delay)
            attempt += 1

    @contextlib.contextmanager
    def stream(self, call: Call[None]) -> Generator[Iterator[bytes]]:
        """Open a stream of events and give its chunks.

        Raises:
            UnexpectedAnswer: what came is no stream of events.
        """
        with _translated(self._credentials, call, SILENCE_SECONDS, unwrap=True):
            request = _request(call, None)
            with self._http.stream(**request, timeout=_stream_timeout()) as response:
                if not _is_stream(response):
                    response.read()
                    base.refuse_stream(call, _answer(response), self._credentials)
                yield response.iter_raw()

    @contextlib.contextmanager
    def download(self, call: Call[None]) -> Generator[Iterator[bytes]]:
        """Open a file and give its parts; an error when it ends before it is whole."""
        with _translated(self._credentials, call, _FILE_SECONDS, unwrap=True):
            request = _request(call, None)
            with self._http.stream(**request, timeout=_file_timeout()) as response:
                if not response.is_success:
                    response.read()
                    base.read(call, _answer(response), self._credentials)
                yield response.iter_bytes()

    def upload(self, call: Call[T], file: BinaryIO) -> T:
        """Send a file and read the answer to it."""
        with _translated(self._credentials, call, _IMPORT_SECONDS, unwrap=True):
            parts = iter(partial(file.read, _PART_BYTES), b"")
            response = self._http.request(**_upload(call, file), content=parts)
            return base.read(call, _answer(response), self._credentials)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()


class AsyncTransport:
    """One connection pool to one server, for async code."""

    def __init__(
        self,
        credentials: Credentials,
        timeout: float,
        retry: base.RetryPolicy,
        clock: base.AsyncClock,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        gate: base.Gate | None = None,
    ) -> None:
        self._gate = gate
        self._credentials = credentials
        self._timeout = timeout
        self._retry = retry
        self._clock = clock
        self._http = httpx.AsyncClient(transport=transport, **_options(credentials, timeout))

    async def send(self, call: Call[T], org_id: int | None) -> T:
        """Send a call, again when that is safe and may help, and read its answer."""
        attempt = 0
        while True:
            try:
                async with self._gate(call) if self._gate else contextlib.nullcontext():
                    return base.read(call, await self._exchange(call, org_id), self._credentials)
            except Fault as fault:
                delay = self._retry.delay(call, attempt, fault.error)
                if delay is None:
                    raise fault.error from fault
            await self._clock.sleep(delay)
            attempt += 1

    async def _exchange(self, call: Call[T], org_id: int | None) -> Answer:
        deadline = time.monotonic() + self._timeout
        with _translated(self._credentials, call, self._timeout):
            async with self._http.stream(**_request(call, org_id)) as response:
                return await _aread_whole(response, deadline)

    @contextlib.asynccontextmanager
    async def stream(self, call: Call[None]) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open a stream of events and give its chunks.

        Raises:
            UnexpectedAnswer: what came is no stream of events.
        """
        with _translated(self._credentials, call, SILENCE_SECONDS, unwrap=True):
            request = _request(call, None)
            async with self._http.stream(**request, timeout=_stream_timeout()) as response:
                if not _is_stream(response):
                    await response.aread()
                    base.refuse_stream(call, _answer(response), self._credentials)
                yield response.aiter_raw()

    @contextlib.asynccontextmanager
    async def download(self, call: Call[None]) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Open a file and give its parts; an error when it ends before it is whole."""
        with _translated(self._credentials, call, _FILE_SECONDS, unwrap=True):
            request = _request(call, None)
            async with self._http.stream(**request, timeout=_file_timeout()) as response:
                if not response.is_success:
                    await response.aread()
                    base.read(call, _answer(response), self._credentials)
                yield response.aiter_bytes()

    async def upload(self, call: Call[T], file: BinaryIO) -> T:
        """Send a file and read the answer to it."""

        async def parts() -> AsyncGenerator[bytes]:
            while part := await anyio.to_thread.run_sync(file.read, _PART_BYTES):
                yield part

        with _translated(self._credentials, call, _IMPORT_SECONDS, unwrap=True):
            response = await self._http.request(**_upload(call, file), content=parts())
            return base.read(call, _answer(response), self._credentials)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()


def _options(credentials: Credentials, timeout: float) -> dict[str, Any]:
    return {
        "base_url": credentials.root,
        "headers": base.headers(credentials),
        "timeout": httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
        "limits": _LIMITS,
        # A proxy from the environment cannot reach a server on this machine.
        "trust_env": not credentials.is_loopback,
    }


def _request(call: Call[T], org_id: int | None) -> dict[str, Any]:
    return {
        "method": call.method,
        "url": call.path.replace(base.ORG, str(org_id)),
        "params": call.query,
        "json": call.body,
        "headers": {"accept": call.accept},
    }


def _upload(call: Call[T], file: BinaryIO) -> dict[str, Any]:
    headers = {
        "accept": call.accept,
        "content-type": "application/x-ndjson",
        "content-length": str(os.fstat(file.fileno()).st_size),
    }
    timeout = httpx.Timeout(_IMPORT_SECONDS, connect=_CONNECT_SECONDS)
    return {"method": call.method, "url": call.path, "headers": headers, "timeout": timeout}


def _stream_timeout() -> httpx.Timeout:
    return httpx.Timeout(SILENCE_SECONDS, connect=_CONNECT_SECONDS)


def _file_timeout() -> httpx.Timeout:
    return httpx.Timeout(_FILE_SECONDS, connect=_CONNECT_SECONDS)


def _is_stream(response: httpx.Response) -> bool:
    kind = response.headers.get("content-type", "")
    return response.is_success and kind.startswith("text/event-stream")


def _answer(response: httpx.Response) -> Answer:
    return Answer(response.status_code, response.headers, response.content)


@contextlib.contextmanager
def _translated(
    credentials: Credentials, call: Call[T], seconds: float, *, unwrap: bool = False
) -> Generator[None]:
    """Turn httpx' exceptions into ours; `unwrap` for callers that never send again."""
    try:
        yield
    except httpx.HTTPError as exc:
        fault = _fault(exc, credentials, call, seconds)
        raise (fault.error if unwrap and isinstance(fault, Fault) else fault) from exc
    except Fault as fault:
        raise (fault.error if unwrap else fault) from None
    except (httpx.InvalidURL, httpx.CookieConflict) as exc:
        raise errors.InvalidRequest(f"{credentials.root} is no usable address: {exc}") from exc


def _fault(
    exc: httpx.HTTPError, credentials: Credentials, call: Call[T], seconds: float
) -> Fault | errors.AgentRunsError:
    reason = str(exc) or type(exc).__name__
    if isinstance(exc, (httpx.ConnectError, httpx.ConnectTimeout)):
        name, tls = _is_caused_by(exc, socket.gaierror), _is_caused_by(exc, ssl.SSLError)
        return Fault(base.unreachable(credentials, reason, name=name, tls=tls))
    if isinstance(exc, httpx.TimeoutException):
        return base.too_slow(credentials, call, seconds)
    if isinstance(exc, (httpx.NetworkError, httpx.RemoteProtocolError)):
        return Fault(base.cut_off(credentials, call, reason))
    return errors.UnexpectedAnswer(f"{credentials.root} cannot be talked to: {reason}")


def _is_caused_by(exc: BaseException, kind: type[BaseException]) -> bool:
    link: BaseException | None = exc
    while link is not None:
        if isinstance(link, kind):
            return True
        link = link.__cause__ or link.__context__
    return False


def _read_whole(response: httpx.Response, deadline: float) -> Answer:
    """Read an answer; one that drips is given up at the deadline, each drop is on time there."""
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        _check_time(deadline)
    return Answer(response.status_code, response.headers, bytes(content))


async def _aread_whole(response: httpx.Response, deadline: float) -> Answer:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        _check_time(deadline)
    return Answer(response.status_code, response.headers, bytes(content))


def _check_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise httpx.ReadTimeout("the answer came too slowly")
