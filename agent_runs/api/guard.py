"""Who may talk to the API: the outermost layer, before any routing.

The checks in their order: the `Host` is one of ours (403; a foreign name that points here is an
attack on a local server), the `Origin` is ours or the dashboard's (403), the token is right if the
server has one (401), the body is not too large (413). Every response gets headers that stop
browsers from guessing types, framing and storing, and one that says which program sent it.
"""

import hmac
import ipaddress
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_runs import __version__
from agent_runs.addresses import LOCAL_NAMES, bracketed
from agent_runs.api.errors import error_response
from agent_runs.api.stream import DIRECT_SEND
from agent_runs.client.base import VERSION_HEADER
from agent_runs.errors import AgentRunsError, Forbidden, TooLarge, Unauthorized

OPEN_PATHS = frozenset({"/health", "/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"})
"""Paths without a token: they say nothing about runs, and a browser cannot send a token there."""
IMPORTS = "/imports"
"""Path that takes larger bodies than any other."""
ASSETS = "/static-offline-docs/"
"""Scripts and styles of `/docs` and `/redoc`, served from here, not by a foreign server."""

_WILDCARDS = frozenset({"0.0.0.0", "::", "[::]"})  # noqa: S104 - compared, not bound
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (VERSION_HEADER.encode(), __version__.encode()),
]
_API_HEADERS = [
    *_HEADERS,
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]
_DOCS_HEADERS = [
    *_HEADERS,
    (
        b"content-security-policy",
        b"default-src 'self'; script-src 'self' 'unsafe-inline'; worker-src blob:; "
        b"style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'",
    ),
]
_DOCS = frozenset({"/docs", "/redoc", "/docs/oauth2-redirect"})


@dataclass(frozen=True)
class Admission:
    """Which requests are admitted.

    Attributes:
        hosts: further names that `Host` can have; `*` means any name, and the address of all
            interfaces (`0.0.0.0`, `::`) means any IP address, which cannot be a foreign name.
        origins: web origins that can call from a browser, such as the dashboard's.
        token: required token; None requires none.
        body_limit_bytes: largest request body.
        import_limit_bytes: largest file to import.
    """

    hosts: Iterable[str] = ()
    origins: Iterable[str] = ()
    token: str | None = None
    body_limit_bytes: int = 40 * 1024 * 1024
    import_limit_bytes: int = 10 * 1024 * 1024 * 1024


