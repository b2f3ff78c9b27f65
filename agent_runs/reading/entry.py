"""The text of an entry, for people.

The page's `reading.js` does the same; the tests of both read `tests/reading/cases/entry.json`.
"""

from typing import TYPE_CHECKING

from agent_runs.reading.shapes import object_or_empty, text_or_empty

if TYPE_CHECKING:
    from agent_runs.models import JSON


def text_of(observation: "JSON") -> str:
    """Return the text of an answer, a message or an error, or what a tool wrote; "" for none.

    Hosted servers put it into an object, under one of three names.
    """
    fields = object_or_empty(observation)
    texts = [text_or_empty(fields.get(name)) for name in ("text", "message", "result")]
    return text_or_empty(observation) or next(filter(str.strip, texts), "")


def value_of(observation: "JSON") -> "dict[str, JSON]":
    """Return an observation that holds more than its text; empty if there is none."""
    fields = object_or_empty(observation)
    return fields if len(fields) > bool(text_of(fields)) else {}
