"""What errors have in common: one line of a message, without what differs from case to case.

Two messages are alike when their likeness is the same text. Numbers, paths, ids, addresses and
quoted words are folded into signs, so that the same fault counts as one whatever it hit.
"""

import re
from typing import cast

import orjson

from agent_runs.models import JSON
from agent_runs.reading.text import cut, without_escapes

LONGEST = 160
"""So many characters a likeness has at most; it stands in an index."""

_READ = 20_000
_LINE = 500
_RAISED = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Timeout|Failure)\b")
_TELLING = re.compile(
    r"\b(?:error|fatal|failed|failure|denied|refused|cannot|could not|not found|no such|timed out)",
    re.IGNORECASE,
)
_FRAME = re.compile(r"^(?:Traceback \(most recent|File \"|\s*at |[=-]+$|```)")


def _host(match: re.Match[str]) -> str:
    """The host of an address: which server failed is what people look for."""
    return match[1]


_FOLDS = (
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "#"),
    (re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://([^\s/?#'\"]{1,200})[^\s'\"]*"), _host),
    (re.compile(r"\"[^\"\n]{1,300}\"|'[^'\n]{1,300}'|`[^`\n]{1,300}`"), "'…'"),
    (re.compile(r"(?:[A-Za-z]:)?(?:[\w.~@+-]{0,100}[/\\]){1,40}[\w.~@+-]{0,100}"), "…/"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b", re.IGNORECASE), "#"),
    (re.compile(r"\b0x[0-9a-f]+\b|\d+(?:[.,:]\d+)*", re.IGNORECASE), "#"),
)


def likeness(message: str) -> str:
    """Return what the message has in common with others of its kind; empty for no text.

    At most `LONGEST` characters.
    """
    line = headline(message)
    for pattern, sign in _FOLDS:
        line = pattern.sub(sign, line)
    return cut(" ".join(line.split()), LONGEST)


def headline(message: str) -> str:
    """Return the line of a message that says what went wrong, as it stands."""
    text = message if len(message) <= 2 * _READ else message[:_READ] + "\n" + message[-_READ:]
    lines = [" ".join(line.split())[:_LINE] for line in without_escapes(text).splitlines()]
    lines = [line for line in lines if line and not _FRAME.match(line)]
    if not lines:
        return ""
    raised = [line for line in lines if _RAISED.match(line)]
    if raised:
        # The last one is what came out at the top.
        return raised[-1]
    return next((line for line in lines if _TELLING.search(line)), lines[0])


def message_of(entry: dict[str, JSON]) -> str:
    """Return the words of an entry that failed: what was seen, or how the call ended."""
    observation = entry.get("observation")
    seen = _fields(observation)
    named = (seen.get(name) for name in ("error", "message", "text", "stderr", "output"))
    said = next((text for text in named if isinstance(text, str) and text.strip()), "")
    if said:
        return said
    code = seen.get("exit_code")
    if isinstance(observation, str) and observation.strip() and code is None:
        return observation
    code = _fields(entry.get("tool_output")).get("exit_code") if code is None else code
    if code is not None:
        return f"exit code {code}"
    thought = entry.get("thought")
    return thought if isinstance(thought, str) else ""


def _fields(value: JSON) -> dict[str, JSON]:
    """Return the fields of an object, also of one that a tool wrote down as JSON."""
    if isinstance(value, str) and value[:1] == "{" and len(value) <= _READ:
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return cast("dict[str, JSON]", value) if isinstance(value, dict) else {}
