"""The contract of a place: what can be asked of a run, wherever it works.

`Runs` looks up the place of a run and asks there, so nothing else has to know which places exist.
A place stores a request before anybody acts on it.
"""

from typing import Literal, Protocol

from agent_runs.models import AgentRun, QueuedPrompt, Repo, WorkFile
from agent_runs.runs.once import Request
from agent_runs.runs.requests import NewRun
from agent_runs.runs.turns import NextTurn

Mark = Literal["ban", "unban", "remove-from-pr"]
"""What the official API can do to a run other than stop it."""


class Place(Protocol):
    """What can be asked of a run that works there.

    What the place cannot do raises Conflict, which says why and what to do instead.
    """

    async def resume(self, run: AgentRun, turn: NextTurn, request: Request, /) -> None:
        """Give a run that has ended another turn.

        Args:
            request: its key is stored in the transaction that stores the turn.

        Raises:
            RunIsActive: it still works.
            InvalidRequest: its agent does not take such a prompt.
        """
        ...

    async def queue(self, run: AgentRun, prompt: str, images: tuple[str, ...], /) -> QueuedPrompt:
        """Keep a prompt until the present turn is complete; then it begins the next turn."""
        ...

    async def stop(self, run: AgentRun, /) -> None:
        """Stop a run; one that has ended stays as it is."""
        ...

    async def mark(self, run: AgentRun, mark: Mark, /) -> None:
        """Stop the run, unless the mark lifts a ban; the run is already muted or unmuted."""
        if mark != "unban":
            await self.stop(run)

    async def diff(self, run: AgentRun, /) -> str:
        """Return the unified diff of the run's work; empty if there is none."""
        ...

    async def files(self, run: AgentRun, /) -> list[WorkFile]:
        """Return the files of the run's work tree, by path."""
        ...

    async def read_file(self, run: AgentRun, path: str, /) -> bytes:
        """Return one file of the work tree; NotFound if it does not exist."""
        ...


class PlaceForNewRuns(Place, Protocol):
    """A place where runs can be created."""

    def takes(self, new: NewRun, repo: Repo | None, /) -> bool:
        """Tell whether a new run belongs there.

        Raises:
            InvalidRequest: parts of the request contradict each other.
        """
        ...

    async def create(self, new: NewRun, repo: Repo | None, request: Request, /) -> int:
        """Store a new run, which starts as soon as there is room; return its id.

        Args:
            new: checked, with its mode applied, without secrets.
            repo: the repository that it names.
            request: its key is stored in the transaction that stores the run.

        Raises:
            InvalidRequest: nothing was stored.
        """
        ...
