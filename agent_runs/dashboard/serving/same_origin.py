"""Makes the built frontend independent of the port it is served on.

Reflex bakes the port of its websocket into the bundle and replaces only the host name at run
time, so a build would work on one port only.
"""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from agent_runs.addresses import LOCAL_NAMES, bracketed

_BAKED = "endpoint.hostname = frontend_hostname;"
_RUN_TIME = f"{_BAKED} endpoint.port = window.location.port;"


class SameOriginPlugin(rx.plugins.Plugin):
    """Makes the page connect to the port it came from."""

    def pre_compile(self, **context: Any) -> None:
        """Change the line of Reflex's client that works out the address."""
        context["add_modify_task"]("utils/state.js", use_the_page_port)


def use_the_page_port(code: str) -> str:
    """Return Reflex's `state.js` with the port taken from the page.

    Raises:
        ValueError: the line is missing, so Reflex has changed and this plugin must follow.
    """
    if _RUN_TIME in code:
        return code
    if _BAKED not in code:
        raise ValueError("Reflex's state.js has changed: the websocket port cannot be set.")
    return code.replace(_BAKED, _RUN_TIME)


def websocket_origins(port: int, public_url: str, allowed_hosts: Sequence[str]) -> list[str]:
    """Return the origins whose pages may open the websocket.

    Args:
        public_url: where people reach the dashboard.
        allowed_hosts: names of a reverse proxy, whatever its port. A pattern among them allows
            any origin here: Reflex has no patterns, and `web.SameOrigin` checks again anyway.
    """
    if any("*" in name for name in allowed_hosts):
        return ["*"]
    named = [bracketed(name) for name in allowed_hosts]
    local = [f"http://{name}:{port}" for name in (*LOCAL_NAMES, *named)]
    proxied = [f"{scheme}://{name}" for scheme in ("http", "https") for name in named]
    return list(dict.fromkeys([*local, public_url.rstrip("/"), *proxied]))
