"""What both clients share and what does no input or output: calls, retries, errors.

A `Call` says all about one request: how it is sent, whether it may be sent again, how its answer is
read. `calls/` builds them, a `transport.py` sends them, the clients only put the two together.
"""

import json
import math
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Generic, NoReturn, Protocol, TypeVar, cast

from agent_runs import errors
from agent_runs.client.credentials import Credentials
from agent_runs.reading.shapes import list_or_empty, object_or_empty

T = TypeVar("T")
JSON = Any
"""A decoded JSON value, as in `models.py`, which would bring pydantic in."""
PAGE_LIMIT = 100
"""Most items a server gives at once."""
ORG = "{org_id}"
"""Stands in a path for the organization, which may not be known before the first call."""
VERSION_HEADER = "x-agent-runs-version"
"""In every answer of a server of this program, which carries out a request of one key once."""

_RETRIED = frozenset({429, 502, 503, 504})
_BY_STATUS: Mapping[int, type[errors.AgentRunsError]] = {
    400: errors.InvalidRequest,
    401: errors.Unauthorized,
    402: errors.PaymentRequired,
    403: errors.Forbidden,
    404: errors.NotFound,
    405: errors.NotFound,
    409: errors.Conflict,
    413: errors.TooLarge,
    422: errors.InvalidRequest,
    429: errors.RateLimited,
}
_BY_NAME: Mapping[str, type[errors.AgentRunsError]] = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.AgentRunsError)
}
_ERROR_STATUS = 400
_SERVER_ERROR_STATUS = 500


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request and how to read its answer.

    Attributes:
        path: under the server's root; `{org_id}` is filled in by the client.
        read: turns the decoded JSON (text when `accept` is not JSON) into what the caller gets.
        params: values that are None are left out; tuples repeat.
        missing: what a 404 without a name means here.
        conflict: what a 409 without a name means here.
        key: by which a server of this program knows the request when it comes again.
    """

    method: str
    path: str
    read: Callable[[JSON], T]
    params: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
    body: Mapping[str, JSON] | None = None
    accept: str = "application/json"
    missing: type[errors.NotFound] = errors.NotFound
    conflict: type[errors.Conflict] = errors.Conflict
    key: str | None = None

    @property
    def may_repeat(self) -> bool:
        """Tell whether sending it twice does no harm anywhere: a POST could start a second run."""
        return self.method == "GET"

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters as they stand in the address."""
        pairs: list[tuple[str, str]] = []
        for name, value in self.params.items():
            values = cast("tuple[JSON, ...]", value) if isinstance(value, tuple) else (value,)
            pairs += [(name, _word(each)) for each in values if each is not None]
        return pairs


@dataclass(frozen=True)
class Answer:
    """A response, read whole."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True)
class RetryPolicy:
    """When to send a call again, and after how long.

    Attributes:
        retries: how often at most, beyond the first time.
        base_seconds: upper bound of the first wait; it doubles each time, the wait is random.
        retry_after_limit_seconds: a server that asks for more patience than this gets none.
        pick: `(low, high)` → a random number between; given by tests.
    """

    retries: int = 2
    base_seconds: float = 0.25
    retry_after_limit_seconds: float = 30.0
    pick: Callable[[float, float], float] = random.uniform

    def delay(self, attempt: int, error: errors.AgentRunsError) -> float | None:
        """Return the seconds to wait before attempt `attempt + 1`, or None to give up."""
        if attempt >= self.retries:
            return None
        wait = self.pick(0, self.base_seconds * 2**attempt)
        asked = getattr(error, "retry_after_seconds", None)
        if asked is None:
            return wait
        return None if asked > self.retry_after_limit_seconds else asked + wait


class Clock(Protocol):
    """What the blocking client waits with; tests give their own."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class AsyncClock(Protocol):
    """What the async client waits with; tests give their own."""

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


Gate = Callable[[Call[Any]], AbstractContextManager[None]]
"""What each request of a blocking client waits for and goes through; it sees `Fault` and errors."""
AsyncGate = Callable[[Call[Any]], AbstractAsyncContextManager[None]]
"""The same for an async client."""


