"""The contract of an executor: something that gives runs their turn to work."""

from collections.abc import Awaitable, Callable
from typing import Protocol

Work = Callable[[int], Awaitable[None]]
"""Works on the latest turn of the run with this id, to its end."""


class Executor(Protocol):
    """Starts the work on runs, with a bound on how many work at the same time."""

    async def submit(self, run_id: int) -> None:
        """Let the run work as soon as there is room; a run that is in already is not doubled."""
        ...

    async def withdraw(self, run_id: int) -> bool:
        """Take a run out that waits for room; False when it works already or is not known."""
        ...
