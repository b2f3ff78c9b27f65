"""Places where this server drives no agent. They refuse what they cannot do and say why.

`Elsewhere` is also the base of `Upstream`, see `agent_runs/sync/upstream.py`.
"""

from abc import abstractmethod

from agent_runs.errors import Conflict, NotFound
from agent_runs.models import TERMINAL_STATUSES, AgentRun, QueuedPrompt, WorkFile
from agent_runs.runs.once import Request
from agent_runs.runs.places.base import Place
from agent_runs.runs.turns import STOPPED, NextTurn, end_turn
from agent_runs.store.engine.database import Database
from agent_runs.store.files import imports
from agent_runs.store.runs import runs


class Elsewhere(Place):
    """A place that only shows its runs; subclasses say what else they can do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @abstractmethod
    def refusal(self, run: AgentRun) -> Conflict:
        """Return why the run takes no prompt from here, and what to do instead."""

    async def resume(self, run: AgentRun, _turn: NextTurn, _request: Request) -> None:
        """Refuse it."""
        raise self.refusal(run)

    async def queue(self, run: AgentRun, _prompt: str, _images: tuple[str, ...]) -> QueuedPrompt:
        """Refuse it."""
        raise self.refusal(run)

    async def stop(self, run: AgentRun) -> None:
        """End the run here at once; no agent hears of it."""
        async with runs.changing(self._database, run.id) as (transaction, present):
            if present.status not in TERMINAL_STATUSES:
                await end_turn(transaction, present, STOPPED, fence=None)

    async def diff(self, _run: AgentRun) -> str:
        """Return nothing: there is no work tree."""
        return ""

    async def files(self, _run: AgentRun) -> list[WorkFile]:
        """Return nothing: there is no work tree."""
        return []

    async def read_file(self, run: AgentRun, path: str) -> bytes:
        """Raise NotFound: there is no work tree."""
        raise NotFound(f"The workspace of run {run.id} has no file {path!r}.")


class Watched(Elsewhere):
    """Terminals: sessions of Claude Code that report to this server (`claude_sessions.py`)."""

    def refusal(self, run: AgentRun) -> Conflict:
        """Name the command that continues the session."""
        return Conflict(
            f"Run {run.id} is a session of Claude Code in a terminal, which is only watched here. "
            f"Continue there with `claude --resume {run.upstream_id}`."
        )


class Imported(Elsewhere):
    """Files: runs that were imported, whose agents stayed where they were."""

    def refusal(self, run: AgentRun) -> Conflict:
        """Say that the run can only be read."""
        return Conflict(
            f"Run {run.id} was imported: you can read it, but its agent is not here to continue. "
            "Start a new run instead."
        )

    async def diff(self, run: AgentRun) -> str:
        """Return the diff that came with the run."""
        return await imports.diff(self._database, run.id)
