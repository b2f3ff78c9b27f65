"""What is needed to start an agent."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent_runs.models import JSON
from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.limits import AgentLimits
from agent_runs.providers.acp.permission import Permissions
from agent_runs.providers.acp.terminal import Wrap
from agent_runs.providers.acp.translate import Translator


@dataclass(frozen=True)
class Launch:
    """All that a session needs to know.

    Attributes:
        command: as in the profile, unconfined.
        wrap: puts a command into the agent's sandbox.
        meta: `_meta` of the requests that open a session.
        redact: removes known secrets from what the agent prints.
        on_change: called after the translator has taken something in.
        room: waits until more may be read from the agent.
    """

    profile: AgentProfile
    command: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    limits: AgentLimits
    permissions: Permissions
    translator: Translator
    wrap: Wrap
    redact: Callable[[str], str]
    on_change: Callable[[], None]
    room: Callable[[], Awaitable[None]]
    meta: Mapping[str, JSON] = field(default_factory=dict[str, JSON])
