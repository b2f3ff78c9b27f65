"""The dialect of OpenAI's Responses, which Codex speaks."""

import json
from collections.abc import Iterator

from tests.offline_model import chat
from tests.offline_model.asked import Asked, Json, Reply, Said, joined, objects

refusal = chat.refusal
_USAGE = {
    "input_tokens": 120,
    "input_tokens_details": {"cached_tokens": 0},
    "output_tokens": 30,
    "output_tokens_details": {"reasoning_tokens": 5},
    "total_tokens": 150,
}


def read(body: Json) -> Asked:
    """Return what is asked."""
    given = body.get("input", [])
    items: list[Json] = [{"role": "user", "content": given}] if isinstance(given, str) else given
    said: list[Said] = []
    for item in items:
        text, images = joined(item.get("content", item.get("output")))
        if str(item.get("type", "")).endswith("_output"):
            said.append(Said("tool", text, images))
        elif item.get("role") == "user":
            said.append(Said("person", text, images))
        elif item.get("role") == "assistant":
            said.append(Said("model", text, images))
    tools: dict[str, Json] = {
        tool["name"]: tool.get("parameters") or {}
        for tool in objects(body.get("tools"))
        if "name" in tool
    }
    return Asked(tuple(said), tools, str(body.get("instructions") or ""))


def whole(body: Json, reply: Reply) -> Json:
    """Return the answer in one piece."""
    return _response(body, "completed", _items(body, reply))


def stream(body: Json, reply: Reply) -> Iterator[tuple[str, Json]]:
    """Yield the answer in pieces, each with the name of its event."""
    events: list[Json] = [_event("created", response=_response(body, "in_progress", []))]
    items = _items(body, reply)
    for at, item in enumerate(items):
        begun: Json = {**item, **{name: [] for name in ("content", "summary") if name in item}}
        events.append(_event("output_item.added", output_index=at, item=begun))
        where = {"item_id": item["id"], "output_index": at}
        if item["type"] == "message":
            events += (
                _event("output_text.delta", **where, content_index=0, delta=words)
                for words in reply.words
            )
        elif item["type"] == "reasoning":
            events += (
                _event("reasoning_summary_text.delta", **where, summary_index=0, delta=words)
                for words in reply.thought
            )
        events.append(_event("output_item.done", output_index=at, item=item))
    events.append(_event("completed", response=_response(body, "completed", items)))
    for number, event in enumerate(events):
        yield event["type"], {**event, "sequence_number": number}


def _items(body: Json, reply: Reply) -> list[Json]:
    number = len(body.get("input", []))
    items: list[Json] = []
    if reply.thought:
        summary = [{"type": "summary_text", "text": "".join(reply.thought)}]
        items.append({"type": "reasoning", "id": f"rs_{number}", "summary": summary})
    content: list[Json] = [{"type": "output_text", "text": "".join(reply.words), "annotations": []}]
    message = {"type": "message", "id": f"msg_{number}", "status": "completed"}
    items.append({**message, "role": "assistant", "content": content})
    if reply.call is not None:
        items.append(_call(body, reply, number))
    return items


def _call(body: Json, reply: Reply, number: int) -> Json:
    assert reply.call is not None
    name, arguments = reply.call.name, reply.call.arguments
    common: Json = {"call_id": f"call_{number}", "name": name, "status": "completed"}
    is_free_text = any(
        tool.get("name") == name and tool.get("type") == "custom" for tool in body["tools"]
    )
    if is_free_text:
        text = {"id": f"ctc_{number}", "input": arguments["input"]}
        return {**common, "type": "custom_tool_call", **text}
    filled = {"id": f"fc_{number}", "arguments": json.dumps(arguments)}
    return {**common, "type": "function_call", **filled}


def _response(body: Json, status: str, items: list[Json]) -> Json:
    head: Json = {"id": "resp_offline", "object": "response", "created_at": 1, "status": status}
    usage = _USAGE if status == "completed" else None
    return {**head, "model": body.get("model"), "output": items, "usage": usage}


def _event(kind: str, **fields: object) -> Json:
    return {"type": f"response.{kind}", **fields}
