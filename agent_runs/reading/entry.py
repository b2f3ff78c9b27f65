"""What an entry is called and says, in words for people.

The page's `reading.js` does the same; the tests of both read `tests/reading/cases/entry.json`.
"""

from typing import TYPE_CHECKING

from agent_runs.reading.shapes import object_or_empty, text_or_empty

if TYPE_CHECKING:
    from agent_runs.models import JSON

_KINDS = {"USER_MESSAGE": "Prompt", "PLAN_EVALUATION": "Plan", "FINAL_ANSWER": "Answer"}


def kind_word(message_type: str) -> str:
    """Return the name of a kind of entry; another one keeps its own words."""
    return _KINDS.get(message_type) or message_type.replace("_", " ").capitalize()


def text_of(observation: "JSON") -> str:
    """Return the text of an entry; hosted servers put it under one of three names."""
    fields = object_or_empty(observation)
    texts = [text_or_empty(fields.get(name)) for name in ("text", "message", "result")]
    return text_or_empty(observation) or next(filter(str.strip, texts), "")


def value_of(observation: "JSON") -> "dict[str, JSON]":
    """Return an observation that holds more than its text; empty if there is none."""
    fields = object_or_empty(observation)
    return fields if len(fields) > bool(text_of(fields)) else {}
