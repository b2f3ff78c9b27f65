"""JSON text as it is stored: made once on the way in, served unchanged on the way out.

Whatever an agent sends fits: NUL is removed (PostgreSQL stores none), lone surrogates become
U+FFFD, numbers over 64 bits become text, nesting is bounded. Only values that need it are
traversed.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import cast

import orjson
from pydantic import BaseModel

from agent_runs.models import JSON

CUT_LENGTH = 1000
"""Characters to which prompt and result are cut in the payload of a run."""
SEARCH_LENGTH = 4000
"""Characters of an entry that go into the search index, the most expensive part of a write."""

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
_MAX_DEPTH = 100
_INTEGERS = range(-(2**63), 2**64)


def dump(value: JSON, redact: Callable[[str], str]) -> str:
    """Return `value` as JSON text without secrets, fit for both databases."""
    try:
        raw = orjson.dumps(value, default=_plain, option=_OPTIONS)
    except TypeError:
        raw = orjson.dumps(clean(value), default=_plain, option=_OPTIONS)
    if b"\\u0000" in raw:
        raw = orjson.dumps(clean(value), default=_plain, option=_OPTIONS)
    return raw.decode() if redact is str else redact(raw.decode())


def clean(value: JSON, depth: int = 0) -> JSON:
    """Return a JSON value that both databases can store, see the top of this file."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value in _INTEGERS else str(value)
    if isinstance(value, dict | list | tuple) and depth >= _MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        pairs = cast("dict[JSON, JSON]", value).items()
        return {clean_text(str(key)): clean(item, depth + 1) for key, item in pairs}
    if isinstance(value, list | tuple):
        return [clean(item, depth + 1) for item in cast("list[JSON]", value)]
    return value


def clean_text(text: str) -> str:
    """Return `text` without NUL and lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def search_text(payload: str) -> str:
    """Return the searchable words of a log entry, one text per line.

    SQLite's view `log_text` does the same in SQL.
    """
    words: list[str] = []
    length = -1
    for text in words_of(payload):
        words.append(text)
        length += len(text) + 1
        if length >= SEARCH_LENGTH:
            break
    return "\n".join(words)[:SEARCH_LENGTH]


def words_of(payload: str) -> Iterator[str]:
    """Yield the texts of a log entry that people would search."""
    entry = orjson.loads(payload)
    for name in ("thought", "tool_name", "tool_input", "observation", "tool_output"):
        yield from _texts(entry.get(name))


def milliseconds(moment: datetime) -> int:
    """Return the time as the database stores it: milliseconds since 1970, UTC."""
    return round(moment.timestamp() * 1000)


def moment(milliseconds_since_1970: int) -> datetime:
    """Return the time that `milliseconds` encoded."""
    return datetime.fromtimestamp(milliseconds_since_1970 / 1000, UTC)


def now() -> datetime:
    """Return the present time in whole milliseconds, as the database will return it."""
    present = datetime.now(UTC)
    return present.replace(microsecond=present.microsecond // 1000 * 1000)


def _plain(value: JSON) -> JSON:
    return value.model_dump() if isinstance(value, BaseModel) else str(value)


def _texts(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in cast("dict[str, JSON]", value).values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in cast("list[JSON]", value):
            yield from _texts(item)