class Fault(Exception):
    """Wraps an error that is worth another try.

    Attributes:
        is_lost: there was no answer, not even one that refuses.
    """

    def __init__(self, error: errors.AgentRunsError, *, is_lost: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.is_lost = is_lost

    def may_repeat(self, call: Call[Any], *, knows_keys: bool) -> bool:
        """Tell whether the call may be sent again.

        Args:
            knows_keys: the server carries out a request of one key once. What it answered stands:
                sent again, "nobody knows whether that was done" would become "done".
        """
        return call.may_repeat or (self.is_lost and knows_keys and call.key is not None)


def headers(credentials: Credentials) -> dict[str, str]:
    """Return the headers that every request carries."""
    always = {"user-agent": credentials.program}
    if credentials.token:
        always["authorization"] = f"Bearer {credentials.token}"
    return always


def read(call: Call[T], answer: Answer, credentials: Credentials) -> T:
    """Return what the answer means.

    Raises:
        Fault: an error that may pass.
        AgentRunsError: any other error.
    """
    if answer.status_code >= _ERROR_STATUS:
        error = _error(call, answer)
        if answer.status_code in _RETRIED:
            raise Fault(error)
        raise error
    if call.accept != "application/json":
        return call.read(answer.content.decode(errors="replace"))
    if not answer.content:
        return call.read({})
    try:
        value = json.loads(answer.content)
    except ValueError as exc:
        kind = answer.headers.get("content-type", "no content type")
        raise errors.UnexpectedAnswer(
            f"{credentials.root} does not speak this API: it answered {answer.status_code} with "
            f"{kind}. Is another program listening there?"
        ) from exc
    return call.read(value)


def refuse_stream(call: Call[None], answer: Answer, credentials: Credentials) -> NoReturn:
    """Raise what an answer means that is no stream of events."""
    read(call, answer, credentials)
    raise errors.UnexpectedAnswer(f"{credentials.root} sends no events.")


def unreachable(
    credentials: Credentials, reason: str, *, name: bool = False, tls: bool = False
) -> errors.ServerUnreachable:
    """Return the error for a server that cannot be connected to.

    Args:
        name: its name was not found.
        tls: it answered, but its certificate cannot be trusted or it speaks no TLS.
    """
    problem = f"No server answers at {credentials.root}."
    if tls:
        problem = f"No secure connection to {credentials.root} can be made; nothing was sent."
        hint = "Check that the address begins rightly (https or http) and the server's certificate"
    elif credentials.is_loopback:
        hint = "Start it with `agent-runs up` or `python api.py`"
    elif name:
        hint = "Its name is not known: check the address, and whether this machine is online"
    else:
        hint = "Check the address and the network"
    return errors.ServerUnreachable(f"{problem} {hint}.", detail=reason, may_have_happened=False)


def too_slow(credentials: Credentials, call: Call[T], seconds: float) -> errors.ServerUnreachable:
    """Return the error for a server that took the request but did not answer in time."""
    text = f"{credentials.root} did not answer within {seconds:g} s."
    if not call.may_repeat:
        text += " What was asked for may have happened: look before you ask again."
    return errors.ServerUnreachable(text)


def cut_off(credentials: Credentials, call: Call[T], reason: str) -> errors.ServerUnreachable:
    """Return the error for a connection that broke before the answer was complete."""
    text = f"The connection to {credentials.root} broke before the answer came."
    if not call.may_repeat:
        text += " What was asked for may have happened: look before you ask again."
    return errors.ServerUnreachable(text, detail=reason)


def _error(call: Call[T], answer: Answer) -> errors.AgentRunsError:
    body = _body(answer)
    kind = _BY_NAME.get(str(body.get("error"))) or _class_for(call, answer.status_code)
    error = kind.__new__(kind)
    message, detail = _words(body, answer)
    errors.AgentRunsError.__init__(error, message, detail=detail)
    if isinstance(error, errors.ServerUnreachable):
        error.may_have_happened = True
    if isinstance(error, errors.InvalidQuery):
        error.position = _position(body.get("position"))
    if isinstance(error, errors.RateLimited):
        error.retry_after_seconds = _retry_after(answer.headers.get("retry-after"))
    return error


def _class_for(call: Call[T], status: int) -> type[errors.AgentRunsError]:
    kind = _BY_STATUS.get(status)
    if kind is errors.NotFound:
        return call.missing
    if kind is errors.Conflict:
        return call.conflict
    if kind is None:
        return errors.Unavailable if status >= _SERVER_ERROR_STATUS else errors.AgentRunsError
    return kind


def _body(answer: Answer) -> dict[str, JSON]:
    try:
        value = json.loads(answer.content)
    except ValueError:
        return {}
    return object_or_empty(value)


def _words(body: dict[str, JSON], answer: Answer) -> tuple[str, str | None]:
    detail = body.get("detail")
    if isinstance(detail, list):
        detail = "; ".join(_problem(each) for each in cast("list[JSON]", detail))
    elif detail is not None and not isinstance(detail, str):
        detail = json.dumps(detail, ensure_ascii=False)
    message = body.get("message")
    if not isinstance(message, str) or not message:
        message = detail or f"The server answered {answer.status_code}."
    return message, detail


def _position(value: JSON) -> int:
    return value if isinstance(value, int) else 0


def _problem(problem: JSON) -> str:
    """One entry of FastAPI's list as text: `body.prompt: Field required`."""
    if not isinstance(problem, dict):
        return str(problem)
    entry = object_or_empty(problem)
    place = ".".join(str(part) for part in list_or_empty(entry.get("loc")))
    return f"{place}: {entry.get('msg', 'not usable')}".lstrip(": ")


_MOST_RETRY_SECONDS = 3600.0
"""Nobody waits longer on one word of a server."""


def _retry_after(value: str | None) -> float | None:
    """Read seconds or an HTTP date. Source: RFC 9110, 10.2.3."""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            then = parsedate_to_datetime(value)
        except ValueError:
            return None
        zoned = then if then.tzinfo else then.replace(tzinfo=UTC)
        seconds = (zoned - datetime.now(UTC)).total_seconds()
    return min(max(0.0, seconds), _MOST_RETRY_SECONDS) if math.isfinite(seconds) else None


def _word(value: JSON) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime) else str(value)
