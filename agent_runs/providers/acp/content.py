"""What an agent sends as content and result of a tool call, in words.

Each agent has a shape of its own for results: text, an object with the text under some name, or
blocks. A dump of the object is the last resort.
"""

import json
import re
from typing import cast

from agent_runs.models import JSON
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty

_TEXTS = ("output", "message", "text", "content", "detailedContent", "llmContent", "returnDisplay")
_EXITS = ("exit_code", "exitCode", "exit", "returncode")
_FENCED = re.compile(r"\s*(?P<fence>`{3,})(?:console)?\n(?P<text>.*?)\n?(?P=fence)\s*", re.DOTALL)


def block_text(block: JSON) -> str:
    """Return the text of an ACP content block; other content is named in brackets."""
    if isinstance(block, str):
        return block
    it = object_or_empty(block)
    if text := text_or_empty(it.get("text") or object_or_empty(it.get("resource")).get("text")):
        return text
    kind = it.get("type")
    if kind in (None, "text"):
        return ""
    return f"[{kind} {it.get('uri') or it.get('mimeType') or ''}]".replace(" ]", "]")


def diffs_in(blocks: list[dict[str, JSON]]) -> list[dict[str, JSON]]:
    """Return the diffs among the contents of a call."""
    return [block for block in blocks if block.get("type") == "diff" and block.get("path")]


def texts_in(blocks: list[dict[str, JSON]]) -> list[str]:
    """Return the texts among the contents of a call, without a fence around the whole of one."""
    texts = (block_text(block.get("content")) for block in blocks)
    return [_unfenced(text) for text in texts if text]


def exit_code_in(raw: JSON) -> int | None:
    """Return the exit code that a result names, wherever it stands."""
    result = object_or_empty(raw)
    parts = [result, object_or_empty(result.get("metadata"))]
    parts += reversed(objects_or_empty(result.get("contents")))
    codes = (part.get(name) for part in parts for name in _EXITS)
    # `True` is an int, too, but no exit code.
    return next((code for code in codes if isinstance(code, int) and code is not True), None)


def output_text(raw: JSON, *, dump: bool = True) -> str:
    """Return a result as text.

    Args:
        raw: `rawOutput` of the call.
        dump: return an object without any text as JSON.
    """
    if text := _text_of(raw):
        return text
    if not dump or raw in (None, {}, [], ""):
        return ""
    return json.dumps(raw, ensure_ascii=False)


def _text_of(raw: JSON) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, list):
        texts = (block_text(block) for block in cast("list[JSON]", raw))
        return "\n".join(filter(None, texts))
    result = object_or_empty(raw)
    streams = (text_or_empty(result.get(name)) for name in ("stdout", "stderr"))
    if text := text_or_empty(result.get("output")) or "\n".join(filter(None, streams)):
        return text
    for name in (*_TEXTS, "contents"):
        value = result.get(name)
        if isinstance(value, str | list) and (text := _text_of(cast("JSON", value))):
            return text
    return ""


def _unfenced(text: str) -> str:
    fenced = _FENCED.fullmatch(text)
    return fenced["text"] if fenced and fenced["fence"] not in fenced["text"] else text
