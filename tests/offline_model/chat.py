"""The dialect of OpenAI's chat completions, which most agents can speak."""

import json
from collections.abc import Iterator

from tests.offline_model.asked import Asked, Json, Reply, Said, joined, objects

_WHO = {"user": "person", "assistant": "model", "tool": "tool"}
USAGE = {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}


def read(body: Json) -> Asked:
    """Return what is asked."""
    messages: list[Json] = body.get("messages", [])
    said: list[Said] = []
    system: list[str] = []
    for message in messages:
        text, images = joined(message.get("content"))
        who = _WHO.get(message["role"])
        if who is None:
            system.append(text)
        else:
            said.append(Said(who, text, images))  # pyright: ignore[reportArgumentType] - see _WHO
    tools: dict[str, Json] = {
        tool["function"]["name"]: tool["function"].get("parameters") or {}
        for tool in objects(body.get("tools"))
        if "function" in tool
    }
    return Asked(tuple(said), tools, "\n".join(system))


def whole(body: Json, reply: Reply) -> Json:
    """Return the answer in one piece."""
    message: Json = {"role": "assistant", "content": "".join(reply.words)}
    if reply.call is not None:
        message["tool_calls"] = [_call(body, reply)]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply)}
    return {**_head(body, "chat.completion"), "choices": [choice], "usage": USAGE}


def stream(body: Json, reply: Reply) -> Iterator[tuple[str, Json]]:
    """Yield the answer in pieces, each with the name of its event."""
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning_content": words} for words in reply.thought]
    deltas += [{"content": words} for words in reply.words]
    if reply.call is not None:
        deltas.append({"tool_calls": [{"index": 0, **_call(body, reply)}]})
    head = _head(body, "chat.completion.chunk")
    for delta in deltas:
        yield "", {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    end: Json = {"index": 0, "delta": {}, "finish_reason": _finish(reply)}
    yield "", {**head, "choices": [end]}
    yield "", {**head, "choices": [], "usage": USAGE}


def refusal() -> tuple[int, Json]:
    """Return the answer to a wrong key."""
    error = {"message": "Incorrect API key provided.", "type": "invalid_request_error"}
    return 401, {"error": {**error, "param": None, "code": "invalid_api_key"}}


def _call(body: Json, reply: Reply) -> Json:
    assert reply.call is not None
    arguments = json.dumps(reply.call.arguments)
    function = {"name": reply.call.name, "arguments": arguments}
    return {"id": f"call_{len(body['messages'])}", "type": "function", "function": function}


def _finish(reply: Reply) -> str:
    return "stop" if reply.call is None else "tool_calls"


def _head(body: Json, kind: str) -> Json:
    return {"id": "chatcmpl-offline", "object": kind, "created": 1, "model": body.get("model")}
