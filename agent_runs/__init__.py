"""Create, watch, read, resume and stop coding-agent runs.

Names are loaded when they are first used (PEP 562): the command line, which has to show its help at
once, imports this package, and pydantic and httpx cost 0.3 s.
"""

import importlib
from typing import TYPE_CHECKING

from agent_runs import errors

if TYPE_CHECKING:
    from agent_runs.client.async_client import AsyncCodegenClient
    from agent_runs.client.client import CodegenClient
    from agent_runs.client.tasks import AgentTask, AsyncAgentTask
    from agent_runs.models import AgentRun, AgentRunLog, AgentRunStatus, MessageType

__version__ = "0.1.0"

__all__ = [
    "AgentRun",
    "AgentRunLog",
    "AgentRunStatus",
    "AgentTask",
    "AsyncAgentTask",
    "AsyncCodegenClient",
    "CodegenClient",
    "MessageType",
    "errors",
]

_HOMES = {
    "AgentRun": "agent_runs.models",
    "AgentRunLog": "agent_runs.models",
    "AgentRunStatus": "agent_runs.models",
    "MessageType": "agent_runs.models",
    "AgentTask": "agent_runs.client.tasks",
    "AsyncAgentTask": "agent_runs.client.tasks",
    "AsyncCodegenClient": "agent_runs.client.async_client",
    "CodegenClient": "agent_runs.client.client",
}


def __getattr__(name: str) -> object:
    """Load a public name."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
