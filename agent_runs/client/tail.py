"""How to watch a run over a connection that may break: state only, the clients do the waiting.

Events only hint that there is something to read; entries are read by `seq` from the reader's
position. So nothing is lost or doubled, no matter how often a connection breaks or an event is
missed, and a server without events is read in the same way by polling.
"""

import math
from collections.abc import Callable, Iterable
from typing import TypeGuard

from agent_runs.client.base import PAGE_LIMIT
from agent_runs.client.calls.answers import AgentRunWithLogs, Page
from agent_runs.client.sse import ServerEvent
from agent_runs.errors import AgentRunsError, RateLimited, WaitTimeout
from agent_runs.events import EventKind
from agent_runs.models import TERMINAL_STATUSES, AgentRun, AgentRunLog

SILENCE_SECONDS = 45.0
"""A stream that is silent for this long is dead: a server sends a heartbeat every 15 s."""

_SHORT_SECONDS = 20.0
_PATIENCE_SECONDS = 60.0
_FIRST_PAUSE_SECONDS = 0.2
_GROWTH = 1.5
_POLL_SECONDS = 1.0
_ONLY_LOGS = frozenset({"logs", "total_logs", "page", "size", "pages"})


def is_finished(run: AgentRun) -> bool:
    """Tell whether the run has ended."""
    return run.status in TERMINAL_STATUSES


def is_log(new: AgentRunLog | AgentRun) -> TypeGuard[AgentRunLog]:
    """Tell an entry from a run."""
    return isinstance(new, AgentRunLog)


class Patience:
    """How long to continue: pauses that grow, a deadline, and a bound on a server's absence.

    Args:
        now: seconds on a clock that never goes back.
        what: subject of the timeout's message.
        timeout: seconds until the deadline; None means none.
        pause: longest pause between two requests, in seconds.
    """

    def __init__(
        self, now: Callable[[], float], what: str, timeout: float | None, pause: float
    ) -> None:
        self._now = now
        self._what = what
        self._timeout = math.inf if timeout is None else timeout
        self._deadline = now() + self._timeout
        self._longest = pause
        self._step = min(_FIRST_PAUSE_SECONDS, pause)
        self._failing_since: float | None = None

    def left(self) -> float:
        """Seconds until the deadline."""
        return self._deadline - self._now()

    def answered(self, *, progress: bool) -> None:
        """Note that the server answered, and whether there was something new."""
        self._failing_since = None
        if progress:
            self._step = min(_FIRST_PAUSE_SECONDS, self._longest)

    def failed(self, error: AgentRunsError) -> None:
        """Note that a request failed; raise the error once requests have failed for too long."""
        now = self._now()
        if self._failing_since is None:
            self._failing_since = now
        elif now - self._failing_since > _PATIENCE_SECONDS:
            raise error
        if isinstance(error, RateLimited) and error.retry_after_seconds is not None:
            self._step = max(self._step, min(error.retry_after_seconds, _PATIENCE_SECONDS))

    def pause(self) -> float:
        """Return the seconds to wait before the next request.

        Raises:
            WaitTimeout: the deadline has passed.
        """
        left = self.left()
        if left <= 0:
            raise WaitTimeout(f"{self._what} is still working after {self._timeout:g} s.")
        step = self._step
        self._step = min(max(step, 0.01) * _GROWTH, self._longest)
        return min(step, left)


class Tail(Patience):
    """The position of a reader in one run's entries.

    Attributes:
        next_seq: the entry to read next.
        behind: there is more to read right now.
        finished: the run has ended and all its entries were read.
        polls: the server has no events.
    """

    def __init__(
        self,
        now: Callable[[], float],
        run_id: int | str,
        after_seq: int,
        timeout: float | None,
        pause: float,
    ) -> None:
        super().__init__(now, f"Run {run_id}", timeout, pause)
        self.next_seq = after_seq + 1
        self.behind = False
        self.finished = False
        self.polls = False
        self._latest: AgentRun | None = None

    @property
    def has_time_for_a_stream(self) -> bool:
        """False close to the deadline: a blocking read could sleep past it."""
        return self.left() > _SHORT_SECONDS

    def take(self, page: AgentRunWithLogs) -> list[AgentRunLog | AgentRun]:
        """Return what is new: entries in order, then the run if it changed."""
        new: list[AgentRunLog | AgentRun] = [log for log in page.logs if log.seq >= self.next_seq]
        self.next_seq += len(new)
        self.behind = len(page.logs) >= PAGE_LIMIT
        if not self.behind:
            run = AgentRun.model_construct(
                **{name: value for name, value in page if name not in _ONLY_LOGS}
            )
            self.finished = is_finished(run)
            if run != self._latest:
                self._latest = run
                new.append(run)
        self.answered(progress=bool(new))
        return new

    def pause(self) -> float:
        """Return the seconds to wait before the next request; a hosted server counts them."""
        return (
            max(super().pause(), min(_POLL_SECONDS, self.left())) if self.polls else super().pause()
        )


def is_news(events: Iterable[ServerEvent]) -> bool:
    """Tell whether to read after a chunk of a stream: always, except after mere drafts."""
    kinds = [event.kind for event in events]
    return not kinds or any(kind != EventKind.DRAFT for kind in kinds)


class RunPager:
    """Walks the list of runs while new ones push the others to later pages.

    Each page begins with the last run of the previous page. If that run is missing, others were
    removed in between, and the walk goes back half a page. Repeated runs are left out.
    """

    def __init__(self) -> None:
        self.skip = 0
        self.done = False
        self._ids: set[int] = set()

    def take(self, page: Page[AgentRun]) -> list[AgentRun]:
        """Return the new runs of this page, and set where the next page begins."""
        if self.skip and not any(run.id in self._ids for run in page.items):
            self.skip = max(0, self.skip - PAGE_LIMIT // 2)
            return []
        new = [run for run in page.items if run.id not in self._ids]
        self._ids.update(run.id for run in new)
        self.done = len(page.items) < PAGE_LIMIT
        self.skip += max(0, len(page.items) - 1)
        return new
