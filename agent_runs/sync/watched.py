"""Which runs somebody looks at right now: their entries are read first."""

import contextlib
from collections import Counter
from collections.abc import Callable, Generator

LOOK_SECONDS = 60.0
"""So long a look counts; who goes on looking says so again."""


class Watched:
    """The runs of one organization that are looked at, by upstream's ids.

    Args:
        now: seconds on any clock.
        told: called with all of them whenever they have changed.
    """

    def __init__(self, now: Callable[[], float], told: Callable[[set[str]], None]) -> None:
        self._now = now
        self._told = told
        self._until: dict[str, float] = {}
        self._held: Counter[str] = Counter()
        self._last: set[str] = set()

    def look(self, run: str) -> None:
        """Count a run as watched for a while."""
        self._until[run] = self._now() + LOOK_SECONDS
        self.refresh()

    @contextlib.contextmanager
    def hold(self, run: str) -> Generator[None]:
        """Count a run as watched as long as the block runs."""
        self._held[run] += 1
        self.refresh()
        try:
            yield
        finally:
            self._held[run] -= 1
            self.refresh()

    def refresh(self) -> None:
        """Forget looks that are over."""
        now = self._now()
        self._until = {run: until for run, until in self._until.items() if until > now}
        self._held = +self._held
        present = self._until.keys() | self._held.keys()
        if present != self._last:
            self._last = set(present)
            self._told(set(present))
