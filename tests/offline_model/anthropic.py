"""The dialect of Anthropic's messages, which Claude Code speaks."""

import json
from collections.abc import Iterator
from typing import Any

from tests.offline_model.asked import Asked, Json, Reply, Said, joined, objects

_USAGE = {
    "input_tokens": 120,
    "output_tokens": 30,
    "cache_read_input_tokens": 0,
    "cache_creation_input_tokens": 0,
}


def read(body: Json) -> Asked:
    """Return what is asked."""
    said: list[Said] = []
    for message in body.get("messages", []):
        content: Any = message.get("content")
        results = [part for part in objects(content) if part.get("type") == "tool_result"]
        said += (Said("tool", *joined(part.get("content"))) for part in results)
        text, images = joined(content)
        if message["role"] == "assistant":
            said.append(Said("model", text, images))
        elif text or images:
            said.append(Said("person", text, images))
    tools: dict[str, Json] = {
        tool["name"]: tool.get("input_schema") or {}
        for tool in objects(body.get("tools"))
        if "name" in tool
    }
    return Asked(tuple(said), tools, joined(body.get("system"))[0])


def whole(body: Json, reply: Reply) -> Json:
    """Return the answer in one piece."""
    return {**_head(body), "content": _blocks(body, reply), "stop_reason": _reason(reply)}


def stream(body: Json, reply: Reply) -> Iterator[tuple[str, Json]]:
    """Yield the answer in pieces, each with the name of its event."""
    events: list[Json] = [{"type": "message_start", "message": _head(body)}]
    for index, block in enumerate(_blocks(body, reply)):
        begun, deltas = _pieces(block, reply)
        events.append({"type": "content_block_start", "index": index, "content_block": begun})
        events += (
            {"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas
        )
        events.append({"type": "content_block_stop", "index": index})
    ending = {"stop_reason": _reason(reply), "stop_sequence": None}
    events.append({"type": "message_delta", "delta": ending, "usage": {"output_tokens": 30}})
    events.append({"type": "message_stop"})
    for event in events:
        yield event["type"], event


def refusal() -> tuple[int, Json]:
    """Return the answer to a wrong key."""
    error = {"type": "authentication_error", "message": "invalid x-api-key"}
    return 401, {"type": "error", "error": error}


def _blocks(body: Json, reply: Reply) -> list[Json]:
    blocks: list[Json] = []
    if reply.thought and body.get("thinking"):
        thought = "".join(reply.thought)
        blocks.append({"type": "thinking", "thinking": thought, "signature": "c2ln"})
    blocks.append({"type": "text", "text": "".join(reply.words)})
    if reply.call is not None:
        call: Json = {"name": reply.call.name, "input": reply.call.arguments}
        blocks.append({"type": "tool_use", "id": f"toolu_{len(body['messages'])}", **call})
    return blocks


def _pieces(block: Json, reply: Reply) -> tuple[Json, list[Json]]:
    """Return how a block begins, and what follows."""
    if block["type"] == "text":
        deltas = [{"type": "text_delta", "text": words} for words in reply.words]
        return {**block, "text": ""}, deltas
    if block["type"] == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": words} for words in reply.thought]
        signed = {"type": "signature_delta", "signature": block["signature"]}
        return {**block, "thinking": "", "signature": ""}, [*deltas, signed]
    arguments = json.dumps(block["input"])
    return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": arguments}]


def _reason(reply: Reply) -> str:
    return "end_turn" if reply.call is None else "tool_use"


def _head(body: Json) -> Json:
    head: Json = {"id": "msg_offline", "type": "message", "role": "assistant", "content": []}
    ending = {"stop_reason": None, "stop_sequence": None}
    return {**head, "model": body.get("model"), **ending, "usage": _USAGE}
