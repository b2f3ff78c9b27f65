"""A small real twin of the hosted Codegen API, with its quirks, limits and faults on demand.

Quirks that were seen upstream: times without zone, ids of organizations as strings, nulls,
observations that are text or objects, logs under `/v1/alpha` only, no `seq`, no events; answers
never have the prompt, the model, the repository or the user; a run that works cannot be resumed
(404); there is no plain stop; the same create twice makes two runs.

Tests read and change its state at will. By hand: `make twin` (`hosted_api_by_hand.py`).
"""

import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.hosted_api_faults import Fault, answer, take
from tests.hosted_api_life import Clock, Life, Step
from tests.hosted_api_limits import Limits
from tests.hosted_api_serving import serve_app
from tests.patience import PATIENCE_SECONDS

__all__ = ["ORG", "TOKEN", "Fault", "HostedApi", "serve_app", "serve_twin"]

TOKEN = "sk-twin-token"
ORG = 323
USER = {"id": 7, "github_user_id": "70", "github_username": "ann", "email": None}
REPO = {
    "id": 11,
    "name": "shop",
    "full_name": "ann/shop",
    "description": None,
    "github_id": "1100",
    "organization_id": ORG,
    "visibility": None,
    "archived": None,
    "setup_status": "COMPLETE",
    "language": "Python",
}
MODELS = [{"name": "Anthropic", "models": [{"label": "Claude Sonnet", "value": "claude-sonnet"}]}]
_MOST = 100


