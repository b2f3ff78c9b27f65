"""Configuration of Reflex, which reads it from the working directory only."""

import reflex as rx
from reflex.constants import StateManagerMode

from agent_runs.dashboard.serving.same_origin import SameOriginPlugin, websocket_origins
from agent_runs.dashboard.theme import THEME
from agent_runs.settings import load_settings

SETTINGS = load_settings()

config = rx.Config(
    app_name="agent_runs",
    app_module_import="agent_runs.dashboard.app",
    frontend_port=SETTINGS.dashboard_port,
    backend_port=SETTINGS.dashboard_port,
    backend_host="127.0.0.1",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    cors_allowed_origins=websocket_origins(
        SETTINGS.dashboard_port, SETTINGS.dashboard_url, SETTINGS.allowed_hosts
    ),
    state_manager_mode=StateManagerMode.MEMORY,
    frontend_compression_formats=["brotli", "gzip"],
    plugins=[rx.plugins.RadixThemesPlugin(theme=THEME), SameOriginPlugin()],
    disable_plugins=[rx.plugins.SitemapPlugin],
)
