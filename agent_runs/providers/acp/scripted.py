"""The built-in agent: real, harmless work in its folder, no model, no key, no network.

    python -m agent_runs.providers.acp.scripted

It speaks ACP version 1 on standard input and output. Lines of the prompt that begin with `/` are
directives, one method `_do_...` each; without one it looks around, searches for open ends, writes a
short report and checks it. It asks before it writes or runs anything. Only the standard library is
imported: this file is started by its path, and a start takes 60 ms.
"""

import asyncio
import base64
import contextlib
import json
import os
import re
import sys
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

_OPTIONS = [
    {"optionId": "always", "name": "Always allow", "kind": "allow_always"},
    {"optionId": "allow", "name": "Allow", "kind": "allow_once"},
    {"optionId": "reject", "name": "Reject", "kind": "reject_once"},
]
_STEPS = ("search", "read", "write", "run", "sleep", "ask")
_LOOK = "ls -la && git status --short"
_LINE_BYTES, _MOST_MATCHES = 64 * 1024 * 1024, 100
_SKIPPED = {".git", "node_modules", ".venv", "__pycache__"}

Json = dict[str, Any]


class Refused(Exception):
    """A JSON-RPC error: to send, or received."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Peer:
    """JSON-RPC 2.0, one message per line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_id = 0

    async def send(self, message: Json) -> None:
        """Write a message; wait while the client does not read."""
        line = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":"))
        self._writer.write(line.encode() + b"\n")
        await self._writer.drain()

    async def request(self, method: str, params: Json) -> Json:
        """Send the client a request and return its result; Refused if it says no."""
        self._last_id += 1
        answer = self._waiting[self._last_id] = asyncio.get_running_loop().create_future()
        await self.send({"id": self._last_id, "method": method, "params": params})
        return await answer or {}

    async def serve(self, agent: "Scripted") -> None:
        """Take messages until the client closes its end."""
        while line := await self._reader.readline():
            message = json.loads(line)
            if "method" not in message:
                self._take_answer(message)
            elif "id" not in message:
                agent.notified(message["method"], message.get("params") or {})
            else:
                task = asyncio.ensure_future(self._answer(agent, message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _take_answer(self, message: Json) -> None:
        answer = self._waiting.pop(message["id"], None)
        if answer is None or answer.done():
            return
        if error := message.get("error"):
            answer.set_exception(Refused(error["code"], f"{error['message']} {error.get('data')}"))
        else:
            answer.set_result(message.get("result"))

    async def _answer(self, agent: "Scripted", message: Json) -> None:
        try:
            answer = {"result": await agent.answer(message["method"], message.get("params") or {})}
        except Refused as refused:
            answer = {"error": {"code": refused.code, "message": str(refused)}}
        except Exception as error:  # noqa: BLE001 - the edge: the client gets every fault
            answer = {"error": {"code": -32603, "message": f"Internal error: {error!r}"}}
        await self.send({"id": message["id"], **answer})


class Scripted:
    """The agent: sessions that survive in HOME, one turn at a time per session."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self._store = Path.home() / ".scripted-agent"
        self._sessions: dict[str, Json] = {}
        self._turns: dict[str, Turn] = {}

    def notified(self, method: str, params: Json) -> None:
        """Take a notification."""
        if method == "session/cancel" and params["sessionId"] in self._turns:
            self._turns[params["sessionId"]].cancel()

    async def answer(self, method: str, params: Json) -> Json:
        """Return the result of a request."""
        match method:
            case "initialize":
                return self.hello()
            case "session/new":
                session_id = f"sess_{uuid.uuid4().hex[:12]}"
                self._sessions[session_id] = {"cwd": params["cwd"], "history": []}
                self._save(session_id)
                return {"sessionId": session_id}
            case "session/resume":
                return self._restore(params)
            case "session/prompt":
                return await self._prompt(params)
            case _:
                raise Refused(-32601, f"Method not found: {method}")

    def hello(self) -> Json:
        """Say who this is and what it can do."""
        return {
            "protocolVersion": 1,
            "agentInfo": {"name": "scripted", "version": "1.0"},
            "agentCapabilities": {
                "promptCapabilities": {"image": True},
                "sessionCapabilities": {"resume": {}},
            },
        }

    async def _prompt(self, params: Json) -> Json:
        session_id = params["sessionId"]
        session = self._sessions[session_id]
        turn = self._turns[session_id] = Turn(self, session_id, session, params["prompt"])
        try:
            stop_reason = await turn.run()
        finally:
            del self._turns[session_id]
            self._save(session_id)
        return {"stopReason": stop_reason}

    def _save(self, session_id: str) -> None:
        self._store.mkdir(parents=True, exist_ok=True)
        (self._store / f"{session_id}.json").write_text(json.dumps(self._sessions[session_id]))

    def _restore(self, params: Json) -> Json:
        session_id = params["sessionId"]
        path = self._store / f"{session_id}.json"
        if not path.exists():
            raise Refused(-32002, f"Resource not found: {session_id}")
        self._sessions[session_id] = json.loads(path.read_text("utf-8"))
        return {}


class Turn:
    """Works through one prompt."""

    def __init__(self, agent: Scripted, session_id: str, session: Json, prompt: list[Json]) -> None:
        self._agent = agent
        self._session_id = session_id
        self._root = Path(session["cwd"])
        self._history: list[list[str]] = session["history"]
        self._text = "\n".join(block["text"] for block in prompt if block.get("type") == "text")
        self._images = [block for block in prompt if block.get("type") == "image"]
        self._stop_reason = "end_turn"
        self._obedient = True
        self._task: asyncio.Task[str] | None = None

    def cancel(self) -> None:
        """Stop, unless the prompt says to be stubborn."""
        if self._task is not None and self._obedient:
            self._task.cancel()

    async def run(self) -> str:
        """Do what the prompt says and return the stop reason."""
        self._history.append(["user", self._text])
        self._task = asyncio.ensure_future(self._work())
        await asyncio.wait({self._task})
        return "cancelled" if self._task.cancelled() else self._task.result()

    async def _work(self) -> str:
        words = [line[1:].partition(" ") for line in self._text.splitlines() if line[:1] == "/"]
        known = [(name, rest) for name, _, rest in words if hasattr(self, f"_do_{name}")]
        script = known or self._report_script()
        steps = [
            f"{name} {rest.partition(' ')[0] if name == 'write' else rest}"
            for name, rest in script
            if name in _STEPS
        ]
        await self._plan(steps, count := 0)
        for name, rest in script:
            await getattr(self, f"_do_{name}")(rest)
            if name in _STEPS:
                await self._plan(steps, count := count + 1)
            if self._stop_reason != "end_turn":
                break
        used = sum(len(text) for _, text in self._history)
        await self._update("usage_update", used=used, size=200_000)
        return self._stop_reason

    def _report_script(self) -> list[tuple[str, str]]:
        first_line = next(iter(self._text.strip().splitlines()), "")[:200]
        earlier = [text for role, text in self._history[:-1] if role == "user"]
        report = [f"# {first_line}", "", f"Turn {len(earlier) + 1} of the scripted agent."]
        report += [f"Before it: {text.splitlines()[0][:200]}" for text in earlier[-3:] if text]
        names = [f"- {path.relative_to(self._root)}" for path in self._files()]
        report += ["", f"## The workspace has {len(names)} files", "", *names[:20]]
        body = "\n".join(report).replace("\\", "\\\\").replace("\n", "\\n")
        return [
            ("think", "I look at the workspace first, then I write down what I find."),
            ("image", ""),
            ("search", "TODO"),
            ("write", f"notes/REPORT.md {body}"),
            ("read", "notes/REPORT.md"),
            ("run", _LOOK),
            ("say", f"I wrote a report on **{first_line}** to notes/REPORT.md and checked it."),
        ]

    def _files(self) -> list[Path]:
        paths: list[Path] = []
        for folder, folders, names in os.walk(self._root):
            folders[:] = sorted(set(folders) - _SKIPPED)
            paths += [Path(folder, name) for name in sorted(names)]
        return paths

    async def _do_think(self, text: str) -> None:
        await self._update("agent_thought_chunk", content=_text(text))

    async def _do_say(self, text: str) -> None:
        for word in re.findall(r"\s*\S+\s*", text):
            await self._update("agent_message_chunk", content=_text(word))
        self._history.append(["agent", text])

    async def _do_flood(self, count: str) -> None:
        for number in range(int(count)):
            await self._update("agent_message_chunk", content=_text(f"chunk {number} "))

    async def _do_search(self, pattern: str) -> None:
        async with self._tool(f"Search {pattern!r}", "search", {"pattern": pattern}) as result:
            matches = await asyncio.to_thread(self._matches, pattern)
            content = _content("\n".join(matches) or "no matches")
            result.update(content=content, rawOutput={"matches": len(matches)})

    def _matches(self, pattern: str) -> list[str]:
        matches: list[str] = []
        for path in self._files():
            with contextlib.suppress(OSError), path.open(errors="replace") as file:
                name = path.relative_to(self._root)
                matches += [
                    f"{name}:{n}: {line[:200]}" for n, line in enumerate(file, 1) if pattern in line
                ]
        return [match.rstrip() for match in matches[:_MOST_MATCHES]]

    async def _do_read(self, name: str) -> None:
        path = str(self._root / name)
        async with self._tool(f"Read {name}", "read", {"path": path}) as result:
            answer = await self._ask_client("fs/read_text_file", path=path)
            result.update(content=_content(answer["content"]))

    async def _do_write(self, rest: str) -> None:
        name, _, body = rest.partition(" ")
        body = re.sub(r"\\([n\\])", lambda match: "\n" if match[1] == "n" else "\\", body) + "\n"
        path = self._root / name
        exists = path in self._files()
        async with self._tool(f"Write {name}", "edit", {"path": str(path)}) as result:
            old = await asyncio.to_thread(path.read_text, "utf-8", "replace") if exists else None
            diff = [{"type": "diff", "path": str(path), "oldText": old, "newText": body}]
            if not await self._allowed(result, f"Write {name}", diff):
                return
            await self._ask_client("fs/write_text_file", path=str(path), content=body)
            result.update(content=diff, rawOutput={"bytes": len(body.encode())})

    async def _do_run(self, command: str) -> None:
        async with self._tool(command, "execute", {"command": command}) as result:
            if command != _LOOK and not await self._allowed(result, command, []):
                return
            answer = await self._ask_client("terminal/create", command=command, cwd=str(self._root))
            terminal = {"terminalId": answer["terminalId"]}
            ended = await self._ask_client("terminal/wait_for_exit", **terminal)
            output = await self._ask_client("terminal/output", **terminal)
            await self._ask_client("terminal/release", **terminal)
            raw = {"exit_code": ended.get("exitCode"), "output": output["output"]}
            result.update(status="completed" if raw["exit_code"] == 0 else "failed", rawOutput=raw)

    async def _do_sleep(self, seconds: str) -> None:
        async with self._tool(f"sleep {seconds}", "other", {"seconds": float(seconds)}):
            await asyncio.sleep(float(seconds))

    async def _do_ask(self, title: str) -> None:
        async with self._tool(title or "Do it", "other", {"title": title}) as result:
            allowed = await self._allowed(result, title or "Do it", [])
        await self._do_say("It was allowed. " if allowed else "It was rejected. ")

    async def _do_request(self, rest: str) -> None:
        method, _, params = rest.partition(" ")
        await self._do_say(json.dumps(await self._ask_client(method, **json.loads(params))))

    async def _do_image(self, _: str) -> None:
        for image in self._images:
            content = base64.b64decode(image["data"])
            await self._do_say(f"Got an image: {image['mimeType']}, {len(content)} bytes. ")

    async def _do_stop(self, reason: str) -> None:
        self._stop_reason = reason

    async def _do_error(self, rest: str) -> None:
        code, _, text = rest.partition(" ")
        raise Refused(int(code), text)

    async def _do_crash(self, code: str) -> None:
        os._exit(int(code or 3))  # at once: nothing is answered, flushed or closed

    async def _do_stderr(self, text: str) -> None:
        sys.stderr.write("x" * int(text) if text.isdigit() else f"{text}\n")
        sys.stderr.flush()

    async def _do_noise(self, text: str) -> None:
        await asyncio.to_thread(os.write, 1, f"{text}\n".encode())

    async def _do_silent(self, _: str) -> None:
        await asyncio.Event().wait()

    async def _do_stubborn(self, _: str) -> None:
        self._obedient = False

    async def _do_stray(self, seconds: str) -> None:
        nothing = asyncio.subprocess.DEVNULL
        await asyncio.create_subprocess_exec(
            "sleep", seconds, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
        )

    async def _update(self, kind: str, /, **fields: Any) -> None:
        params = {"sessionId": self._session_id, "update": {"sessionUpdate": kind, **fields}}
        await self._agent.peer.send({"method": "session/update", "params": params})

    async def _ask_client(self, method: str, **params: Any) -> Json:
        return await self._agent.peer.request(method, {"sessionId": self._session_id, **params})

    async def _plan(self, steps: list[str], count: int) -> None:
        states = ["completed"] * count + ["in_progress"] + ["pending"] * len(steps)
        pairs = zip(steps, states, strict=False)
        entries = [{"content": step[:80], "status": state} for step, state in pairs]
        if entries:
            await self._update("plan", entries=entries)

    @contextlib.asynccontextmanager
    async def _tool(self, title: str, kind: str, raw_input: Json) -> AsyncGenerator[Json]:
        """Announce a tool call, and send its result, which the body fills in."""
        call_id = f"call_{uuid.uuid4().hex[:8]}"
        result: Json = {"toolCallId": call_id, "status": "completed"}
        call: Json = {"title": title, "kind": kind, "status": "in_progress", "rawInput": raw_input}
        await self._update("tool_call", toolCallId=call_id, **call)
        try:
            yield result
        except (OSError, Refused) as error:
            result.update(status="failed", content=_content(str(error)))
        await self._update("tool_call_update", **result)

    async def _allowed(self, result: Json, title: str, content: list[Json]) -> bool:
        call = {"toolCallId": result["toolCallId"], "title": title, "content": content}
        request = {"toolCall": call, "options": _OPTIONS}
        answer = await self._ask_client("session/request_permission", **request)
        allowed = answer["outcome"].get("optionId") in ("allow", "always")
        if not allowed:
            result.update(status="failed", content=_content("rejected by the user"))
        return allowed


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _content(text: str) -> list[Json]:
    return [{"type": "content", "content": _text(text)}]


async def main(agent: type[Scripted] = Scripted) -> None:
    """Serve one client until it closes our standard input."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_LINE_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), os.fdopen(1, "wb", 0)
    )
    peer = Peer(reader, asyncio.StreamWriter(transport, protocol, None, loop))
    await peer.serve(agent(peer))


if __name__ == "__main__":
    asyncio.run(main())