class Guard:
    """ASGI middleware that passes on only admitted requests."""

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        names = [name.strip().lower() for name in (*LOCAL_NAMES, *admission.hosts)]
        self._any_host = "*" in names
        self._any_address = not _WILDCARDS.isdisjoint(names)
        self._hosts = frozenset(bracketed(name).encode() for name in names)
        self._origins = frozenset(origin_of(url).encode() for url in admission.origins)
        self._token = admission.token.encode() if admission.token else None
        self._limit = admission.body_limit_bytes
        self._import_limit = admission.import_limit_bytes
        self._app = app
        self._app_with_body = RequestBodyLimitMiddleware(app, admission.body_limit_bytes)
        self._app_with_origin, self._imports_with_origin = (
            CORSMiddleware(
                inner,
                allow_origins=[origin.decode() for origin in self._origins],
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
                expose_headers=["Retry-After", "Content-Disposition"],
            )
            for inner in (self._app_with_body, app)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await (
                _refuse_socket(send)
                if scope["type"] == "websocket"
                else self._app(scope, receive, send)
            )
            return
        path: str = scope["path"]
        if path.startswith("//"):
            # A client whose base address ends with a slash requests `//v1/...`.
            scope = {**scope, "path": "/" + path.lstrip("/")}
            scope["raw_path"] = b"/" + (scope.get("raw_path") or b"").lstrip(b"/")
            path = scope["path"]
        headers = _DOCS_HEADERS if path in _DOCS else _API_HEADERS
        if path.startswith(ASSETS):
            headers = _HEADERS

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        scope[DIRECT_SEND] = send
        fields = {name: value for name, value in scope["headers"] if name in _CHECKED_FIELDS}
        try:
            app = self._admit(scope, path, fields)
        except AgentRunsError as exc:
            await error_response(path, exc)(scope, receive, send_safely)
        else:
            await app(scope, receive, send_safely)

    def _admit(self, scope: Scope, path: str, fields: "_Fields") -> ASGIApp:
        """Return the application for this request, or raise the reason for its refusal."""
        host = fields.get(b"host", b"").lower()
        if not self._any_host and not self._is_ours(_without_port(host)):
            raise Forbidden(
                f"This server does not answer to the host name {_shown(host)}. If that name is "
                "yours, add it to AGENT_RUNS_ALLOWED_HOSTS."
            )
        method: str = scope["method"]
        origin = fields.get(b"origin")
        self._check_origin(method, host, origin, fields)
        if self._token is not None and method != "OPTIONS" and not _is_open(path):
            self._check_token(fields.get(b"authorization", b""))
        length = fields.get(b"content-length", b"")
        # An import is written to disk as it arrives, and counts its own bytes.
        limit = self._import_limit if path == IMPORTS else self._limit
        if length.isdigit() and (len(length) > 15 or int(length) > limit):  # noqa: PLR2004 - a petabyte; no need to convert more
            what, name = ("file", "IMPORT") if path == IMPORTS else ("request body", "BODY")
            raise TooLarge(
                f"The {what} is over {limit:,} bytes, AGENT_RUNS_{name}_LIMIT_BYTES. Nothing was "
                "stored."
            )
        if origin is not None:
            return self._imports_with_origin if path == IMPORTS else self._app_with_origin
        has_no_limit = method == "GET" or path == IMPORTS
        return self._app if has_no_limit else self._app_with_body

    def _is_ours(self, name: bytes) -> bool:
        return name in self._hosts or (self._any_address and _is_address(name))

    def _check_origin(
        self, method: str, host: bytes, origin: bytes | None, fields: "_Fields"
    ) -> None:
        if origin is not None:
            own = origin in {b"http://" + host, b"https://" + host}
            if not own and origin not in self._origins:
                raise Forbidden(
                    f"Web pages of {_shown(origin)} may not use this server. If that page is "
                    "yours, add it to AGENT_RUNS_ALLOWED_ORIGINS."
                )
        elif fields.get(b"sec-fetch-site") == b"cross-site":
            # People can follow a link on a foreign page: only they see where it leads.
            is_link = fields.get(b"sec-fetch-mode") == b"navigate"
            if not (method == "GET" and is_link and fields.get(b"sec-fetch-dest") == b"document"):
                raise Forbidden("Foreign web pages may not use this server.")

    def _check_token(self, authorization: bytes) -> None:
        scheme, _, token = authorization.partition(b" ")
        if scheme.lower() != b"bearer" or not token:
            raise Unauthorized(
                "This server requires a token: send `Authorization: Bearer ...` with its "
                "AGENT_RUNS_API_TOKEN."
            )
        if not hmac.compare_digest(token.strip(), self._token or b""):
            raise Unauthorized("The token is wrong: send the AGENT_RUNS_API_TOKEN of this server.")


_Fields = dict[bytes, bytes]
_CHECKED_FIELDS = frozenset(
    {
        b"host",
        b"origin",
        b"authorization",
        b"content-length",
        b"sec-fetch-site",
        b"sec-fetch-mode",
        b"sec-fetch-dest",
    }
)


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, as browsers write them in `Origin`."""
    parts = urlsplit(url.strip())
    default = {"http": 80, "https": 443}.get(parts.scheme)
    host = bracketed(parts.hostname or "")
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(ASSETS)


def _without_port(host: bytes) -> bytes:
    if host.startswith(b"["):
        return host.partition(b"]")[0] + b"]"
    return host.partition(b":")[0].rstrip(b".")


def _is_address(name: bytes) -> bool:
    try:
        ipaddress.ip_address(name.strip(b"[]").decode("latin-1"))
    except ValueError:
        return False
    return True


def _shown(value: bytes) -> str:
    return repr(value[:100].decode("latin-1"))


async def _refuse_socket(send: Send) -> None:
    message: MutableMapping[str, Any] = {"type": "websocket.close", "code": 1008}
    await send(message)
