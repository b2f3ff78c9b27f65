"""What both clients share, without I/O: calls, retries, errors.

A `Call` says everything about one request: how to send it, whether it can be sent again, how to
read its answer. `calls/` builds them, a `transport.py` sends them, the clients join the two.
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
"""A decoded JSON value, as in `record.py`, which would import pydantic."""
PAGE_LIMIT = 100
"""Most items that a server returns at once."""
ORG = "{org_id}"
"""Placeholder in a path for the organization, which may be unknown until the first call."""
VERSION_HEADER = "x-agent-runs-version"
"""In every response of a server of this program, which carries out requests with one key once."""

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
        path: under the server's root; the client fills in `{org_id}`.
        read: turns the decoded JSON (text if `accept` is not JSON) into the caller's result.
        params: values that are None are left out; tuples repeat the parameter.
        missing: what a 404 without a name means here.
        conflict: what a 409 without a name means here.
        key: by which a server of this program recognises a repeated request.
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
        """Tell whether any server can safely get it twice: a POST could start a second run."""
        return self.method == "GET"

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters as pairs of name and text."""
        pairs: list[tuple[str, str]] = []
        for name, value in self.params.items():
            values = cast("tuple[JSON, ...]", value) if isinstance(value, tuple) else (value,)
            pairs += [(name, _word(item)) for item in values if item is not None]
        return pairs


@dataclass(frozen=True)
class Answer:
    """A response, read to its end."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True)
class RetryPolicy:
    """When to send a call again, and after how long.

    Attributes:
        retries: most retries after the first attempt.
        base_seconds: upper bound of the first, random wait; the bound doubles each time.
        retry_after_limit_seconds: no retry if the server asks for a longer wait than this.
        pick: `(low, high)` → a random number between the two; tests give their own.
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
        retry_after = getattr(error, "retry_after_seconds", None)
        if retry_after is None:
            return wait
        return None if retry_after > self.retry_after_limit_seconds else retry_after + wait


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
"""Entered around each request of a blocking client: can make it wait, sees `Fault` and errors."""
AsyncGate = Callable[[Call[Any]], AbstractAsyncContextManager[None]]
"""The same for an async client."""


class Fault(Exception):
    """Wraps an error after which a retry can help.

    Attributes:
        is_lost: there was no response, not even a refusal.
    """

    def __init__(self, error: errors.AgentRunsError, *, is_lost: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.is_lost = is_lost

    def may_repeat(self, call: Call[Any], *, knows_keys: bool) -> bool:
        """Tell whether the call can be sent again.

        Args:
            knows_keys: the server carries out requests with one key once. A response that says "the
                outcome is unknown" is final: a retry would turn it into "done".
        """
        return call.may_repeat or (self.is_lost and knows_keys and call.key is not None)


def headers(credentials: Credentials) -> dict[str, str]:
    """Return the headers of every request."""
    always = {"user-agent": credentials.program}
    if credentials.token:
        always["authorization"] = f"Bearer {credentials.token}"
    return always


def read(call: Call[T], answer: Answer, credentials: Credentials) -> T:
    """Return the result that the answer holds.

    Raises:
        Fault: an error that may be temporary.
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
            f"{credentials.root} is not a server of this API: it answered {answer.status_code} "
            f"with {kind}. Is another program listening there?"
        ) from exc
    return call.read(value)


def refuse_stream(call: Call[None], answer: Answer, credentials: Credentials) -> NoReturn:
    """Raise the error for an answer that is not a stream of events."""
    read(call, answer, credentials)
    raise errors.UnexpectedAnswer(f"{credentials.root} does not send events.")


def unreachable(
    credentials: Credentials, reason: str, *, name: bool = False, tls: bool = False
) -> errors.ServerUnreachable:
    """Return the error for a server that cannot be connected to.

    Args:
        name: its host name could not be found.
        tls: it answered, but its certificate cannot be trusted or it does not use TLS.
    """
    problem = f"No server answers at {credentials.root}."
    if tls:
        problem = f"There is no secure connection to {credentials.root}; nothing was sent."
        hint = "Check the beginning of the address (https or http) and the server's certificate"
    elif credentials.is_loopback:
        hint = "Start it with `agent-runs up` or `python api.py`"
    elif name:
        hint = "The host name was not found: check the address, and that this machine is online"
    else:
        hint = "Check the address and the network"
    return errors.ServerUnreachable(f"{problem} {hint}.", detail=reason, may_have_happened=False)


def too_slow(credentials: Credentials, call: Call[T], seconds: float) -> errors.ServerUnreachable:
    """Return the error for a server that got the request but did not answer in time."""
    text = f"{credentials.root} did not answer within {seconds:g} s."
    return errors.ServerUnreachable(text + _warning(call))


def cut_off(credentials: Credentials, call: Call[T], reason: str) -> errors.ServerUnreachable:
    """Return the error for a connection that broke before the answer was complete."""
    text = f"The connection to {credentials.root} broke before the answer arrived."
    return errors.ServerUnreachable(text + _warning(call), detail=reason)


def _warning(call: Call[T]) -> str:
    if call.may_repeat:
        return ""
    return " The request may have been carried out: check before you send it again."


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
        detail = "; ".join(_problem(item) for item in cast("list[JSON]", detail))
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
"""Longest wait that a server can ask for."""


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
