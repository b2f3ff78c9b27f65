"""The Reflex app: its pages, its background task, and the layers around it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import reflex as rx

from agent_runs.dashboard.analytics import page as analytics
from agent_runs.dashboard.new_run import page as new_run
from agent_runs.dashboard.pages import agents, cli_token, compare, imports, not_found, search
from agent_runs.dashboard.run import page as run
from agent_runs.dashboard.runs import page as runs
from agent_runs.dashboard.serving import access, web
from agent_runs.dashboard.serving.hub import hub_lifespan
from agent_runs.dashboard.serving.links import link_routes
from agent_runs.dashboard.settings import page as settings

PAGES = (
    runs,
    new_run,
    run,
    search,
    analytics,
    compare,
    imports,
    agents,
    settings,
    cli_token,
    not_found,
)
"""Imported because their `@rx.page` registers them."""


@asynccontextmanager
async def lifespan() -> AsyncGenerator[None]:
    """Follow the API while the app is served; then close the connections to it."""
    async with hub_lifespan():
        yield
    await web.close_forwarder()
    await access.close()


app = rx.App(
    stylesheets=[
        # The order matters: a later file overrides an earlier one.
        "/frame.css",
        "/controls.css",
        "/facts.css",
        "/runs.css",
        "/palette.css",
        "/density.css",
        "/new-run.css",
        "/small.css",
        "/run.css",
        "/log.css",
        "/text.css",
        "/composer.css",
        "/changes.css",
        "/timeline.css",
        "/run-small.css",
        "/search.css",
        "/settings.css",
        "/analytics.css",
        "/import.css",
    ],
    head_components=[
        rx.el.link(rel="icon", type="image/svg+xml", href="/favicon.svg"),
        rx.el.script(src="/density.js"),
    ],
    html_lang="en",
    toaster=rx.toast.provider(position="bottom-right", close_button=True),
    # The last one is outermost.
    api_transformer=[
        web.api_routes,
        link_routes,
        web.SameOrigin,
        web.SecurityHeaders,
        web.trusted_hosts,
    ],
)
app.register_lifespan_task(lifespan)
