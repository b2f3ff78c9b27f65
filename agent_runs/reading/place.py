"""Where a run works, and what can be asked of it there."""

from collections.abc import Mapping
from typing import Literal

from agent_runs.models import HOSTED_PROVIDER, JSON, WATCHED_PROVIDER, AgentRun

Fields = AgentRun | Mapping[str, JSON]
"""A run, or its fields."""

PlaceName = Literal["here", "upstream", "watched", "imported"]
"""`here`: agents of this server. `upstream`: a hosted account; its runs are mirrored. `watched`: a
session of Claude Code in a terminal, which reports to us. `imported`: nowhere any more.
"""

_OF_PROVIDER: dict[str, PlaceName] = {HOSTED_PROVIDER: "upstream", WATCHED_PROVIDER: "watched"}


def place_of(run: Fields) -> PlaceName:
    """Return where a run works."""
    if run.get("imported_at") is not None:
        return "imported"
    return _OF_PROVIDER.get(str(run.get("provider")), "here")


def can_resume(run: Fields) -> bool:
    """Tell whether a run takes another prompt once it has ended."""
    return place_of(run) in {"here", "upstream"}


def can_queue(run: Fields) -> bool:
    """Tell whether a run takes prompts while it works."""
    return place_of(run) == "here"
