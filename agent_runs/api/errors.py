"""Turns exceptions into responses: the only place that does.

Native paths answer `{"error", "message", "detail", "status_code"}`, `/v1` the official
`{"message", "detail", "status_code"}`. The `detail` of a 422 is always a list, as official clients
expect. The content of a request is never returned: it may be a secret.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agent_runs.errors import (
    AgentRunsError,
    Conflict,
    Forbidden,
    InvalidQuery,
    InvalidRequest,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthorized,
)
from agent_runs.models import JSON
from agent_runs.schemas.errors import (
    ErrorResponse,
    InvalidResponse,
    OfficialErrorResponse,
    OfficialInvalidResponse,
)

logger = logging.getLogger(__name__)

_INVALID = 422
_NOT_JSON = "json_invalid"
_NAMES: dict[int, str] = {
    kind.status_code: kind.__name__
    for kind in (InvalidRequest, Unauthorized, Forbidden, NotFound, Conflict, TooLarge, RateLimited)
}
_MEANINGS = {
    400: "Never sent by this server, which answers wrong requests with a 422.",
    401: "The token is missing or wrong; only if the server requires one.",
    402: "Never sent by this server, which has no plan to use up.",
    403: "The host name, the web page's origin or the organization is not allowed.",
    404: "Nothing has this id.",
    409: "The request does not fit the current state.",
    413: "The body is larger than `AGENT_RUNS_BODY_LIMIT_BYTES`.",
    422: "A value in the request cannot be used; nothing was stored.",
    429: "Too many requests; `Retry-After` says how long to wait. Only if limits are on.",
    500: "The server has a fault; its log says more.",
    503: "The database cannot be used now; nothing was changed.",
}


def documented(*further: int, official: bool = False) -> dict[int | str, dict[str, Any]]:
    """Return `responses=` of a route: the errors of every route, and `further` ones."""
    error, invalid = (
        (OfficialErrorResponse, OfficialInvalidResponse)
        if official
        else (ErrorResponse, InvalidResponse)
    )
    return {
        status: {
            "model": invalid if status == _INVALID else error,
            "description": _MEANINGS[status],
        }
        for status in sorted({401, 403, 422, 500, 503, *further, *({429} if official else ())})
    }


def error_response(path: str, exc: AgentRunsError) -> Response:
    """Return the response for one of our errors."""
    headers: dict[str, str] = {}
    if isinstance(exc, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(exc, RateLimited):
        headers["Retry-After"] = str(max(1, math.ceil(exc.retry_after_seconds or 1)))
    detail: JSON = exc.detail
    further: dict[str, JSON] = {}
    if isinstance(exc, InvalidQuery):
        detail = [{"loc": ["query", "q"], "msg": exc.message, "type": "invalid_query"}]
        further["position"] = exc.position
    elif exc.status_code == _INVALID:
        detail = [{"loc": ["body"], "msg": exc.message, "type": "invalid_request"}]
    return _answer(
        path,
        exc.status_code,
        type(exc).__name__,
        message=exc.message,
        detail=detail,
        headers=headers,
        further=further,
    )


def add_error_handlers(app: FastAPI) -> None:
    """Let `app` answer every exception in our shape."""
    app.exception_handler(AgentRunsError)(_on_own_error)
    app.exception_handler(RequestValidationError)(_on_invalid)
    app.exception_handler(HTTPException)(_on_http_exception)
    app.exception_handler(Exception)(_on_fault)


async def _on_own_error(request: Request, exc: AgentRunsError) -> Response:
    # The words of another server may repeat what we sent to it.
    server = getattr(request.app.state, "server", None)
    if server is not None:
        exc.message, exc.detail = server.redact(exc.message), server.redact(exc.detail)
    return error_response(request.url.path, exc)


async def _on_invalid(request: Request, exc: RequestValidationError) -> Response:
    is_json = "json" in request.headers.get("content-type", "")
    return _invalid(request, [_problem(error, is_json=is_json) for error in exc.errors()])


async def _on_http_exception(request: Request, exc: HTTPException) -> Response:
    status, path = exc.status_code, request.url.path
    if status == HTTPStatus.BAD_REQUEST:
        # An unreadable body is one more kind of wrong request, not a separate status.
        return _invalid(request, [{"loc": ["body"], "msg": exc.detail, "type": "unreadable"}])
    message = exc.detail
    if status == HTTPStatus.NOT_FOUND and message == HTTPStatus.NOT_FOUND.phrase:
        message = f"There is no {path!r} here; /docs lists all paths."
    elif status == HTTPStatus.METHOD_NOT_ALLOWED:
        message = f"{path!r} does not take {request.method}; /docs lists all paths."
    elif status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        message = "The request body is over the limit, AGENT_RUNS_BODY_LIMIT_BYTES."
    name = _NAMES.get(status, HTTPStatus(status).phrase.replace(" ", ""))
    return _answer(path, status, name, message=message, detail=message, headers=exc.headers)


async def _on_fault(request: Request, exc: Exception) -> Response:
    logger.error("%s %s failed: %s", request.method, request.url.path, type(exc).__name__)
    message = "The server has a fault; its log says more. Nothing that it acknowledged is lost."
    return _answer(request.url.path, 500, "AgentRunsError", message=message, detail=message)


def _invalid(request: Request, problems: Sequence[Mapping[str, JSON]]) -> Response:
    message = " ".join(f"{_place(problem)}: {problem['msg']}." for problem in problems)
    return _answer(
        request.url.path,
        _INVALID,
        InvalidRequest.__name__,
        message=message,
        detail=list(problems),
    )


def _problem(error: Mapping[str, Any], *, is_json: bool) -> dict[str, JSON]:
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] in {"too_long", "too_short"} and isinstance(error.get("input"), str):
        # Pydantic counts items once our own function has checked a text.
        message = message.replace(" items after validation", " characters")
        message = message.replace(" item after validation", " character")
    if error["type"] == _NOT_JSON:
        reason = error.get("ctx", {}).get("error", "")
        message = f"{message} at character {error['loc'][-1]}: {reason}"
    elif tuple(error["loc"]) == ("body",) and not is_json and error["type"] != "missing":
        message = "send it as JSON, with the header Content-Type: application/json"
    return {
        "loc": [_clean(part) if isinstance(part, str) else part for part in error["loc"]],
        "msg": _clean(message),
        "type": error["type"],
    }


def _place(problem: Mapping[str, Any]) -> str:
    """The names on the way to a field, as people write them: `prompt`, `images.0`, `limit`."""
    loc: Sequence[str | int] = problem["loc"]
    if problem["type"] == _NOT_JSON:  # after `body` comes the position of the error in the text
        loc = loc[:1]
    return ".".join(str(name) for name in (loc[1:] or loc))


def _clean(text: str) -> str:
    """Make a name of the request encodable, and bound it."""
    return text.encode("utf-8", "replace").decode()[:500]


def _answer(
    path: str,
    status: int,
    name: str,
    *,
    message: str,
    detail: JSON,
    headers: Mapping[str, str] | None = None,
    further: Mapping[str, JSON] | None = None,
) -> Response:
    body: dict[str, JSON] = {"message": message, "detail": detail, "status_code": status}
    body |= further or {}
    if not path.startswith("/v1/"):
        body = {"error": name, **body}
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
