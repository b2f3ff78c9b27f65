"""ASGI layers around the Reflex app: a proxy to the API, origin checks, and security headers.

Browsers talk only to the dashboard, which passes `/api/...` on to the API. The token stays on this
side, and the API needs no CORS.
"""

import base64
import hashlib
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache, partial
from pathlib import Path
from urllib.parse import urlsplit

import anyio
from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_runs.addresses import LOCAL_NAMES, bracketed
from agent_runs.dashboard.serving.access import credentials
from agent_runs.errors import ServerUnreachable
from agent_runs.outbound.forward import Forwarded, Forwarder
from agent_runs.settings import load_settings

_METHODS = ["GET", "POST", "PUT", "DELETE"]
_IMPORTS = "/imports"
_CLIENT_GONE = 499  # what proxies log when the client has gone away
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_REQUEST_HEADERS = frozenset(
    {"accept", "accept-encoding", "content-type", "idempotency-key", "last-event-id", "range"}
)
_HOP_HEADERS = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "date", "server"}
)
_INLINE_SCRIPT = re.compile(r"<script([^>]*)>(.*?)</script>", re.DOTALL)


@cache
def _forwarder() -> Forwarder:
    return Forwarder(credentials())


async def close_forwarder() -> None:
    """Close the connections that the proxy holds open."""
    if _forwarder.cache_info().currsize:
        await _forwarder().close()
        _forwarder.cache_clear()


async def proxy(request: Request) -> Response:
    """Pass a request on to the API and stream its answer back."""
    raw_path = request.scope.get("raw_path") or request.url.path.encode()
    path = "/" + raw_path.decode("latin-1").partition("?")[0].removeprefix("/api/").lstrip("/")
    if ".." in path.split("/"):
        return _problem(404, "NotFound", "This address does not exist.")
    headers = {name: value for name, value in request.headers.items() if name in _REQUEST_HEADERS}
    length = request.headers.get("content-length")
    if length:
        headers["content-length"] = length
    sending = partial(
        _forwarder().forward, request.method, path, query=request.url.query, headers=headers
    )
    try:
        if path == _IMPORTS:
            answer = await _while_connected(request, partial(sending, waits=True))
        else:
            answer = await sending(
                body=None if request.method in _SAFE_METHODS else request.stream()
            )
    except ServerUnreachable as exc:
        return _problem(503, "ServerUnreachable", exc.message)
    except ClientDisconnect:
        return Response(status_code=_CLIENT_GONE)
    headers = {name: value for name, value in answer.headers if name not in _HOP_HEADERS}
    return StreamingResponse(answer.chunks(), answer.status_code, headers)


async def _while_connected(
    request: Request, send: Callable[..., Awaitable[Forwarded]]
) -> Forwarded:
    """Pass a file on; if the browser goes away, close its request to the API too.

    Raises:
        ClientDisconnect: the browser went away.
    """
    sent = anyio.Event()
    outcome: Forwarded | ServerUnreachable | ClientDisconnect = ClientDisconnect()

    async def body() -> AsyncIterator[bytes]:
        async for chunk in request.stream():
            yield chunk
        sent.set()

    async def watch() -> None:
        await sent.wait()
        while (await request.receive())["type"] != "http.disconnect":
            pass
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch)
        try:
            outcome = await send(body=body())
        except (ServerUnreachable, ClientDisconnect) as exc:
            outcome = exc
        tasks.cancel_scope.cancel()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _problem(status: int, name: str, message: str) -> Response:
    body = {"error": name, "message": message, "detail": message, "status_code": status}
    return JSONResponse(body, status)


api_routes = Starlette(routes=[Route("/api/{path:path}", proxy, methods=_METHODS)])


class SameOrigin:
    """Refuses requests from web pages of other origins, over HTTP and the websocket.

    Programs that are not browsers send no `Origin` and pass: they could use the API as well.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        if scope["type"] not in {"http", "websocket"} or is_same_origin(HTTPConnection(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _problem(403, "Forbidden", "Other web pages may not use the dashboard.")(
                scope, receive, send
            )


def is_same_origin(request: HTTPConnection) -> bool:
    """Tell whether a request comes from our own page, or not from a web page at all."""
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.headers.get("host")
    if request.headers.get("sec-fetch-site") == "cross-site":
        is_followed_link = request.headers.get("sec-fetch-mode") == "navigate"
        return is_followed_link and request.scope.get("method") in _SAFE_METHODS
    return True


class SecurityHeaders:
    """Adds headers that restrict scripts, frames and content types, and that control caching."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        build = Path(os.environ.get("REFLEX_WEB_WORKDIR", ".web")) / "build" / "client"
        self._headers = [
            (b"content-security-policy", policy(inline_hashes(build)).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"x-frame-options", b"DENY"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                own = [pair for pair in self._headers if pair[0] not in names]
                if b"cache-control" not in names:
                    own.append((b"cache-control", caching(path, message["status"])))
                message["headers"] = [*message["headers"], *own]
            await send(message)

        await self._app(scope, receive, send_safely)


def caching(path: str, status: int) -> bytes:
    """Return the cache header: only files with their hash in the name may be cached."""
    if path.startswith("/assets/") and status == 200:  # noqa: PLR2004
        return b"public, max-age=31536000, immutable"
    return b"no-cache"


def policy(script_hashes: list[str]) -> str:
    """Return the content security policy.

    Reflex needs `unsafe-eval` to run event specs (toasts). Inline scripts stay blocked, except for
    those of our own build, by hash.
    """
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {' '.join(script_hashes)} 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        )
    )


def inline_hashes(folder: Path) -> list[str]:
    """Return the CSP hashes of all inline scripts in the pages of `folder`."""
    hashes: set[str] = set()
    for page in folder.rglob("*.html"):
        for attributes, code in _INLINE_SCRIPT.findall(page.read_text(encoding="utf-8")):
            if "src=" not in attributes and code:
                digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
                hashes.add(f"'sha256-{digest}'")
    return sorted(hashes)


def trusted_hosts(app: ASGIApp) -> ASGIApp:
    """Refuse foreign `Host` names, with which web pages attack local servers (DNS rebinding)."""
    settings = load_settings()
    public = urlsplit(settings.dashboard_url).hostname or ""
    hosts = [bracketed(name) for name in (*LOCAL_NAMES, public, *settings.allowed_hosts)]
    return TrustedHostMiddleware(app, allowed_hosts=hosts, www_redirect=False)
