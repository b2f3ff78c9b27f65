"""The parts of the client that are loaded on first use: `late.runs`.

They import pydantic and httpx, which would make `from api import CodegenClient` take five times as
long, even in scripts and commands that only show their help.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_runs.client import tail, wire
    from agent_runs.client.calls import answers, files, measures, official, runs, search

__all__ = ["answers", "files", "measures", "official", "runs", "search", "tail", "wire"]

_BESIDE_THIS = frozenset({"tail", "wire"})


def __getattr__(name: str) -> object:
    """Load a part (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    package = "agent_runs.client" if name in _BESIDE_THIS else "agent_runs.client.calls"
    return importlib.import_module(f"{package}.{name}")
