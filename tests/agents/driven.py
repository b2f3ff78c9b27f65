"""Real agents at work on the offline model, for the scenarios of this folder.

Each scenario is one promise of the product and runs with every agent. `make test` takes the agents
of `SHORT`, `make agents` all; an agent whose program is not on PATH is skipped.
"""

import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from acp_parts import MemoryRecorder, provider, request

from agent_runs.models import JSON, NewLog
from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.limits import AgentLimits
from agent_runs.providers.acp.profiles import load_profiles
from agent_runs.providers.acp.provider import AcpProvider
from agent_runs.providers.acp.sandbox import SandboxChoice
from agent_runs.providers.base import FormAnswer, PermissionQuestion, TurnOutcome
from tests.offline_model.agents import agents_file
from tests.offline_model.script import FILE, STARTED
from tests.offline_model.server import KEY, OfflineModel
from tests.patience import PATIENCE_SECONDS

WRITE = f"Write {FILE} and check it"
LIMITS = AgentLimits(start_seconds=90, idle_seconds=60, turn_seconds=120, grace_seconds=15)
_POLL_SECONDS = 0.05


def profile(name: str, url: str, folder: Path, key: str = KEY) -> AgentProfile:
    """Return the agent, pointed at the model at `url`."""
    path = folder / "agents.toml"
    path.write_text(agents_file(url, key), "utf-8")
    return load_profiles(path)[name]


@dataclass
class Driven:
    """One run of one agent.

    Attributes:
        repo_url: what the run works in.
        was_written: at each question: whether the file was there already.
    """

    acp: AcpProvider
    agent: AgentProfile
    model: OfflineModel
    repo_url: str | None = None
    turns: list[MemoryRecorder] = field(default_factory=list[MemoryRecorder])
    was_written: list[bool] = field(default_factory=list[bool])
    outcome: TurnOutcome | None = None

    @property
    def work(self) -> Path:
        """The run's workspace."""
        return self.acp.folder(1) / "work"

    @property
    def last(self) -> MemoryRecorder:
        """What was told about the last turn."""
        return self.turns[-1]

    @property
    def actions(self) -> list[NewLog]:
        """The actions of the last turn."""
        return self.last.of("ACTION")

    async def turn(self, prompt: str, answer: str | None = None, **fields: Any) -> TurnOutcome:
        """Work on one turn; `answer` is the kind of option that a person always chooses."""

        async def decide(question: PermissionQuestion) -> str | None:
            self.was_written.append((self.work / FILE).exists())
            ids = [each["optionId"] for each in question.options if each["kind"] == answer]
            return str(ids[0]) if ids else None

        async def fill_in(question: PermissionQuestion) -> FormAnswer | None:
            form = question.form
            fields = form.fields if form else ()
            content: dict[str, JSON] = {
                each.name: each.choices[0].value for each in fields if each.choices
            }
            return FormAnswer(str(question.options[0]["optionId"]), content)

        recorder = MemoryRecorder(decide, fill_in)
        turn = len(self.turns) + 1
        fields = {"agent": self.agent.name, "turn": turn, "repo_url": self.repo_url, **fields}
        if self.turns:
            fields["session_id"] = self.turns[0].run.get("session_id")
        self.turns.append(recorder)
        with anyio.fail_after(PATIENCE_SECONDS):
            self.outcome = await self.acp.work(request(prompt, **fields), recorder)
        return self.outcome

    async def until_it_works(self) -> None:
        """Wait until the slow command runs."""
        with anyio.fail_after(PATIENCE_SECONDS):
            while not (self.work / STARTED).exists():
                assert self.outcome is None, self.told()
                await anyio.sleep(_POLL_SECONDS)

    def processes(self) -> list[int]:
        """Return all processes of the run: they know its HOME."""
        home = f"HOME={self.acp.folder(1) / 'home'}".encode()
        return [int(each.parent.name) for each in _environments() if home in _content(each)]

    def kill(self) -> None:
        """Kill all processes of the run, as the system does when memory is short."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def told(self) -> str:
        """The outcome and all entries in words, for the message of a failing test."""
        lines = [str(self.outcome)]
        for entry in self.last.entries:
            shown = (entry.message_type, entry.tool_name, entry.tool_input, entry.tool_output)
            lines.append(str((*shown, entry.observation)))
        return "\n".join(lines)


@asynccontextmanager
async def driven(
    home: Path,
    agent: AgentProfile,
    model: OfflineModel,
    *,
    sandbox: SandboxChoice = "none",
    repo_url: str | None = None,
) -> AsyncGenerator[Driven]:
    """A run of this agent that has not begun."""
    async with provider(home, agent, limits=LIMITS, sandbox=sandbox) as acp:
        yield Driven(acp, agent, model, repo_url)


def permissions(entries: list[NewLog]) -> list[dict[str, JSON]]:
    """Return the decisions that stand in these entries."""
    found = [(entry.tool_output or {}).get("permission") for entry in entries]
    return [each for each in found if isinstance(each, dict)]


def _environments() -> list[Path]:
    return [each / "environ" for each in Path("/proc").iterdir() if each.name.isdecimal()]


def _content(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\0")
    except OSError:  # it has ended, or is another person's
        return []
