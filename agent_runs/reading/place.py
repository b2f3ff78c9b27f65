"""Where a run works, and what you can ask of it there."""

from collections.abc import Mapping
from typing import Literal

from agent_runs.models import HOSTED_PROVIDER, JSON, WATCHED_PROVIDER

PlaceName = Literal["here", "upstream", "watched", "imported"]
"""`here`: agents of this server. `upstream`: a hosted account; its runs are mirrored. `watched`: a
session of Claude Code in a terminal, which reports to us. `imported`: nowhere, it is read-only.
"""
Ability = Literal["resume", "queue"]
"""`resume`: it takes a new prompt once it has ended. `queue`: it takes prompts while it works."""

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
    """Return what you can ask of runs in a place."""
    return _ABILITIES.get(place, [])
