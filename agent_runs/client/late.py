"""The parts of the client that are loaded when the first one is used: `late.requests`.

They bring pydantic and httpx, four fifths of the time that `from api import CodegenClient` would
take otherwise, also in scripts and commands that only want to show their help.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent_runs.client import (
        answers,
        file_requests,
        hits,
        measure_requests,
        official_requests,
        requests,
        tail,
        transport,
    )

__all__ = [
    "answers",
    "file_requests",
    "hits",
    "measure_requests",
    "official_requests",
    "requests",
    "tail",
    "transport",
]


def __getattr__(name: str) -> object:
    """Load a part (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"agent_runs.client.{name}")
