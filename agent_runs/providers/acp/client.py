"""What an agent may ask of us: files, terminals, permissions (the client side of ACP).

Parameters are checked with the SDK's models, except for `session/request_permission`: there we keep
the raw JSON, because agents send kinds and fields that the models would refuse or drop.
Source: https://agentclientprotocol.com/protocol/schema
"""

import asyncio
import os
import shlex
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from acp import schema
from acp.exceptions import RequestError
from pydantic import BaseModel, ValidationError

from agent_runs.models import JSON
from agent_runs.providers.acp.forms import (
    ANSWERS,
    answers_to_question,
    form_of,
    form_of_question,
)
from agent_runs.providers.acp.permission import Permissions
from agent_runs.providers.acp.terminal import MOST_TERMINALS, Terminal, Terminals
from agent_runs.providers.acp.workspace import (
    FileTooLarge,
    PathOutside,
    confine,
    open_beneath,
    read_beneath,
)
from agent_runs.providers.base import PermissionQuestion
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty

_READ_BYTES = 32 * 1024 * 1024

OnDecision = Callable[[dict[str, JSON], str | None], None]
"""Gets each decision: the raw request and the chosen option id."""


@dataclass
class AgentClient:
    """Answers the requests of one agent.

    Attributes:
        root: the workspace; no path outside of it is served.
        on_decision: called in the order of the decisions, synchronously.
    """

    root: Path
    terminals: Terminals
    permissions: Permissions
    on_decision: OnDecision

    async def answer(self, method: str, params: JSON) -> dict[str, JSON] | BaseModel:
        """Return the result of a request.

        Raises:
            RequestError: the method is unknown or the request cannot be fulfilled.
        """
        if method == "session/request_permission":
            return await self._request_permission(object_or_empty(params))
        if method == "elicitation/create":
            return await self._elicit(object_or_empty(params))
        try:
            return await self._typed(method, params)
        except ValidationError as exc:
            details = "; ".join(error["msg"] for error in exc.errors()[:3])
            raise RequestError.invalid_params({"details": details}) from exc
        except FileNotFoundError as exc:
            raise RequestError.resource_not_found(str(exc.filename or exc)) from exc
        except (PathOutside, FileTooLarge, OSError) as exc:
            raise RequestError.invalid_params({"details": str(exc)}) from exc

    async def _typed(self, method: str, params: JSON) -> BaseModel:
        match method:
            case "fs/read_text_file":
                return await self._read(schema.ReadTextFileRequest.model_validate(params))
            case "fs/write_text_file":
                return await self._write(schema.WriteTextFileRequest.model_validate(params))
            case "terminal/create":
                return await self._create(schema.CreateTerminalRequest.model_validate(params))
            case _:
                return await self._about_terminal(method, params)

    async def _about_terminal(self, method: str, params: JSON) -> BaseModel:
        match method:
            case "terminal/output":
                return self._output(schema.TerminalOutputRequest.model_validate(params))
            case "terminal/wait_for_exit":
                return await self._wait(schema.WaitForTerminalExitRequest.model_validate(params))
            case "terminal/kill":
                kill = schema.KillTerminalRequest.model_validate(params)
                await self._terminal(kill.terminal_id).child.end(patience_seconds=0)
                return schema.KillTerminalResponse()
            case "terminal/release":
                release = schema.ReleaseTerminalRequest.model_validate(params)
                self._terminal(release.terminal_id)
                await self.terminals.release(release.terminal_id)
                return schema.ReleaseTerminalResponse()
            case _:
                raise RequestError.method_not_found(method)

    async def _request_permission(self, params: dict[str, JSON]) -> dict[str, JSON]:
        tool_call = object_or_empty(params.get("toolCall"))
        options = objects_or_empty(params.get("options"))
        if not tool_call or not options:
            raise RequestError.invalid_params({"details": "toolCall and options are required"})
        if (form := form_of_question(tool_call)) is not None:
            return await self._ask_person(params, PermissionQuestion(tool_call, options, form))
        choice = await self.permissions.choose(tool_call, options)
        self.on_decision(params, choice)
        if choice is None:
            return {"outcome": {"outcome": "cancelled"}}
        return {"outcome": {"outcome": "selected", "optionId": choice}}

    async def _ask_person(
        self, params: dict[str, JSON], question: PermissionQuestion
    ) -> dict[str, JSON]:
        """Answer a question that came as a permission request, though yes alone answers nothing."""
        answer = await self.permissions.fill_in(question)
        if answer is None:
            self.on_decision({**params, "form": True}, None)
            return {"outcome": {"outcome": "cancelled"}}
        answers = answers_to_question(answer.content)
        self.on_decision({**params, "form": True, "answers": answers}, answer.option_id)
        outcome = {"outcome": "selected", "optionId": answer.option_id}
        return {"outcome": outcome, "answers": answers}

    async def _elicit(self, params: dict[str, JSON]) -> dict[str, JSON]:
        try:
            form = form_of(params)
        except ValueError as exc:
            raise RequestError.invalid_params({"details": str(exc)}) from exc
        call_id = text_or_empty(params.get("toolCallId"))
        # Without a call of its own, the question is an entry of its own.
        about = {"name": "question", "toolCallId": f"question-{uuid.uuid4().hex}"}
        shown: dict[str, JSON] = {"toolCallId": call_id} if call_id else about
        question = PermissionQuestion({**shown, "title": form.message}, ANSWERS, form)
        answer = await self.permissions.fill_in(question)
        title = {} if call_id else {"title": form.message}
        decision: dict[str, JSON] = {
            "toolCall": {**shown, **title},
            "options": list(ANSWERS),
            "form": True,
            "question": form.message,
            "is_whole": not call_id,
        }
        if answer is None:
            self.on_decision(decision, None)
            return {"action": "cancel"}
        self.on_decision({**decision, "answers": answer.content}, answer.option_id)
        accepted = {"content": answer.content} if answer.option_id == "accept" else {}
        return {"action": answer.option_id, **accepted}

    async def _read(self, request: schema.ReadTextFileRequest) -> BaseModel:
        content = await asyncio.to_thread(read_beneath, self.root, request.path, _READ_BYTES)
        text = content.decode("utf-8", "replace")
        if request.line is not None or request.limit is not None:
            first = max((request.line or 1) - 1, 0)
            rows = text.splitlines(keepends=True)[first:]
            text = "".join(rows if request.limit is None else rows[: request.limit])
        return schema.ReadTextFileResponse(content=text)

    async def _write(self, request: schema.WriteTextFileRequest) -> BaseModel:
        self._check_may_act()
        await asyncio.to_thread(_write_beneath, self.root, request.path, request.content)
        return schema.WriteTextFileResponse()

    async def _create(self, request: schema.CreateTerminalRequest) -> BaseModel:
        if len(self.terminals) >= MOST_TERMINALS:
            raise RequestError.invalid_request({"details": f"{MOST_TERMINALS} terminals are open"})
        # Some agents send a whole shell line as the command.
        shell = ["/bin/sh", "-c", request.command]
        self._check_may_act(
            shlex.join([request.command, *request.args]) if request.args else request.command
        )
        terminal_id = await self.terminals.create(
            [request.command, *request.args] if request.args else shell,
            cwd=confine(self.root, request.cwd) if request.cwd else self.root,
            env={variable.name: variable.value for variable in request.env or []},
            limit_bytes=request.output_byte_limit,
        )
        return schema.CreateTerminalResponse(terminal_id=terminal_id)

    def _check_may_act(self, command: str = "") -> None:
        if not self.permissions.may_act(command):
            details = f"the permission policy is {self.permissions.policy!r}; ask for permission"
            raise RequestError.invalid_request({"details": details})

    def _output(self, request: schema.TerminalOutputRequest) -> BaseModel:
        terminal = self._terminal(request.terminal_id)
        ended = terminal.child.returncode is not None
        return schema.TerminalOutputResponse(
            output=terminal.output,
            truncated=terminal.truncated,
            exit_status=schema.TerminalExitStatus(
                exit_code=terminal.exit_code, signal=terminal.signal_name
            )
            if ended
            else None,
        )

    async def _wait(self, request: schema.WaitForTerminalExitRequest) -> BaseModel:
        terminal = self._terminal(request.terminal_id)
        await terminal.wait()
        return schema.WaitForTerminalExitResponse(
            exit_code=terminal.exit_code, signal=terminal.signal_name
        )

    def _terminal(self, terminal_id: str) -> Terminal:
        try:
            return self.terminals[terminal_id]
        except KeyError:
            raise RequestError.resource_not_found(terminal_id) from None


def _write_beneath(root: Path, path: str, content: str) -> None:
    real = confine(root, path)
    real.parent.mkdir(parents=True, exist_ok=True)
    # If a folder has been swapped for a symlink since, the opening itself fails.
    descriptor = open_beneath(root, real, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(content)
