"""Puts the server together: uvicorn calls `create_app` (`factory=True`).

    HeadAsGet → Guard → LeanLists → FastAPI routes → runs (writes) or store (reads)

The lifespan opens database, bus, provider, executor and `Runs` in this order and closes them in
reverse. Open event streams end as soon as a signal asks the process to stop.
"""

import contextlib
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import HTTPBearer
from fastapi_offline import FastAPIOffline

from agent_runs import __version__
from agent_runs.addresses import is_loopback
from agent_runs.api import (
    agents,
    analytics,
    compare,
    events,
    exports,
    files,
    health,
    hosted,
    imports,
    insight,
    logs,
    metrics,
    paths,
    permissions,
    queue,
    reports,
    repos,
    rules,
    runs,
    search,
    settings,
    views,
)
from agent_runs.api.errors import add_error_handlers
from agent_runs.api.guard import Admission, Guard
from agent_runs.api.head import HeadAsGet
from agent_runs.api.lean import LeanLists
from agent_runs.api.refusal import NotedRefusal, RefusedStart
from agent_runs.api.server import Server
from agent_runs.api.stream import Streams
from agent_runs.api.v1 import agents as v1_agents
from agent_runs.api.v1 import assignments as v1_assignments
from agent_runs.api.v1 import claude_code as v1_claude_code
from agent_runs.api.v1 import connections as v1_connections
from agent_runs.api.v1 import organizations as v1_organizations
from agent_runs.api.v1 import repositories as v1_repositories
from agent_runs.api.v1 import users as v1_users
from agent_runs.api.v1 import webhooks as v1_webhooks
from agent_runs.api.v1.limits import RateLimits
from agent_runs.bus.memory import MemoryBus
from agent_runs.bus.postgres import PostgresBus
from agent_runs.errors import InvalidRequest
from agent_runs.executors.local import LocalExecutor
from agent_runs.providers.acp.limits import AgentLimits
from agent_runs.providers.acp.profiles import load_profiles
from agent_runs.providers.acp.provider import AcpProvider
from agent_runs.redaction import Redactor
from agent_runs.runs import Here, InputLimits, RunDefaults, Runs, TurnWork, load_templates, owned
from agent_runs.runs.imports import Imports
from agent_runs.runs.webhooks import Deliveries
from agent_runs.settings import (
    Settings,
    api_token_for,
    find_env_file,
    load_settings,
    secrets_of,
)
from agent_runs.store.engine.database import Database
from agent_runs.store.recount import ensure_counted
from agent_runs.store.runs import events as stored_events
from agent_runs.sync import Accounts, Upstream
from agent_runs.telemetry import set_up_logging

_ABOUT = """
Creates, follows, reads, resumes and stops runs of coding agents.

Native paths come first; `/v1` is the official Codegen API, for its own clients. Times are
ISO-8601 in UTC. Errors are `{"error", "message", "detail", "status_code"}`, on `/v1`
`{"message", "detail", "status_code"}`; the `detail` of a 422 is a list of what is wrong.
"""
_TAGS = [
    {"name": "runs", "description": "Create, list, read, resume, stop, archive."},
    {"name": "logs", "description": "What a run did, step by step."},
    {"name": "exports", "description": "Runs as files, there and back."},
    {"name": "search", "description": "Find any step of any run."},
    {
        "name": "analytics",
        "description": "How agents perform, by day, agent, repository, template.",
    },
    {"name": "events", "description": "What happens, as it happens (server-sent events)."},
    {"name": "permissions", "description": "Questions of agents, and your answers."},
    {"name": "files", "description": "What a run made."},
    {"name": "by path", "description": "Create and resume by path alone; the newest run."},
    {"name": "agents", "description": "Agents and prompt templates."},
    {"name": "repositories", "description": "Where runs can work."},
    {"name": "rules and webhooks", "description": "Rules for all agents, calls when runs end."},
    {"name": "hosted", "description": "Hosted accounts that are mirrored here."},
    {"name": "settings", "description": "Read, save and check settings."},
    {"name": "server", "description": "Health and user."},
    {"name": "official: agent runs", "description": "Runs, in the shapes of the official API."},
    {"name": "official: organizations", "description": "The one organization."},
    {"name": "official: users", "description": "The one user."},
    {"name": "official: repositories", "description": "Repositories and their pull requests."},
    {"name": "official: Claude Code sessions", "description": "Terminal sessions, shown as runs."},
]
_ROUTERS = (
    analytics.router,  # first, as a page calls it twelve times and each router in front costs time
    runs.router,
    logs.router,
    insight.router,
    compare.router,
    search.router,
    views.router,
    exports.router,
    imports.router,
    reports.router,
    events.router,
    permissions.router,
    queue.router,
    files.router,
    paths.router,
    agents.router,
    repos.router,
    rules.router,
    settings.router,
    hosted.router,
    metrics.router,
    v1_users.router,
    v1_organizations.router,
    v1_agents.router,
    v1_repositories.router,
    v1_webhooks.router,
    v1_connections.router,
    v1_assignments.router,
    v1_claude_code.router,
)


def _all_paths() -> APIRouter:
    root = APIRouter(generate_unique_id_function=lambda route: route.name)
    bearer = HTTPBearer(
        auto_error=False, description="`AGENT_RUNS_API_TOKEN`, if the server has one."
    )
    root.include_router(health.router)
    for router in _ROUTERS:
        root.include_router(router, dependencies=[Depends(bearer)])
    return root


# FastAPI builds the validators of a router at its first request. An application that includes a
# router builds them again, twice; so all applications share these routes.
_PATHS = _all_paths()


