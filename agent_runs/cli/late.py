"""Commands whose code is loaded when they are called: the server would slow `--help` down."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_runs.cli import backup, doctor, live, serve, tables
    from agent_runs.client import otlp

__all__ = ["backup", "doctor", "live", "otlp", "serve", "tables"]

_OF_THE_CLIENT = frozenset({"otlp"})


def __getattr__(name: str) -> object:
    """Load a module (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = "client" if name in _OF_THE_CLIENT else "cli"
    return importlib.import_module(f"agent_runs.{package}.{name}")
