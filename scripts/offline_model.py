"""A model that needs no network: OpenAI-compatible chat on loopback, with scripted answers.

    python scripts/offline_model.py              # a free port; prints what to export for OpenCode

Whatever the prompt, it plans, writes hello.txt, looks at it in a shell and says so. It chooses tool
calls by the names of the tools that the agent offers, so one turn shows all kinds of log entries.
It uses only the standard library.
"""

import argparse
import json
import re
import shlex
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]

FILE = "hello.txt"
TEXT = "hello from the offline model\nsecond line\n"
ANSWER = ("I wrote ", "**hello.txt** ", "and checked it: ", "2 lines. ", "Done.")
THOUGHT = ("The user wants ", "a small file. ", "I will write it.")
_PLAN = ("Look at the project", "Write hello.txt", "Check the result")
_WORK_FOLDER = re.compile(r"[Ww]orking directory: (/[^\n<]*)")


def opencode_environment(url: str) -> dict[str, str]:
    """Return variables that make OpenCode use the model at `url`, and no other network."""
    return {
        "OPENCODE_CONFIG_CONTENT": json.dumps(_opencode_config(url)),
        "OPENCODE_DISABLE_MODELS_FETCH": "1",
        "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
    }


def next_call(tools: list[str], done: int, folder: str) -> tuple[str, Json] | None:
    """Return name and arguments of the next tool call; None if it is time to answer.

    Args:
        tools: names that the agent offers.
        done: tool calls of this turn so far.
        folder: the agent's working directory, with a slash at its end.
    """
    states = ("in_progress", "pending", "pending")
    todos = [
        {"id": str(number), "content": step, "status": state, "priority": "high"}
        for number, (step, state) in enumerate(zip(_PLAN, states, strict=True))
    ]
    command = f"cat {FILE} && wc -l {FILE}"
    script: list[tuple[str, Json]] = [
        ("todowrite", {"todos": todos}),
        ("write", {"filePath": f"{folder}{FILE}", "content": TEXT}),
        ("bash", {"command": command, "description": "Show the file"}),
    ]
    calls = [call for call in script if call[0] in tools]
    return calls[done] if done < len(calls) else None


def answer(body: Json) -> Iterator[Json]:
    """Return the chunks of one streamed chat completion."""
    messages: list[Json] = body["messages"]
    last = max((i for i, message in enumerate(messages) if message["role"] == "user"), default=0)
    done = sum(message["role"] == "tool" for message in messages[last:])
    tools = [tool["function"]["name"] for tool in body.get("tools", [])]
    call = next_call(tools, done, _work_folder(messages))
    yield _chunk({"role": "assistant", "content": ""})
    if call is None:
        yield from (_chunk({"content": words}) for words in ANSWER)
    else:
        name, arguments = call
        if not done:
            yield from (_chunk({"reasoning_content": words}) for words in THOUGHT)
        yield _chunk({"content": f"Now I use {name}. "})
        function = {"name": name, "arguments": json.dumps(arguments)}
        call_id = f"call_{last}_{done}"
        calls = [{"index": 0, "id": call_id, "type": "function", "function": function}]
        yield _chunk({"tool_calls": calls})
    yield _chunk({}, "stop" if call is None else "tool_calls")
    usage = {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}
    yield {**_chunk({}), "choices": [], "usage": usage}


def serve(port: int = 0) -> ThreadingHTTPServer:
    """Return a server on 127.0.0.1 that does not run yet; port 0 takes a free one."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _Chat)
    server.daemon_threads = True
    return server


def address(server: ThreadingHTTPServer) -> str:
    """Return the URL of a server."""
    return f"http://127.0.0.1:{server.server_address[1]}"


class _Chat(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._send(json.dumps({"object": "list", "data": [{"id": "offline-model"}]}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chunks = list(answer(body))
        if body.get("stream"):
            lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]
            self._send("".join(lines).encode(), "text/event-stream")
            return
        # Small requests (a title) are not streamed and offer no tools.
        text = {"role": "assistant", "content": "".join(ANSWER)}
        whole = {"index": 0, "message": text, "finish_reason": "stop"}
        self._send(json.dumps({**chunks[-1], "choices": [whole]}).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - given by the library
        """Say nothing."""

    def _send(self, content: bytes, kind: str = "application/json") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _opencode_config(url: str) -> Json:
    model = {
        "name": "Offline",
        "tool_call": True,
        "reasoning": True,
        "limit": {"context": 100_000, "output": 8_000},
        "cost": {"input": 1, "output": 2},
    }
    return {
        "$schema": "https://opencode.ai/config.json",
        "autoupdate": False,
        "share": "disabled",
        "model": "offline/offline-model",
        "small_model": "offline/offline-model",
        "permission": {"edit": "ask", "bash": "ask"},
        "enabled_providers": ["offline"],
        "provider": {
            "offline": {
                "npm": "@ai-sdk/openai-compatible",
                "name": "Offline",
                "options": {"baseURL": f"{url}/v1", "apiKey": "sk-not-a-secret"},
                "models": {"offline-model": model},
            }
        },
    }


def _chunk(delta: Json, finish: str | None = None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-offline",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "offline-model",
        "choices": [choice],
    }


def _work_folder(messages: list[Json]) -> str:
    """Return the folder that the agent's instructions name; "" if they name none."""
    match = _WORK_FOLDER.search(json.dumps(messages, ensure_ascii=False).replace("\\n", "\n"))
    return f"{match[1].strip()}/" if match else ""


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A scripted model on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    server = serve(parser.parse_args().port)
    for name, value in opencode_environment(address(server)).items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