def create_app(settings: Settings | None = None, *, env_file: Path | None = None) -> FastAPI:
    """Return the application; nothing is opened before its lifespan starts.

    Args:
        settings: read from the environment and `.env` unless given; only then is logging set up,
            as the process is this server's own.
        env_file: where `PUT /settings` saves; `find_env_file()` unless given.
    """
    env_file = env_file or find_env_file()
    stands_alone = settings is None
    settings = settings or load_settings(env_file)
    token = api_token_for(settings).token
    redact = Redactor(secrets_of(settings))
    if stands_alone:
        set_up_logging(settings.log_level, redact)
    app = FastAPIOffline(
        title="agent_runs",
        version=__version__,
        description=_ABOUT,
        openapi_tags=_TAGS,
        lifespan=_lifespan(settings, env_file, redact),
        routes=_PATHS.routes,
        telemetry={"tracing": False, "metrics": False},
    )
    add_error_handlers(app)
    app.add_middleware(LeanLists)
    if _has_rate_limits(settings):
        app.add_middleware(RateLimits, factor=settings.rate_limit_factor)
    app.add_middleware(Guard, admission=_admission(settings, token))
    app.add_middleware(HeadAsGet)
    app.add_middleware(RefusedStart)
    return app


def _has_rate_limits(settings: Settings) -> bool:
    if settings.rate_limits == "auto":
        return not is_loopback(settings.host)
    return settings.rate_limits == "on"


def _admission(settings: Settings, token: str | None) -> Admission:
    return Admission(
        hosts=(settings.host, *settings.allowed_hosts),
        origins=(
            settings.dashboard_url,
            f"http://127.0.0.1:{settings.dashboard_port}",
            *settings.allowed_origins,
        ),
        token=token,
        body_limit_bytes=settings.body_limit_bytes,
        import_limit_bytes=settings.import_limit_bytes,
    )


def _lifespan(
    settings: Settings, env_file: Path, redact: Redactor
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with NotedRefusal(app), _opened(settings, redact) as opened:
            database, bus, runs_, imports_, accounts = opened
            streams = Streams()
            app.state.server = Server(
                settings=settings,
                env_file=env_file,
                database=database,
                bus=bus,
                runs=runs_,
                imports=imports_,
                accounts=accounts,
                streams=streams,
                redact=redact,
            )
            sender = Deliveries(
                database,
                bus,
                app.state.server.send_webhook,
                timedelta(seconds=settings.webhook_retry_seconds),
            )
            async with sender.living():
                with streams.end_on_signal():
                    yield
                streams.end()

    return lifespan


@contextlib.asynccontextmanager
async def _opened(
    settings: Settings, redact: Redactor
) -> AsyncGenerator[tuple[Database, MemoryBus, Runs, Imports, Accounts]]:
    # Unique across restarts, too: in a container every process has the same number.
    worker = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(owned(settings.home))
        database = await stack.enter_async_context(
            Database.open(settings.database_url, web_url=settings.dashboard_url, redact=redact)
        )
        await ensure_counted(database)
        bus = await stack.enter_async_context(_bus(settings, database))
        database.on_events = bus.hint
        provider = await stack.enter_async_context(_provider(settings, redact))
        executor = LocalExecutor(
            concurrency=settings.concurrency, end_seconds=settings.cancel_grace_seconds + 60
        )
        executor.use(
            TurnWork(
                database,
                bus,
                provider,
                worker=worker,
                permission_timeout_seconds=settings.permission_timeout_seconds,
            )
        )
        await stack.enter_async_context(executor)
        accounts = Accounts(database, worker=worker)
        here = Here(
            database,
            executor,
            provider,
            worker=worker,
            defaults=_defaults(settings),
            alone=database.dialect == "sqlite",
        )
        await stack.enter_async_context(here.living())
        runs_ = Runs(
            database,
            here,
            Upstream(database, accounts),
            templates=load_templates(settings.templates_dir),
            redact=redact,
        )
        imports_ = Imports(
            database,
            settings.home / "imports",
            worker=worker,
            alone=database.dialect == "sqlite",
            limit_bytes=settings.import_limit_bytes,
        )
        await stack.enter_async_context(imports_.living())
        await stack.enter_async_context(accounts.living())
        accounts.use(hosted.accounts_of(settings))
        yield database, bus, runs_, imports_, accounts


def _bus(settings: Settings, database: Database) -> MemoryBus:
    read, bounds = partial(stored_events.after, database), partial(stored_events.bounds, database)
    if database.dialect == "postgresql":
        return PostgresBus(read, bounds, settings.database_url)
    return MemoryBus(read, bounds)


def _provider(settings: Settings, redact: Redactor) -> AcpProvider:
    profiles = load_profiles(settings.agents_file)
    variables = (profile.secret_variables() for profile in profiles.values())
    redact.learn(secrets_of(settings, *variables))
    if settings.default_agent not in profiles:
        raise InvalidRequest(
            f"AGENT_RUNS_DEFAULT_AGENT: there is no agent {settings.default_agent!r}. "
            f"Choose one of {', '.join(profiles)}."
        )
    return AcpProvider(
        settings.home,
        profiles,
        AgentLimits(
            start_seconds=settings.start_timeout_seconds,
            idle_seconds=settings.idle_timeout_seconds,
            turn_seconds=settings.time_limit_seconds,
            grace_seconds=settings.cancel_grace_seconds,
        ),
        redact=redact,
        start_slots=settings.start_slots,
        sandbox=settings.sandbox,
    )


def _defaults(settings: Settings) -> RunDefaults:
    return RunDefaults(
        agent=settings.default_agent,
        permission_policy=settings.permission_policy,
        limits=InputLimits(
            prompt=settings.prompt_limit,
            metadata_bytes=settings.metadata_limit_bytes,
            images=settings.images_limit,
            image_bytes=settings.image_limit_bytes,
        ),
        events_kept=settings.events_kept,
    )
