"""Where a run works, and what it can be asked there."""

from collections.abc import Mapping
from typing import Literal

from agent_runs.models import HOSTED_PROVIDER, JSON, WATCHED_PROVIDER

PlaceName = Literal["here", "upstream", "watched", "imported"]
"""`here`: agents of this server. `upstream`: a hosted account; its runs are mirrored. `watched`: a
session of Claude Code in a terminal, which reports to us. `imported`: nowhere any more.
"""
Ability = Literal["resume", "queue"]
"""`resume`: it takes another prompt once it has ended. `queue`: it takes prompts while it works."""

_OF_PROVIDER: dict[str, PlaceName] = {HOSTED_PROVIDER: "upstream", WATCHED_PROVIDER: "watched"}
_ABILITIES: dict[PlaceName, list[Ability]] = {"here": ["resume", "queue"], "upstream": ["resume"]}


def place_of(run: Mapping[str, JSON]) -> PlaceName:
    """Return where a run works.

    Args:
        run: fields of an `AgentRun`.
    """
    if run.get("imported_at") is not None:
        return "imported"
    return _OF_PROVIDER.get(str(run.get("provider")), "here")


def abilities_at(place: PlaceName) -> list[Ability]:
    """Return what the runs of a place can be asked."""
    return _ABILITIES.get(place, [])
