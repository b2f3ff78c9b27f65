"""Create, watch, read, resume and stop coding-agent runs.

Names are loaded when they are first used (PEP 562): the command line imports this package and has
to show its help at once, and pydantic and httpx cost 0.3 s.

Every Python reads this file first, and old ones must reach the sentence below, so nothing here is
newer than Python 2.
"""

import importlib
import sys

if sys.version_info < (3, 11):  # noqa: UP036  (a clone can be started with any Python)
    sys.exit("agent_runs needs Python 3.11 or newer; this is Python %s." % sys.version.split()[0])  # noqa: UP031

from typing import TYPE_CHECKING

from agent_runs import errors

if TYPE_CHECKING:
    from agent_runs.client.asynchronous.client import AsyncAgentTask, AsyncCodegenClient
    from agent_runs.client.blocking.client import AgentTask, CodegenClient
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
    "AgentTask": "agent_runs.client.blocking.client",
    "AsyncAgentTask": "agent_runs.client.asynchronous.client",
    "AsyncCodegenClient": "agent_runs.client.asynchronous.client",
    "CodegenClient": "agent_runs.client.blocking.client",
}


def __getattr__(name):  # noqa: ANN001, ANN202  (see above)
    # type: (str) -> object  # pyright: ignore[reportTypeCommentUsage]
    """Load a public name."""
    if name not in _HOMES:
        raise AttributeError("module %r has no attribute %r" % (__name__, name))  # noqa: UP031
    return getattr(importlib.import_module(_HOMES[name]), name)
