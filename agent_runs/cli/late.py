"""Modules that are loaded only when a command needs them, so that `--help` stays fast."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_runs.cli import backup, doctor, live, promises, serve, tables
    from agent_runs.outbound import otlp

__all__ = ["backup", "doctor", "live", "otlp", "promises", "serve", "tables"]


def __getattr__(name: str) -> object:
    """Load a module (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = "outbound" if name == "otlp" else "cli"
    return importlib.import_module(f"agent_runs.{package}.{name}")
