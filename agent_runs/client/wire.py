"""What both clients need of httpx: how to put a call on the wire and translate its errors.

httpx takes 0.2 s to import. In `client/` only this module and the two `transport.py` import it, and
they are loaded with the first client, so that `from api import CodegenClient` stays fast.
"""

import contextlib
import os
import socket
import ssl
import time
from collections.abc import Callable, Generator
from typing import Any, BinaryIO, TypeVar

import anyio
import httpx

from agent_runs import errors
from agent_runs.client import base
from agent_runs.client.base import Answer, Call, Fault
from agent_runs.client.credentials import Credentials
from agent_runs.client.tail import SILENCE_SECONDS

T = TypeVar("T")
FILE_SECONDS = 300.0
"""An export sends nothing while the server finds nothing, which can take long."""
IMPORT_SECONDS = 6 * 3600.0
"""The response to an import comes when it is stored."""
_CONNECT_SECONDS = 5.0
STREAM_TIMEOUT = httpx.Timeout(SILENCE_SECONDS, connect=_CONNECT_SECONDS)
FILE_TIMEOUT = httpx.Timeout(FILE_SECONDS, connect=_CONNECT_SECONDS)
# Shorter than uvicorn's 5 s: a POST must not meet a connection that the server is closing, which
# looks the same as one that broke half-way.
_LIMITS = httpx.Limits(max_connections=100, keepalive_expiry=3.0)


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


async def in_thread(work: Callable[[], T]) -> T:
    """Do blocking work, such as reading a file, without holding up the event loop."""
    return await anyio.to_thread.run_sync(work)


def directly(work: Callable[[], T]) -> T:
    """Do blocking work at once: the blocking client's `in_thread`."""
    return work()


def options(credentials: Credentials, timeout: float) -> dict[str, Any]:
    """Return the arguments for a client of httpx."""
    return {
        "base_url": credentials.root,
        "headers": base.headers(credentials),
        "timeout": httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
        "limits": _LIMITS,
        # A proxy from the environment cannot reach a server on this machine.
        "trust_env": not credentials.is_loopback,
    }


def request(call: Call[T], org_id: int | None) -> dict[str, Any]:
    """Return the arguments of httpx for a call."""
    key = {} if call.key is None else {"idempotency-key": call.key}
    return {
        "method": call.method,
        "url": call.path.replace(base.ORG, str(org_id)),
        "params": call.query,
        "json": call.body,
        "headers": {"accept": call.accept} | key,
    }


def upload(call: Call[T], file: BinaryIO) -> dict[str, Any]:
    """Return the arguments of httpx for a call whose body is a file."""
    headers = {
        "accept": call.accept,
        "content-type": "application/x-ndjson",
        "content-length": str(os.fstat(file.fileno()).st_size),
    }
    timeout = httpx.Timeout(IMPORT_SECONDS, connect=_CONNECT_SECONDS)
    return {"method": call.method, "url": call.path, "headers": headers, "timeout": timeout}


def is_stream(response: httpx.Response) -> bool:
    """Tell whether a response is a stream of events."""
    kind = response.headers.get("content-type", "")
    return response.is_success and kind.startswith("text/event-stream")


def answer_of(response: httpx.Response) -> Answer:
    """Return a response that was read to its end."""
    return Answer(response.status_code, response.headers, response.content)


def check_time(deadline: float) -> None:
    """Give up a response that drips: httpx's timeout starts again with each chunk."""
    if time.monotonic() > deadline:
        raise httpx.ReadTimeout("the answer came too slowly")


@contextlib.contextmanager
def translated(
    credentials: Credentials, call: Call[T], seconds: float, *, unwrap: bool = False
) -> Generator[None]:
    """Turn httpx's exceptions into ours; `unwrap` is for callers that never retry."""
    try:
        yield
    except httpx.HTTPError as exc:
        fault = _fault(exc, credentials, call, seconds)
        raise (fault.error if unwrap and isinstance(fault, Fault) else fault) from exc
    except Fault as fault:
        raise (fault.error if unwrap else fault) from None
    except (httpx.InvalidURL, httpx.CookieConflict) as exc:
        raise errors.InvalidRequest(f"{credentials.root} is not a usable address: {exc}") from exc


def _fault(
    exc: httpx.HTTPError, credentials: Credentials, call: Call[T], seconds: float
) -> Fault | errors.AgentRunsError:
    reason = str(exc) or type(exc).__name__
    if isinstance(exc, (httpx.ConnectError, httpx.ConnectTimeout)):
        name, tls = _is_caused_by(exc, socket.gaierror), _is_caused_by(exc, ssl.SSLError)
        return Fault(base.unreachable(credentials, reason, name=name, tls=tls), is_lost=True)
    if isinstance(exc, httpx.TimeoutException):
        return base.too_slow(credentials, call, seconds)
    if isinstance(exc, (httpx.NetworkError, httpx.RemoteProtocolError)):
        return Fault(base.cut_off(credentials, call, reason), is_lost=True)
    return errors.UnexpectedAnswer(f"The request to {credentials.root} failed: {reason}")


def _is_caused_by(exc: BaseException, kind: type[BaseException]) -> bool:
    link: BaseException | None = exc
    while link is not None:
        if isinstance(link, kind):
            return True
        link = link.__cause__ or link.__context__
    return False
