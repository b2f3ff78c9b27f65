"""The contract of an executor: something that decides when runs may work."""

from collections.abc import Awaitable, Callable
from typing import Protocol

Work = Callable[[int], Awaitable[None]]
"""Works on the latest turn of the run with this id, to its end."""


class Executor(Protocol):
    """Starts the work on runs and limits how many work at the same time."""

    async def submit(self, run_id: int) -> None:
        """Let the run work as soon as there is room; one that already waits is not added again."""
        ...

    async def withdraw(self, run_id: int) -> bool:
        """Remove a run that waits for room; False if it already works or is unknown."""
        ...