@dataclass
class HostedApi:
    """The twin's state; tests read and change it at will.

    Attributes:
        faults: taken by requests in order, see `Fault`; None lets one pass.
        requests: `METHOD path?query` of each request.
        bodies: of the POSTs that were carried out.
        streams: events of one connection each, for `GET /agent_runs/{id}/events`; none: 404.
        alpha: whether logs are under `/v1/alpha`, as they were seen, or under `/v1`, as documented.
        beta: whether `/v1/beta` has resume and stop.
        clock: what the runs live by; `clock.advance(seconds)` lets time pass.
        life: what created and resumed runs do; None: nothing, they stay ACTIVE.
        limits: refuses what is over the documented rates; None: no limits.
        allotment: how many runs the plan still allows; None: any number.
        latency_seconds: before each answer.
    """

    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    logs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[Fault | None] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    streams: Iterator[AsyncIterator[bytes]] | None = None
    alpha: bool = True
    beta: bool = False
    clock: Clock = field(default_factory=Clock)
    life: Life | None = None
    limits: Limits | None = None
    allotment: int | None = None
    latency_seconds: float = 0.0
    repos: list[dict[str, Any]] = field(default_factory=lambda: [REPO])
    url: str = ""
    _told: threading.Condition = field(default_factory=threading.Condition)
    _turns: dict[int, tuple[float, Iterator[Step]]] = field(default_factory=dict)
    _users: dict[int, int] = field(default_factory=dict)

    def add_run(self, status: str | None = "ACTIVE", **fields: Any) -> int:
        """Add a run as upstream shows one; returns its id."""
        run_id = max(self.runs, default=100) + 1
        self.runs[run_id] = {
            "id": run_id,
            "organization_id": ORG,
            "status": status,
            "created_at": self.clock.stamp(),
            "web_url": f"https://codegen.com/agent/trace/{run_id}",
            "result": None,
            "summary": None,
            "source_type": "API",
            "github_pull_requests": [],
            "metadata": None,
        } | fields
        self.logs[run_id] = []
        self._tell()
        return run_id

    def wait_for(self, true: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> None:
        """Wait, in another thread than its own, for what requests and runs there are."""
        with self._told:
            assert self._told.wait_for(true, seconds), self.requests

    def _tell(self) -> None:
        with self._told:
            self._told.notify_all()

    def add_log(self, run_id: int, message_type: str | None = "ACTION", **fields: Any) -> None:
        """Add an entry as upstream shows one."""
        self.logs[run_id].append(
            {
                "agent_run_id": run_id,
                "created_at": self.clock.stamp(),
                "message_type": message_type,
                "thought": None,
                "tool_name": None,
                "tool_input": None,
                "tool_output": None,
                "observation": None,
            }
            | fields
        )

    def start_turn(self, run_id: int, prompt: str) -> None:
        """Let a run work on a prompt, as its life says."""
        self.runs[run_id]["status"] = "ACTIVE"
        if self.life is not None:
            self._turns[run_id] = (self.clock.now(), iter(self.life(prompt)))

    def live(self) -> None:
        """Do what is due by the clock."""
        now = self.clock.now()
        for run_id, (start, steps) in list(self._turns.items()):
            for step in steps:
                if start + step.after_seconds > now:
                    self._turns[run_id] = (start, chain([step], steps))
                    break
                if step.entry:
                    self.add_log(run_id, **step.entry)
                self.runs[run_id].update(step.changes)
            else:
                del self._turns[run_id]

    def app(self) -> ASGIApp:
        """The application."""
        inner = Starlette(routes=self._routes())

        async def outer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"].startswith("/twin"):
                return await inner(scope, receive, send)
            query = scope["query_string"].decode()
            request = f"{scope['method']} {scope['path']}{'?' * bool(query)}{query}"
            self.requests.append(request)
            self._tell()
            self.headers.append({k.decode(): v.decode() for k, v in scope["headers"]})
            await anyio.sleep(self.latency_seconds)
            self.live()
            if limited := self._limited(Request(scope)):
                return await limited(scope, receive, send)
            fault = take(self.faults, request)
            if fault is None:
                return await inner(scope, receive, send)
            return await answer(fault, inner, scope, receive, send)

        return outer

    def _routes(self) -> list[Route]:
        org = "/v1/organizations/{org}"
        alpha = "/v1/alpha/organizations/{org}" if self.alpha else org
        routes = [
            Route("/v1/users/me", self._me),
            Route("/v1/organizations", self._organizations),
            Route(f"{org}/users", self._users_of_org),
            Route(f"{org}/users/{{id:int}}", self._user),
            Route(f"{org}/repos", self._repos),
            Route(f"{org}/models", self._models),
            Route(f"{org}/agent/run", self._create, methods=["POST"]),
            Route(f"{org}/agent/run/resume", self._resume, methods=["POST"]),
            Route(f"{org}/agent/run/ban", self._ban, methods=["POST"]),
            Route(f"{org}/agent/run/unban", self._mark, methods=["POST"]),
            Route(f"{org}/agent/run/remove-from-pr", self._mark, methods=["POST"]),
            Route(f"{org}/agent/run/{{id:int}}", self._get),
            Route(f"{org}/agent/runs", self._list),
            Route(f"{alpha}/agent/run/{{id:int}}/logs", self._logs),
            Route("/agent_runs/{id}/events", self._events),
            Route("/events", self._events),
        ]
        if self.beta:
            beta = "/v1/beta/organizations/{org}"
            routes += [
                Route(f"{beta}/agent/run/resume", self._resume, methods=["POST"]),
                Route(f"{beta}/agent/run/stop", self._ban, methods=["POST"]),
            ]
        return routes

    def _limited(self, request: Request) -> Response | None:
        if self.limits is None:
            return None
        token = request.headers.get("authorization", "")
        wait = self.limits.refuse(token, request.method, request.url.path)
        if wait is None:
            return None
        headers = {"retry-after": str(int(wait) + 1)} if self.limits.retry_after else {}
        return JSONResponse({"message": "Rate limit exceeded", "status_code": 429}, 429, headers)

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return JSONResponse({"detail": "Invalid or missing token"}, 401)
        if request.path_params.get("org", str(ORG)) != str(ORG):
            return JSONResponse({"message": "No access to this org", "status_code": 403}, 403)
        return None

    async def _me(self, request: Request) -> Response:
        return self._refused(request) or JSONResponse(USER)

    async def _organizations(self, request: Request) -> Response:
        items = [{"id": str(ORG), "name": "Twin", "settings": {"enable_pr_creation": True}}]
        return self._refused(request) or _page(request, items)

    async def _users_of_org(self, request: Request) -> Response:
        return self._refused(request) or _page(request, [USER])

    async def _user(self, request: Request) -> Response:
        exists = request.path_params["id"] == USER["id"]
        return self._refused(request) or (JSONResponse(USER) if exists else _missing("User"))

    async def _repos(self, request: Request) -> Response:
        return self._refused(request) or _page(request, self.repos)

    async def _models(self, request: Request) -> Response:
        models = {"providers": MODELS, "default_model": "claude-sonnet"}
        return self._refused(request) or JSONResponse(models)

    async def _create(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        body = await request.json()
        self.bodies.append(body)
        if not body.get("prompt"):
            return _unusable("body", "prompt", "Field required")
        if not self.repos:
            return _missing("No repos in this org", whole=True)
        if self.allotment is not None:
            if self.allotment <= 0:
                message = "The run allotment of your plan is used up"
                return JSONResponse({"message": message, "status_code": 402}, 402)
            self.allotment -= 1
        run_id = self.add_run(metadata=body.get("metadata"))
        self._users[run_id] = int(USER["id"] or 0)
        self.start_turn(run_id, body["prompt"])
        return JSONResponse(self.runs[run_id])

    async def _resume(self, request: Request) -> Response:
        body = await request.json()
        self.bodies.append(body)
        run = self.runs.get(body["agent_run_id"])
        # Upstream answers 404 for a run that still works.
        if run is None or run["status"] == "ACTIVE":
            return self._refused(request) or _missing()
        if refused := self._refused(request):
            return refused
        self.start_turn(run["id"], body["prompt"])
        return JSONResponse(run)

    async def _ban(self, request: Request) -> Response:
        body = await request.json()
        run = self.runs.get(body["agent_run_id"])
        if refused := self._refused(request) or (_missing() if run is None else None):
            return refused
        self.runs[body["agent_run_id"]]["status"] = "CANCELLED"
        self._turns.pop(body["agent_run_id"], None)
        return JSONResponse({"message": "banned"})

    async def _mark(self, request: Request) -> Response:
        body = await request.json()
        self.bodies.append(body)
        exists = body["agent_run_id"] in self.runs
        return self._refused(request) or (JSONResponse({}) if exists else _missing())

    async def _get(self, request: Request) -> Response:
        run = self.runs.get(request.path_params["id"])
        return self._refused(request) or (JSONResponse(run) if run else _missing())

    async def _list(self, request: Request) -> Response:
        runs = [self.runs[run_id] for run_id in sorted(self.runs, reverse=True)]
        if source := request.query_params.get("source_type"):
            runs = [run for run in runs if run["source_type"] == source]
        if user := request.query_params.get("user_id"):
            runs = [run for run in runs if str(self._users.get(run["id"], USER["id"])) == user]
        return self._refused(request) or _page(request, runs)

    async def _logs(self, request: Request) -> Response:
        run = self.runs.get(request.path_params["id"])
        if refused := self._refused(request) or (_missing() if run is None else None):
            return refused
        run = run or {}
        logs = list(self.logs[run["id"]])
        if request.query_params.get("reverse") == "true":
            logs.reverse()
        hidden = {"summary", "source_type", "github_pull_requests"}
        shown = {name: value for name, value in run.items() if name not in hidden}
        return _page(request, logs, shown, items="logs", total="total_logs")

    async def _events(self, _: Request) -> Response:
        stream = next(self.streams, None) if self.streams else None
        if stream is None:
            return JSONResponse({"detail": "Not Found"}, 404)
        return StreamingResponse(stream, media_type="text/event-stream")


def _page(
    request: Request,
    rows: list[Any],
    more: dict[str, Any] | None = None,
    *,
    items: str = "items",
    total: str = "total",
) -> Response:
    try:
        skip = int(request.query_params.get("skip", 0))
        limit = int(request.query_params.get("limit", _MOST))
    except ValueError:
        return _unusable("query", "limit", "Input should be a valid integer")
    if skip < 0 or not 1 <= limit <= _MOST:
        return _unusable("query", "limit", "Input should be from 1 to 100")
    place = {"page": skip // limit + 1, "size": limit, "pages": -(-len(rows) // limit)}
    shown = {items: rows[skip : skip + limit], total: len(rows)}
    return JSONResponse((more or {}) | shown | place)


def _missing(what: str = "Agent run", *, whole: bool = False) -> Response:
    message = what if whole else f"{what} not found"
    return JSONResponse({"message": message, "status_code": 404}, 404)


def _unusable(place: str, name: str, message: str) -> Response:
    problem = {"loc": [place, name], "msg": message, "type": "value_error"}
    return JSONResponse({"detail": [problem]}, 422)


@contextlib.contextmanager
def serve_twin(api: HostedApi | None = None, port: int = 0) -> Generator[HostedApi]:
    """A running twin; `port` brings one back where it was."""
    api = api or HostedApi()
    with serve_app(api.app(), port) as url:
        api.url = url
        yield api
