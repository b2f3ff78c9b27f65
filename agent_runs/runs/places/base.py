"""The contract of a place: what can be asked of a run, wherever it works.

`Runs` looks the place of a run up and asks there, so nothing else has to know which places there
are. A place stores what it was asked before anybody acts on it.
"""

from typing import Literal, Protocol

from agent_runs.models import AgentRun, QueuedPrompt, Repo, WorkFile
from agent_runs.runs.once import Request
from agent_runs.runs.requests import NewRun
from agent_runs.runs.turns import NextTurn

Mark = Literal["ban", "unban", "remove-from-pr"]
"""What the official API can do to a run besides stopping it."""


class Place(Protocol):
    """What can be asked of a run that works there.

    Whatever the place cannot do raises Conflict, which says why and what to do instead.
    """

    async def resume(self, run: AgentRun, turn: NextTurn, request: Request, /) -> None:
        """Give a run that has ended another turn.

        Args:
            request: its key is kept in the transaction that stores the turn.

        Raises:
            RunIsActive: it still works.
            InvalidRequest: its agent does not take such a prompt.
        """
        ...

    async def queue(self, run: AgentRun, prompt: str, images: tuple[str, ...], /) -> QueuedPrompt:
        """Keep a prompt until the present turn is complete; then it is the next turn."""
        ...

    async def stop(self, run: AgentRun, /) -> None:
        """Stop a run; one that has ended stays as it is."""
        ...

    async def mark(self, run: AgentRun, mark: Mark, /) -> None:
        """Carry out what a mark means there; the run is muted, or unmuted, already."""
        ...

    async def diff(self, run: AgentRun, /) -> str:
        """Return the unified diff of the run's work; empty when there is none."""
        ...

    async def files(self, run: AgentRun, /) -> list[WorkFile]:
        """Return the files of the run's work tree, by path."""
        ...

    async def read_file(self, run: AgentRun, path: str, /) -> bytes:
        """Return one file of the work tree; NotFound when it is not there."""
        ...


class PlaceForNewRuns(Place, Protocol):
    """A place where runs can be created."""

    def takes(self, new: NewRun, repo: Repo | None, /) -> bool:
        """Tell whether a new run belongs there.

        Raises:
            InvalidRequest: what the request names does not go together.
        """
        ...

    async def create(self, new: NewRun, repo: Repo | None, request: Request, /) -> int:
        """Store a new run and let it start as soon as there is room; returns its id.

        Args:
            new: checked, with its mode applied, without secrets.
            repo: the one that it names.
            request: its key is kept in the transaction that stores the run.

        Raises:
            InvalidRequest: nothing was stored.
        """
        ...
