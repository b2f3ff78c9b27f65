"""The provider for coding agents on this machine: the entry point of this package.

It holds what all turns share (profiles, limits, start slots, sandbox) and the turns at work.
"""

import asyncio
import importlib
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from agent_runs.models import AgentInfo, AgentRunStatus, MessageType, NewLog, WorkFile
from agent_runs.providers.acp import orphans
from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.limits import AgentLimits
from agent_runs.providers.acp.offers import Offers
from agent_runs.providers.acp.sandbox import Sandbox, SandboxChoice, find_sandbox, hide_memory
from agent_runs.providers.acp.workspace import Workspaces
from agent_runs.providers.base import Recorder, TurnOutcome, TurnRequest

if TYPE_CHECKING:
    from agent_runs.providers.acp.turn import Turn

logger = logging.getLogger(__name__)


class AcpProvider:
    """Drives agents over the Agent Client Protocol.

    Attributes:
        sandbox: what confines agents; set when the provider is entered.
    """

    name = "acp"

    def __init__(
        self,
        home: Path,
        profiles: Mapping[str, AgentProfile],
        limits: AgentLimits | None = None,
        *,
        redact: Callable[[str], str] = str,
        start_slots: int = 2,
        sandbox: SandboxChoice = "auto",
    ) -> None:
        """Keep the arguments; nothing is started or written.

        Args:
            home: runs and bare clones are kept under it.
            profiles: name → agent, see `load_profiles`.
            limits: of each turn.
            redact: removes known secrets from what agents print.
            start_slots: agents that may start up at the same time.
            sandbox: `auto` confines agents if the machine can, `bubblewrap` insists on it.
        """
        self.sandbox = Sandbox()
        self._home = home
        self._profiles = profiles
        self._limits = limits or AgentLimits()
        self._redact = redact
        self._start_slots = asyncio.Semaphore(start_slots)
        self._sandbox_choice: SandboxChoice = sandbox
        self._workspaces = Workspaces(home)
        self._offers = Offers(home, redact)
        self._turns: dict[int, Turn] = {}

    async def __aenter__(self) -> Self:
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.sandbox = await find_sandbox(self._sandbox_choice)
        hide_memory()
        logger.info("agents run with sandbox: %s", self.sandbox.name)
        return self

    async def __aexit__(self, *_: object) -> None:
        # The executor has ended all turns before; if one is left, it must end now.
        for turn in self._turns.values():
            turn.stop()

    async def agents(self) -> list[AgentInfo]:
        """Return all agents, and whether this machine can run them now."""
        profiles = list(self._profiles.values())
        return await asyncio.to_thread(lambda: [self._info(profile) for profile in profiles])

    async def end_orphans(self) -> int:
        """End the agents that a killed manager left behind; return how many there were."""
        keep = frozenset(self._turns)
        return await asyncio.to_thread(orphans.end_orphans, self._home / "runs", keep=keep)

    async def work(self, request: TurnRequest, recorder: Recorder) -> TurnOutcome:
        """Work on one turn to its end. Source of the contract: `providers/base.py`."""
        profile = self._profiles.get(request.agent)
        if profile is None:
            return await self._unknown_agent(request, recorder)
        turn = await self._new_turn(request, recorder, profile)
        self._turns[request.run_id] = turn
        try:
            return await turn.work()
        finally:
            if self._turns.get(request.run_id) is turn:
                del self._turns[request.run_id]

    async def cancel(self, run_id: int) -> None:
        """Tell the run's agent to stop, if it works."""
        if (turn := self._turns.get(run_id)) is not None:
            turn.stop()

    def folder(self, run_id: int) -> Path:
        """Return the run's folder with symlinks resolved, as its agent sees it."""
        return self._workspaces.folder(run_id).root

    async def diff(self, run_id: int) -> str:
        """Return the diff of the run's work tree against its base; empty if there is none.

        Raises:
            GitFailed: the repository that the run was cloned from is gone.
        """
        return await self._workspaces.diff(run_id)

    async def files(self, run_id: int) -> list[WorkFile]:
        """Return path and size of the files in the run's workspace."""
        return await self._workspaces.files(run_id)

    async def read_file(self, run_id: int, path: str) -> bytes:
        """Return the content of a file in the run's workspace.

        Raises:
            NotFound: there is no such file in it.
            TooLarge: the file is too large to read at once.
        """
        return await self._workspaces.read(run_id, path)

    def _info(self, profile: AgentProfile) -> AgentInfo:
        return profile.info().model_copy(update={"options": self._offers.of(profile.name)})

    async def _new_turn(
        self, request: TurnRequest, recorder: Recorder, profile: AgentProfile
    ) -> "Turn":
        # The ACP SDK costs 0.7 s to import. The API must answer before that, so the first turn
        # pays, in a thread.
        await asyncio.to_thread(importlib.import_module, "agent_runs.providers.acp.turn")
        from agent_runs.providers.acp.turn import Surroundings, Turn  # noqa: PLC0415 - see above

        surroundings = Surroundings(
            workspaces=self._workspaces,
            sandbox=self.sandbox,
            limits=self._limits,
            start_slots=self._start_slots,
            offers=self._offers,
            redact=self._redact,
        )
        return Turn(request, recorder, profile, surroundings)

    async def _unknown_agent(self, request: TurnRequest, recorder: Recorder) -> TurnOutcome:
        names = ", ".join(self._profiles)
        error = (
            f"The agent {request.agent!r} no longer exists; the agents are {names}. Nothing was "
            "done. Restore its profile, then resume the run."
        )
        entry = NewLog(
            created_at=datetime.now(UTC),
            message_type=MessageType.ERROR,
            turn=request.turn,
            observation=error,
        )
        await recorder.append([entry])
        return TurnOutcome(status=AgentRunStatus.ERROR, status_reason="agent_missing", error=error)
