"""Updates as agents send them, and the entries that they become, for tests of the translation."""

from datetime import UTC, datetime, timedelta
from typing import Any

from agent_runs.models import JSON
from agent_runs.providers.acp.translate import Translator

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def entries_of(*updates: dict[str, JSON], error: str | None = None) -> list[dict[str, Any]]:
    translator = Translator(1, "/work")
    for second, update in enumerate(updates):
        translator.feed(update, at(second))
    translator.finish(at(len(updates)), tools="unknown", answer=True, error=error)
    return [entry.model_dump(exclude_none=True, mode="json") for entry in translator.entries]


def say(text: str, **fields: JSON) -> dict[str, JSON]:
    content = {"type": "text", "text": text}
    return {"sessionUpdate": "agent_message_chunk", "content": content, **fields}


def think(text: str) -> dict[str, JSON]:
    content = {"type": "text", "text": text}
    return {"sessionUpdate": "agent_thought_chunk", "content": content}


def tool(call_id: str, **fields: JSON) -> dict[str, JSON]:
    return {"sessionUpdate": "tool_call", "toolCallId": call_id, **fields}


def tool_update(call_id: str, **fields: JSON) -> dict[str, JSON]:
    return {"sessionUpdate": "tool_call_update", "toolCallId": call_id, **fields}
