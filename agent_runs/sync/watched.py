"""Which runs somebody watches right now: their entries are read first."""

import contextlib
from collections import Counter
from collections.abc import Callable, Generator

LOOK_SECONDS = 60.0
"""How long a look counts; viewers repeat it."""


class Watched:
    """The watched runs of one organization, by upstream's ids.

    Args:
        now: seconds on any clock.
        on_change: called with all of them whenever they have changed.
    """

    def __init__(self, now: Callable[[], float], on_change: Callable[[set[str]], None]) -> None:
        self._now = now
        self._on_change = on_change
        self._until: dict[str, float] = {}
        self._holders: Counter[str] = Counter()
        self._last: set[str] = set()

    def look(self, run: str) -> None:
        """Count a run as watched for a while."""
        self._until[run] = self._now() + LOOK_SECONDS
        self.refresh()

    @contextlib.contextmanager
    def hold(self, run: str) -> Generator[None]:
        """Count a run as watched while the block runs."""
        self._holders[run] += 1
        self.refresh()
        try:
            yield
        finally:
            self._holders[run] -= 1
            self.refresh()

    def refresh(self) -> None:
        """Forget looks that are over."""
        now = self._now()
        self._until = {run: until for run, until in self._until.items() if until > now}
        self._holders = +self._holders
        present = self._until.keys() | self._holders.keys()
        if present != self._last:
            self._last = set(present)
            self._on_change(set(present))
