"""Where a run works, and what can be asked of it there."""

from typing import Literal

from agent_runs.models import HOSTED_PROVIDER, WATCHED_PROVIDER, AgentRun

PlaceName = Literal["here", "upstream", "watched", "imported"]
"""`here`: agents of this server. `upstream`: a hosted account; its runs are mirrored. `watched`: a
session of Claude Code in a terminal, which reports to us. `imported`: nowhere any more.
"""

_OF_PROVIDER: dict[str, PlaceName] = {HOSTED_PROVIDER: "upstream", WATCHED_PROVIDER: "watched"}


def place_of(run: AgentRun) -> PlaceName:
    """Return where a run works."""
    if run.imported_at is not None:
        return "imported"
    return _OF_PROVIDER.get(run.provider, "here")


def can_resume(run: AgentRun) -> bool:
    """Tell whether a run takes another prompt once it has ended."""
    return place_of(run) in {"here", "upstream"}


def can_queue(run: AgentRun) -> bool:
    """Tell whether a run takes prompts while it works."""
    return place_of(run) == "here"
