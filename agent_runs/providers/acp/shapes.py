"""Looking into JSON of strangers: a wrong type counts as empty, never as an error."""

from typing import cast

from agent_runs.models import JSON


def object_or_empty(value: JSON) -> dict[str, JSON]:
    """Return an object as it is, and {} for everything else."""
    return cast("dict[str, JSON]", value) if isinstance(value, dict) else {}


def objects_or_empty(value: JSON) -> list[dict[str, JSON]]:
    """Return the objects of a list; everything else is dropped."""
    if not isinstance(value, list):
        return []
    return [
        object_or_empty(inner) for inner in cast("list[JSON]", value) if isinstance(inner, dict)
    ]


def text_or_empty(value: JSON) -> str:
    """Return a text as it is, and "" for everything else."""
    return value if isinstance(value, str) else ""
