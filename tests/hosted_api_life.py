"""How runs of the twin advance: each has a script of steps that come due as its clock goes on."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2025, 6, 21, 11, 20, 4, 338398, tzinfo=UTC)
"""What the twin's clock shows at first."""


class Clock:
    """A clock that stands still until a test moves it.

    Attributes:
        skew_seconds: how far the times that the twin writes are off.
    """

    def __init__(self) -> None:
        self._seconds = 0.0
        self.skew_seconds = 0.0

    def now(self) -> float:
        """Seconds since the start."""
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._seconds += seconds

    def stamp(self) -> str:
        """The present time as upstream writes it: no `T`, no zone."""
        shown = START + timedelta(seconds=self.now() + self.skew_seconds)
        return shown.strftime("%Y-%m-%d %H:%M:%S.%f")


class RealClock(Clock):
    """A clock that goes by itself, for a twin that is run by hand."""

    def __init__(self) -> None:
        super().__init__()
        self._start = time.monotonic()
        self.skew_seconds = (datetime.now(UTC) - START).total_seconds()

    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start + self._seconds


@dataclass(frozen=True)
class Step:
    """What happens to a run a while after it was started or resumed.

    Attributes:
        after_seconds: since then.
        entry: fields of a log entry that is added.
        changes: fields of the run that are set.
    """

    after_seconds: float
    entry: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)


Life = Callable[[str], Iterable[Step]]
"""Makes the steps of a turn from its prompt, in order; they may have no end."""


def working_life(prompt: str, *, actions: int = 4, every_seconds: float = 2.0) -> list[Step]:
    """A turn that thinks, uses tools and ends with an answer."""
    steps = [
        Step(0.0, {"message_type": "USER_MESSAGE", "observation": prompt}),
        Step(every_seconds / 2, {"message_type": "PLAN_EVALUATION", "thought": "I look around."}),
    ]
    steps += [Step(number * every_seconds, _action(number)) for number in range(1, actions + 1)]
    end = (actions + 1) * every_seconds
    answer = f"Done: {prompt}"
    steps.append(Step(end, {"message_type": "FINAL_ANSWER", "observation": answer}))
    steps.append(Step(end, changes={"status": "COMPLETE", "result": answer, "summary": answer}))
    return steps


def endless_life(prompt: str, *, every_seconds: float = 10.0) -> Iterator[Step]:
    """A turn that works on and on."""
    yield Step(0.0, {"message_type": "USER_MESSAGE", "observation": prompt})
    for number in itertools.count(1):
        yield Step(number * every_seconds, _action(number))


def _action(number: int) -> dict[str, Any]:
    # Observations are text or objects upstream.
    seen = f"{number} matches" if number % 2 else {"matches": number}
    return {
        "message_type": "ACTION",
        "thought": f"Step {number}",
        "tool_name": "ripgrep_search",
        "tool_input": {"query": f"word{number}"},
        "tool_output": {"stdout": f"file{number}.py:1:word{number}"},
        "observation": seen,
    }
