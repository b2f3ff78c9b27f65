"""What errors have in common: one line of a message, without what differs from case to case.

Two messages are alike if they have the same likeness. Numbers, paths, ids, addresses and quoted
words are folded into signs, so that the same fault counts as one wherever it occurs.
"""

import re

import orjson

from agent_runs.models import JSON
from agent_runs.reading.shapes import object_or_empty
from agent_runs.reading.text import cut, without_escapes

LONGEST = 160
"""Most characters of a likeness, which is indexed."""

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
    """Return what the message has in common with others of its kind, cut to `LONGEST` characters.

    It is empty if there is no text.
    """
    line = headline(message)
    for pattern, sign in _FOLDS:
        line = pattern.sub(sign, line)
    return cut(" ".join(line.split()), LONGEST)


def headline(message: str) -> str:
    """Return the line of a message that says what went wrong, unchanged."""
    text = message if len(message) <= 2 * _READ else message[:_READ] + "\n" + message[-_READ:]
    lines = [" ".join(line.split())[:_LINE] for line in without_escapes(text).splitlines()]
    lines = [line for line in lines if line and not _FRAME.match(line)]
    if not lines:
        return ""
    raised = [line for line in lines if _RAISED.match(line)]
    if raised:
        # The last one is the error that reached the top.
        return raised[-1]
    return next((line for line in lines if _TELLING.search(line)), lines[0])


def message_of(entry: dict[str, JSON]) -> str:
    """Return what a failed entry says, errors first unlike `entry.text_of`, or how it ended."""
    observation = entry.get("observation")
    fields = _fields(observation)
    values = (fields.get(name) for name in ("error", "message", "text", "stderr", "output"))
    message = next((text for text in values if isinstance(text, str) and text.strip()), "")
    if message:
        return message
    code = fields.get("exit_code")
    if isinstance(observation, str) and observation.strip() and code is None:
        return observation
    code = _fields(entry.get("tool_output")).get("exit_code") if code is None else code
    if code is not None:
        return f"exit code {code}"
    thought = entry.get("thought")
    return thought if isinstance(thought, str) else ""


def _fields(value: JSON) -> dict[str, JSON]:
    """Return the fields of an object, even if a tool wrote it as JSON text."""
    if isinstance(value, str) and value[:1] == "{" and len(value) <= _READ:
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return {}
    return object_or_empty(value)
