"""What stands around the Reflex app: who may come in, what browsers are told, the proxy."""

import hashlib
from base64 import b64encode
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message
from starlette.websockets import WebSocket

from agent_runs.dashboard.serving import access, same_origin, web
from tests.dashboard.serving import Serve

pytestmark = pytest.mark.anyio
HOST = "http://localhost:3000"


async def page(_: Request) -> Response:
    return HTMLResponse("page")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


def inner() -> Starlette:
    pages = [Route(path, page, methods=["GET", "POST"]) for path in ("/", "/assets/x-1a2b.js")]
    return Starlette(routes=[*pages, WebSocketRoute("/_event", socket)])


def client(app: ASGIApp) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=HOST)


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {}, 200),  # a program
        ("POST", {"origin": HOST}, 200),
        ("POST", {"origin": "http://evil.example"}, 403),
        ("POST", {"origin": "http://localhost:3001"}, 403),
        ("POST", {"origin": "null"}, 403),
        ("GET", {"origin": "http://evil.example"}, 403),
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),  # a link
        ("GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ("POST", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 403),
    ],
)
async def test_only_our_own_pages_may_ask(
    method: str, headers: dict[str, str], status: int
) -> None:
    async with client(web.SameOrigin(inner())) as http:
        answer = await http.request(method, "/", headers=headers)
    assert answer.status_code == status


async def first_answer(app: ASGIApp, origin: str | None) -> Message:
    """Knock at the websocket as a browser does; return what the server says first."""
    said: list[Message] = []
    origins = [(b"origin", origin.encode())] if origin else []
    scope = {
        "type": "websocket",
        "path": "/_event",
        "query_string": b"",
        "headers": [(b"host", b"localhost:3000"), *origins],
    }

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        said.append(message)

    await app(scope, receive, send)
    return said[0]


@pytest.mark.parametrize("origin", [None, HOST])
async def test_our_own_pages_and_programs_may_open_the_websocket(origin: str | None) -> None:
    answer = await first_answer(web.SameOrigin(inner()), origin)
    assert answer["type"] == "websocket.accept"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:81"])
async def test_foreign_pages_may_not_open_the_websocket(origin: str | None) -> None:
    answer = await first_answer(web.SameOrigin(inner()), origin)
    assert answer == {"type": "websocket.close", "code": 1008}


def test_the_websocket_is_open_to_this_machine_and_to_named_hosts_only() -> None:
    assert same_origin.websocket_origins(3000, "http://localhost:3000", []) == [
        "http://localhost:3000",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
    ]
    named = same_origin.websocket_origins(3000, "https://dash.example/", ["other.example"])
    assert {"https://dash.example", "https://other.example"} <= set(named)
    assert "*" not in named


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:3000", 200),
        ("127.0.0.1:3000", 200),
        ("dash.example", 200),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
    ],
)
async def test_only_names_that_are_ours_are_answered(
    host: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_RUNS_ALLOWED_HOSTS", "dash.example")
    async with client(web.trusted_hosts(inner())) as http:
        answer = await http.get("/", headers={"host": host})
    assert answer.status_code == status


async def test_every_answer_carries_the_security_headers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "window.ready = 1"
    client_folder = tmp_path / "build" / "client"
    client_folder.mkdir(parents=True)
    (client_folder / "index.html").write_text(
        f'<script>{code}</script><script src="/x.js"></script><script type="module"></script>'
    )
    monkeypatch.setenv("REFLEX_WEB_WORKDIR", str(tmp_path))
    async with client(web.SecurityHeaders(inner())) as http:
        answers = [await http.get("/"), await http.get("/nothing-here")]
    digest = b64encode(hashlib.sha256(code.encode()).digest()).decode()
    for answer in answers:
        directives = dict(
            part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
        )
        assert directives["script-src"] == f"'self' 'sha256-{digest}' 'unsafe-eval'"
        for name in ("object-src", "base-uri", "frame-ancestors"):
            assert directives[name] == "'none'"
        assert directives["connect-src"] == directives["default-src"] == "'self'"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-cache"


async def test_only_files_named_by_their_hash_are_kept_by_browsers() -> None:
    async with client(web.SecurityHeaders(inner())) as http:
        asset = await http.get("/assets/x-1a2b.js")
        missing = await http.get("/assets/gone.js")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert missing.headers["cache-control"] == "no-cache"


async def test_headers_of_the_app_itself_win() -> None:
    async def download(_: Request) -> Response:
        return PlainTextResponse("x", headers={"cache-control": "no-store"})

    async with client(web.SecurityHeaders(Starlette(routes=[Route("/", download)]))) as http:
        assert (await http.get("/")).headers.get_list("cache-control") == ["no-store"]


async def echo(request: Request) -> Response:
    body = (await request.body()).decode()
    names = ("authorization", "cookie", "x-mine", "idempotency-key")
    sent = {name: request.headers.get(name) for name in names}
    facts = {"path": request.scope["raw_path"].decode(), "query": request.url.query, "body": body}
    return JSONResponse(facts | sent | {"method": request.method}, 201, {"x-total": "7"})


@pytest.fixture
def api(serve_as_api: Serve) -> str:
    every = ["GET", "POST", "PUT", "DELETE"]
    return serve_as_api(Starlette(routes=[Route("/{path:path}", echo, methods=every)]))


async def test_the_proxy_passes_a_request_on_with_the_token_of_this_side(api: str) -> None:
    async with client(web.api_routes) as http:
        answer = await http.put(
            "/api/agent_runs/7?q=a%26b&page=2",
            content="body",
            headers={
                "authorization": "Bearer of-the-browser",
                "cookie": "a=b",
                "x-mine": "1",
                "idempotency-key": "k1",
            },
        )
    assert answer.status_code == 201
    assert answer.headers["x-total"] == "7"
    assert answer.json() == {
        "method": "PUT",
        "path": "/agent_runs/7",
        "query": "q=a%26b&page=2",
        "body": "body",
        "authorization": "Bearer canary-of-the-dashboard",
        "cookie": None,
        "x-mine": None,
        "idempotency-key": "k1",
    }


async def test_head_is_passed_on_without_a_body(api: str) -> None:
    async with client(web.api_routes) as http:
        answer = await http.head("/api/agent_runs/7")
    assert answer.status_code == 201
    assert answer.headers["x-total"] == "7"
    assert answer.content == b""


async def test_a_path_stays_encoded_and_on_our_api(api: str) -> None:
    async with client(web.api_routes) as http:
        encoded = await http.get("/api/agent_runs/1/files/a%2Fb%20c.txt")
        elsewhere = await http.get("/api//evil.example/x")
    assert encoded.json()["path"] == "/agent_runs/1/files/a%2Fb%20c.txt"
    assert elsewhere.json()["path"] == "/evil.example/x"


async def test_while_the_api_is_away_the_proxy_says_so_in_the_apis_own_words(
    api: str, monkeypatch: pytest.MonkeyPatch, free_tcp_port: int
) -> None:
    monkeypatch.setenv("AGENT_RUNS_API_URL", f"http://127.0.0.1:{free_tcp_port}")
    access.credentials.cache_clear()
    async with client(web.api_routes) as http:
        answer = await http.get("/api/health")
    assert answer.status_code == 503
    assert answer.json()["error"] == "ServerUnreachable"
    assert "python api.py" in answer.json()["message"]
