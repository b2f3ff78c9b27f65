"""A recorder in memory, a provider in a folder, and agents that misbehave, for the ACP tests."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import anyio

from agent_runs.models import JSON, NewLog
from agent_runs.providers.acp.agents import SCRIPTED_PATH, AgentProfile
from agent_runs.providers.acp.limits import AgentLimits
from agent_runs.providers.acp.pins import Pin
from agent_runs.providers.acp.profiles import load_profiles
from agent_runs.providers.acp.provider import AcpProvider
from agent_runs.providers.base import FormAnswer, PermissionQuestion, TurnOutcome, TurnRequest
from tests.patience import PATIENCE_SECONDS

PATIENT = AgentLimits(
    start_seconds=PATIENCE_SECONDS,
    idle_seconds=PATIENCE_SECONDS,
    turn_seconds=PATIENCE_SECONDS,
    grace_seconds=PATIENCE_SECONDS,
)
"""No limit is reached, unless a test is about it."""

LIMITS_TO_TRY = (1, 4, 16, 64)
"""Seconds of a limit that must be reached, but only after some work: the first that leaves a busy
machine the time for it decides."""


class MemoryRecorder:
    """Keeps what a provider tells; `answer` decides questions, `fill_in` fills forms in."""

    def __init__(
        self,
        answer: Callable[[PermissionQuestion], Awaitable[str | None]] | None = None,
        fill_in: Callable[[PermissionQuestion], Awaitable[FormAnswer | None]] | None = None,
    ) -> None:
        self.entries: list[NewLog] = []
        self.batches = 0
        self.run: dict[str, JSON] = {}
        self.activities: list[JSON] = []
        self.drafts: list[tuple[str, str]] = []
        self.questions: list[PermissionQuestion] = []
        self._answer = answer
        self._fill_in = fill_in
        self._told = anyio.Event()

    async def append(self, entries: Sequence[NewLog]) -> None:
        self.entries += entries
        self.batches += 1
        self._tell()

    async def update(self, **changes: JSON) -> None:
        self.run |= changes
        if "activity" in changes:
            self.activities.append(changes["activity"])
        self._tell()

    def draft(self, kind: str, text: str) -> None:
        self.drafts.append((kind, text))
        self._tell()

    async def ask(self, question: PermissionQuestion) -> str | None:
        self.questions.append(question)
        self._tell()
        return await self._answer(question) if self._answer else None

    async def fill_in(self, question: PermissionQuestion) -> FormAnswer | None:
        self.questions.append(question)
        self._tell()
        return await self._fill_in(question) if self._fill_in else None

    def of(self, message_type: str) -> list[NewLog]:
        return [entry for entry in self.entries if entry.message_type == message_type]

    async def until(self, condition: Callable[["MemoryRecorder"], Any]) -> None:
        """Wait until the condition holds; each time something is told, it is looked at."""
        with anyio.fail_after(PATIENCE_SECONDS):
            while not condition(self):
                await self._told.wait()

    def _tell(self) -> None:
        news, self._told = self._told, anyio.Event()
        news.set()


def request(prompt: str, **fields: Any) -> TurnRequest:
    defaults: dict[str, Any] = {"run_id": 1, "turn": 1, "agent": "scripted", "prompt": prompt}
    return TurnRequest(**defaults | fields)


def provider(
    home: Path, *profiles: AgentProfile, redact: Callable[[str], str] = str, **fields: Any
) -> AcpProvider:
    """A provider without sandbox, with the built-in agents and these."""
    by_name = load_profiles() | {profile.name: profile for profile in profiles}
    options: dict[str, Any] = {"limits": PATIENT, "sandbox": "none"}
    return AcpProvider(home, by_name, redact=redact, **options | fields)


async def work(
    home: Path, prompt: str, *profiles: AgentProfile, **fields: Any
) -> tuple[TurnOutcome, MemoryRecorder]:
    """One turn from start to end; bounded."""
    recorder = MemoryRecorder()
    async with provider(home, *profiles) as acp:
        with anyio.fail_after(PATIENCE_SECONDS):
            outcome = await acp.work(request(prompt, **fields), recorder)
    return outcome, recorder


_LIKE_SCRIPTED = """
import asyncio, json, os, runpy, sys
scripted = runpy.run_path({path!r})
Scripted, Refused, main = scripted["Scripted"], scripted["Refused"], scripted["main"]
{body}
asyncio.run(main(Odd))
"""


def odd_agent(body: str, **fields: Any) -> AgentProfile:
    """An agent like the scripted one, except for what `class Odd(Scripted)` in `body` changes."""
    source = _LIKE_SCRIPTED.format(path=str(SCRIPTED_PATH), body=body)
    return program(source, **fields)


def program(source: str, **fields: Any) -> AgentProfile:
    """An agent that is a Python program of its own."""
    defaults: dict[str, Any] = {"name": "odd", "command": (sys.executable, "-IS", "-c", source)}
    return AgentProfile(**defaults | fields, fs=True, terminal=True)


# Starts in `auto`, where it asks nothing, and forgets its mode when it is resumed.
MODES = """
class Odd(Scripted):
    modes = ["auto", "ask", "plan"]
    mode = "auto"
    told = []
    async def answer(self, method, params):
        if method == "session/set_mode":
            if params["modeId"] not in self.modes:
                raise Refused(-32602, "no such mode")
            self.mode = params["modeId"]
            self.told.append(params["modeId"])
            return {}
        if method == "session/prompt":
            params["prompt"][0]["text"] += f"\\n/say mode {self.mode} told {self.told}"
        result = await super().answer(method, params)
        if method in ("session/new", "session/resume"):
            modes = [{"id": mode, "name": mode} for mode in self.modes]
            result["modes"] = {"currentModeId": self.mode, "availableModes": modes}
        return result
"""

OPTIONS = """
class Odd(Scripted):
    value = "accept"
    def options(self):
        values = [{"value": value, "name": value} for value in ("ask", "accept")]
        option = {"id": "mode", "currentValue": self.value, "options": values}
        return {"configOptions": [option]}
    async def answer(self, method, params):
        if method == "session/set_config_option":
            KEEP
            return self.options()
        if method == "session/prompt":
            params["prompt"][0]["text"] += f"\\n/say value {self.value}"
        result = await super().answer(method, params)
        return {**result, **self.options()} if method == "session/new" else result
"""


def moded(body: str = MODES, **fields: object) -> AgentProfile:
    """An agent with modes, which the policy of a run pins."""
    return odd_agent(body, **{"asking": Pin(mode="ask"), "allowing": Pin(mode="auto"), **fields})
