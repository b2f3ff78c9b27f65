"""Sends spans to a collector: lines of OTLP JSON go out as OTLP/HTTP in binary form.

Every collector takes the binary form, but not every collector takes JSON. If a collector is
temporarily unavailable, the spans are sent again, as OTLP says, with the same ids.

Source: OTLP/HTTP, https://opentelemetry.io/docs/specs/otlp/#otlphttp.
"""

import base64
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import orjson
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from agent_runs.errors import InvalidRequest, ServerUnreachable, UnexpectedAnswer

_PATH = "/v1/traces"
_IDS = ("traceId", "spanId", "parentSpanId")
_AGAIN = frozenset({429, 502, 503, 504})
_TRIES = 5
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 30.0
_TIMEOUT_SECONDS = 30.0


@dataclass
class Sent:
    """The outcome of sending spans.

    Attributes:
        spans: number of spans sent.
        rejected: number of spans that the collector rejected.
        message: what the collector said about those.
    """

    spans: int = 0
    rejected: int = 0
    message: str = ""


def send_spans(
    parts: Iterable[bytes],
    url: str,
    headers: Mapping[str, str],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Sent:
    """Send an export of `GET /exports?format=otlp`.

    Args:
        url: address of the collector; `/v1/traces` is added if it has no path.
        headers: further headers, such as a token.
        sleep: waits that many seconds before a retry.

    Raises:
        InvalidRequest: the address cannot be used.
        ServerUnreachable: the collector stays unavailable.
        UnexpectedAnswer: it refuses the spans.
    """
    sent = Sent()
    with httpx.Client(timeout=_TIMEOUT_SECONDS) as http:
        for line in _lines(parts):
            request = _request(line)
            answer = _post(http, _address(url), request, headers, sleep)
            sent.spans += sum(
                len(scope.spans)
                for resource in request.resource_spans
                for scope in resource.scope_spans
            )
            _note(sent, answer)
    return sent


def headers_of(text: str) -> dict[str, str]:
    """Return the headers in `key=value,key=value` with percent-encoded values."""
    pairs = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidRequest(f"--otlp {url!r}: use a collector's address like http://host:4318.")
    return parts._replace(path=_PATH).geturl() if parts.path in {"", "/"} else url


def _post(
    http: httpx.Client,
    url: str,
    request: ExportTraceServiceRequest,
    headers: Mapping[str, str],
    sleep: Callable[[float], None],
) -> httpx.Response:
    # Not compressed: OTLP leaves that to the sender, and not every receiver supports it.
    own = {"content-type": "application/x-protobuf"}
    content = request.SerializeToString()
    problem = ""
    for attempt in range(_TRIES):
        if attempt:
            sleep(min(_FIRST_WAIT_SECONDS * 2 ** (attempt - 1), _LONGEST_WAIT_SECONDS))
        try:
            answer = http.post(url, content=content, headers={**headers, **own})
        except httpx.HTTPError as exc:
            problem = str(exc) or type(exc).__name__
            continue
        if answer.is_success:
            return answer
        problem = f"it answered {answer.status_code}"
        if answer.status_code not in _AGAIN:
            raise UnexpectedAnswer(
                f"The collector {url} refuses the spans: {problem}. Check its address, and whether "
                "it requires a header.",
                detail=answer.text[:1000],
            )
    raise ServerUnreachable(
        f"The collector {url} accepted no spans in {_TRIES} attempts: {problem}. Export again "
        "later; spans that it already has keep their ids."
    )


def _note(sent: Sent, answer: httpx.Response) -> None:
    reply = ExportTraceServiceResponse()
    if "protobuf" not in answer.headers.get("content-type", "") or not answer.content:
        return
    try:
        reply.ParseFromString(answer.content)
    except DecodeError:
        return
    sent.rejected += reply.partial_success.rejected_spans
    sent.message = reply.partial_success.error_message or sent.message


def _request(line: bytes) -> ExportTraceServiceRequest:
    try:
        spans: dict[str, Any] = orjson.loads(line)
        for resource in spans["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    for name in _IDS:
                        if name in span:
                            span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
        return ParseDict(spans, ExportTraceServiceRequest())
    except (ValueError, KeyError, TypeError, ParseError) as exc:
        raise UnexpectedAnswer(f"The server sent no spans: {exc}.") from exc


def _lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        yield from lines
    if rest.strip():
        yield rest
