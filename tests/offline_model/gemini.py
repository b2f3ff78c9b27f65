"""The dialect of Gemini's `generateContent`."""

import json
from collections.abc import Iterator
from typing import cast

from tests.offline_model.asked import Asked, Json, Reply, Said, joined, objects

_USAGE = {"promptTokenCount": 120, "candidatesTokenCount": 30, "totalTokenCount": 150}
# Its client asks beside the work which model to take, and wants JSON.
_CHOICE = {"model_choice": "flash", "reasoning": "small", "complexity_score": 1}


def read(body: Json) -> Asked:
    """Return what is asked."""
    said: list[Said] = []
    for content in body.get("contents", []):
        parts: list[Json] = content.get("parts", [])
        results = [part["functionResponse"] for part in parts if "functionResponse" in part]
        said += (Said("tool", json.dumps(result.get("response"))) for result in results)
        images = sum("inlineData" in part for part in parts)
        text = joined(parts)[0]
        if content.get("role") == "model":
            said.append(Said("model", text))
        elif text or images:
            said.append(Said("person", text, images))
    tools: dict[str, Json] = {
        tool["name"]: tool.get("parametersJsonSchema") or tool.get("parameters") or {}
        for group in objects(body.get("tools"))
        for tool in objects(group.get("functionDeclarations"))
    }
    system = cast("Json", body.get("systemInstruction") or {})
    return Asked(tuple(said), tools, joined(system.get("parts"))[0])


def whole(body: Json, reply: Reply) -> Json:
    """Return the answer in one piece."""
    wishes: Json = body.get("generationConfig") or {}
    text = (
        json.dumps(_CHOICE)
        if wishes.get("responseMimeType") == "application/json"
        else "".join(reply.words)
    )
    return _chunk([{"text": text}, *_call(body, reply)], "STOP")


def stream(body: Json, reply: Reply) -> Iterator[tuple[str, Json]]:
    """Yield the answer in pieces, each with the name of its event."""
    if reply.thought:
        yield "", _chunk([{"text": "".join(reply.thought), "thought": True}])
    for words in reply.words[:-1]:
        yield "", _chunk([{"text": words}])
    yield "", _chunk([{"text": reply.words[-1]}, *_call(body, reply)], "STOP")


def refusal() -> tuple[int, Json]:
    """Return the answer to a wrong key."""
    words = "API key not valid. Please pass a valid API key."
    return 400, {"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}}


def _call(body: Json, reply: Reply) -> list[Json]:
    if reply.call is None:
        return []
    name, arguments = reply.call.name, reply.call.arguments
    call_id = f"call_{len(body['contents'])}"
    return [{"functionCall": {"name": name, "args": arguments, "id": call_id}}]


def _chunk(parts: list[Json], finish: str | None = None) -> Json:
    candidate: Json = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    model = {"modelVersion": "offline-model", "responseId": "offline"}
    return {"candidates": [candidate], "usageMetadata": _USAGE, **model}
