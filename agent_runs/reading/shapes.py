"""Reads foreign JSON: a wrong type counts as empty, never as an error."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from agent_runs.models import JSON


def object_or_empty(value: "JSON") -> "dict[str, JSON]":
    """Return an object unchanged, and {} for everything else."""
    return cast("dict[str, JSON]", value) if isinstance(value, dict) else {}


def list_or_empty(value: "JSON") -> "list[JSON]":
    """Return a list unchanged, and [] for everything else."""
    return cast("list[JSON]", value) if isinstance(value, list) else []


def objects_or_empty(value: "JSON") -> "list[dict[str, JSON]]":
    """Return the objects of a list; everything else is dropped."""
    return [inner for inner in list_or_empty(value) if isinstance(inner, dict)]


def text_or_empty(value: "JSON") -> str:
    """Return a text unchanged, and "" for everything else."""
    return value if isinstance(value, str) else ""


def number_or_none(value: "JSON") -> int | float | None:
    """Return a number unchanged, and None for everything else, including `true` and `false`."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
