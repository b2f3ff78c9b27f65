"""A small real twin of the hosted Codegen API, with its quirks and with faults on demand.

Quirks that were seen upstream: times without zone, ids of organizations as strings, nulls,
observations that are text or objects, logs under `/v1/alpha` only, no `seq`, no events.
"""

import contextlib
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN = "sk-twin-token"
ORG = 323


@dataclass
class Fault:
    """What the next request gets instead of its answer; `drop` closes the connection."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    drop: bool = False
    text: str | None = None


@dataclass
class HostedApi:
    """The twin's state; tests read and change it at will.

    Attributes:
        faults: taken by requests in order, whatever they ask for; None lets one pass.
        requests: `METHOD path?query` of each request.
        streams: events of one connection each, for `GET /agent_runs/{id}/events`; none: 404.
    """

    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    logs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[Fault | None] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    streams: Iterator[AsyncIterator[bytes]] | None = None
    alpha: bool = True
    url: str = ""

    def add_run(self, status: str = "ACTIVE", **fields: Any) -> int:
        """Add a run as upstream shows one; returns its id."""
        run_id = max(self.runs, default=100) + 1
        self.runs[run_id] = {
            "id": run_id,
            "organization_id": ORG,
            "status": status,
            "created_at": "2025-06-21 11:20:04.338398",
            "web_url": f"https://codegen.com/agent/trace/{run_id}",
            "result": None,
            "summary": None,
            "source_type": "API",
            "github_pull_requests": [],
            "metadata": None,
        } | fields
        self.logs[run_id] = []
        return run_id

    def add_log(self, run_id: int, message_type: str = "ACTION", **fields: Any) -> None:
        """Add an entry as upstream shows one."""
        self.logs[run_id].append(
            {
                "agent_run_id": run_id,
                "created_at": "2025-06-21 11:20:05.000001",
                "message_type": message_type,
                "thought": None,
                "tool_name": None,
                "tool_input": None,
                "tool_output": None,
                "observation": None,
            }
            | fields
        )

    def app(self) -> ASGIApp:
        """The application."""
        org = "/v1/organizations/{org}"
        alpha = "/v1/alpha/organizations/{org}" if self.alpha else org
        routes = [
            Route("/v1/users/me", self._me),
            Route("/v1/organizations", self._organizations),
            Route(f"{org}/agent/run", self._create, methods=["POST"]),
            Route(f"{org}/agent/run/resume", self._resume, methods=["POST"]),
            Route(f"{org}/agent/run/ban", self._ban, methods=["POST"]),
            Route(f"{org}/agent/run/{{id}}", self._get),
            Route(f"{org}/agent/runs", self._list),
            Route(f"{alpha}/agent/run/{{id}}/logs", self._logs),
            Route("/agent_runs/{id}/events", self._events),
            Route("/events", self._events),
        ]
        inner = Starlette(routes=routes)

        async def outer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                return await inner(scope, receive, send)
            query = scope["query_string"].decode()
            self.requests.append(f"{scope['method']} {scope['path']}{'?' * bool(query)}{query}")
            self.headers.append({k.decode(): v.decode() for k, v in scope["headers"]})
            fault = self.faults.pop(0) if self.faults else None
            if fault is None:
                return await inner(scope, receive, send)
            if fault.drop:
                # An answer shorter than it says: the client sees the connection break.
                start = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
                await send({"type": "http.response.start", "status": 200, "headers": start})
                raise ConnectionAbortedError("as the test wants")
            if fault.text is not None:
                answer = Response(fault.text, fault.status, fault.headers)
            else:
                body = fault.body or {"message": "on demand", "status_code": fault.status}
                answer = JSONResponse(body, fault.status, fault.headers)
            return await answer(scope, receive, send)

        return outer

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"detail": "Invalid or missing token"}, 401)
        if request.path_params.get("org", str(ORG)) != str(ORG):
            return JSONResponse({"message": "No access to this org", "status_code": 403}, 403)
        return None

    async def _me(self, request: Request) -> Response:
        return self._refused(request) or JSONResponse(
            {"id": 7, "github_user_id": "70", "github_username": "ann", "email": None}
        )

    async def _organizations(self, request: Request) -> Response:
        items = [{"id": str(ORG), "name": "Twin", "settings": {"enable_pr_creation": True}}]
        page = {"items": items, "total": 1, "page": 1, "size": 100, "pages": 1}
        return self._refused(request) or JSONResponse(page)

    async def _create(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        body = await request.json()
        self.bodies.append(body)
        if not body.get("prompt"):
            problem = {"loc": ["body", "prompt"], "msg": "Field required", "type": "missing"}
            return JSONResponse({"detail": [problem]}, 422)
        return JSONResponse(self.runs[self.add_run(metadata=body.get("metadata"))])

    async def _resume(self, request: Request) -> Response:
        body = await request.json()
        self.bodies.append(body)
        run = self.runs.get(body["agent_run_id"])
        # Upstream answers 404 for a run that still works.
        if run is None or run["status"] == "ACTIVE":
            return _missing()
        run["status"] = "ACTIVE"
        return self._refused(request) or JSONResponse(run)

    async def _ban(self, request: Request) -> Response:
        body = await request.json()
        self.runs[body["agent_run_id"]]["status"] = "CANCELLED"
        return self._refused(request) or JSONResponse({"message": "banned"})

    async def _get(self, request: Request) -> Response:
        run = self.runs.get(int(request.path_params["id"]))
        return self._refused(request) or (JSONResponse(run) if run else _missing())

    async def _list(self, request: Request) -> Response:
        skip = int(request.query_params.get("skip", 0))
        limit = int(request.query_params.get("limit", 100))
        runs = [self.runs[run_id] for run_id in sorted(self.runs, reverse=True)]
        page = _place(len(runs), skip, limit) | {"total": len(runs)}
        return self._refused(request) or JSONResponse({"items": runs[skip : skip + limit]} | page)

    async def _logs(self, request: Request) -> Response:
        run = self.runs.get(int(request.path_params["id"]))
        if run is None:
            return _missing()
        skip = int(request.query_params.get("skip", 0))
        limit = int(request.query_params.get("limit", 100))
        logs = list(self.logs[run["id"]])
        if request.query_params.get("reverse") == "true":
            logs.reverse()
        shown = {k: v for k, v in run.items() if k not in {"summary", "source_type"}}
        page = {"logs": logs[skip : skip + limit], "total_logs": len(logs)}
        place = _place(len(logs), skip, limit)
        return self._refused(request) or JSONResponse(shown | page | place)

    async def _events(self, _: Request) -> Response:
        stream = next(self.streams, None) if self.streams else None
        if stream is None:
            return JSONResponse({"detail": "Not Found"}, 404)
        return StreamingResponse(stream, media_type="text/event-stream")


def _missing() -> Response:
    return JSONResponse({"message": "Agent run not found", "status_code": 404}, 404)


def _place(total: int, skip: int, limit: int) -> dict[str, int]:
    return {"page": skip // limit + 1, "size": limit, "pages": -(-total // limit)}


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextlib.contextmanager
def serve_app(app: ASGIApp) -> Generator[str]:
    """Serve an application over real HTTP in a thread; gives its address."""
    config = uvicorn.Config(
        app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1, loop="asyncio"
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert server.ready.wait(10)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextlib.contextmanager
def serve_twin(api: HostedApi | None = None) -> Generator[HostedApi]:
    """A running twin."""
    api = api or HostedApi()
    with serve_app(api.app()) as url:
        api.url = url
        yield api
