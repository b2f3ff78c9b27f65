"""How agents say that a login is missing or wrong, each in its own words; one table for all.

The words are those of real agents with a wrong key, see docs/agents.md. Only the start of a text is
looked at.
"""

import re

from acp.exceptions import RequestError

from agent_runs.models import JSON
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty
from agent_runs.reading.text import one_line

_LOOKED_AT = 2000
_HINT_CHARACTERS = 300

_CODES = frozenset({-32000, 401})
"""`auth_required` of the protocol; Gemini passes on the status of HTTP."""

_WORDS = re.compile(
    r"(invalid|incorrect|missing|expired|wrong) (x-)?api[ _-]?key"
    r"|api[ _-]?key (is )?(not valid|invalid|missing|expired|required)"
    r"|invalid_api_key|api_key_invalid|authentication_error|invalid_grant"
    r"|authentication (failed|required)|failed to authenticate|invalid authentication"
    r"|\bunauthorized\b|not logged in|(sign|log) in again|please (sign|log) ?in|run /login"
    r"|(token|login|credentials) (has |have |is |are )?expired",
    re.IGNORECASE,
)
_ANSWERS = re.compile(
    r"(^|\.\s*)(Error: )?("
    r"Authentication failed with provider"  # Copilot
    r"|Failed to authenticate|API Error: 401|Invalid API key ·|Not logged in ·"  # Claude
    r")",
    re.MULTILINE,
)


def words_of(error: RequestError) -> str:
    """Return what an error says: its text, its details, its code."""
    data: JSON = error.data
    fields = object_or_empty(data)
    details = fields.get("details", fields.get("message")) if fields else data
    return str(error) + (f" ({details})" if details else "") + f" [{error.code}]"


def is_about_login(words: str, code: int = 0) -> bool:
    """Tell whether an error says that the login is missing or wrong."""
    return code in _CODES or _WORDS.search(words[:_LOOKED_AT]) is not None


def is_answer_about_login(text: str) -> bool:
    """Tell whether the answer of a turn without a step is the agent's error about the login."""
    return len(text) <= _LOOKED_AT and _ANSWERS.search(text) is not None


def login_sentence(hello: dict[str, JSON]) -> str | None:
    """Return how to log in, in the agent's own words from `initialize`."""
    for method in objects_or_empty(hello.get("authMethods")):
        for key in ("description", "name"):
            if words := one_line(text_or_empty(method.get(key)), _HINT_CHARACTERS):
                return words
    return None
