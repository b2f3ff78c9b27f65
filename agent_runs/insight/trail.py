"""The calls of a run in their order, for comparison with those of another run.

Two steps are the same if the same tool was called with the same input, made the same change, and
both failed or both did not. The paths of the runs' own folders, which always differ, are left out.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from agent_runs.insight.findings import Finding
from agent_runs.insight.reader import telling
from agent_runs.models import JSON
from agent_runs.reading.failure import has_failed
from agent_runs.reading.shapes import object_or_empty
from agent_runs.reading.text import one_line

MOST = 20_000
"""Most calls of one run that are compared."""
_TEXT = 240


@dataclass(frozen=True)
class Step:
    """One call: what distinguishes it from others, and what is shown of it."""

    digest: bytes
    seq: int
    tool_name: str
    text: str

    @property
    def finding(self) -> Finding:
        """The step in the form that is shown."""
        return Finding(seq=self.seq, tool_name=self.tool_name, text=self.text)


class Trail:
    """Takes entries as JSON objects, oldest first.

    Attributes:
        steps: the calls, in their order, at most `MOST`.
    """

    def __init__(self, folder: str) -> None:
        """Take the run's own folder: its path says nothing about what the run did."""
        # The path as JSON writes it. The folder of run 12 is not the beginning of run 123's.
        own = json.dumps(folder, ensure_ascii=False)[1:-1]
        self._own = re.compile(rf"{re.escape(own)}(?![\w-])")
        self._work = f"{folder}/work/"
        self._seq = 0
        self.steps: list[Step] = []

    def feed(self, entry: dict[str, JSON]) -> None:
        """Take the next entry: the fields of `AgentRunLog`."""
        seq = self._seq
        self._seq += 1
        tool = entry.get("tool_name")
        if not isinstance(tool, str) or not tool or len(self.steps) >= MOST:
            return
        diffs = object_or_empty(entry.get("tool_output")).get("diffs")
        parts = [tool, entry.get("tool_input"), diffs, has_failed(entry)]
        text = orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS).decode()
        digest = hashlib.blake2b(self._own.sub("#", text).encode(), digest_size=12).digest()
        about = one_line(telling(entry).replace(self._work, ""), _TEXT)
        self.steps.append(Step(digest, seq, tool[:100], about))


def parting(trails: Sequence[Trail]) -> int | None:
    """Return the number of the first step in which the trails differ; None if they never do.

    If one trail ends before another, they differ in the step after its end.
    """
    longest = max((len(trail.steps) for trail in trails), default=0)
    for at in range(longest):
        digests = {trail.steps[at].digest if at < len(trail.steps) else b"" for trail in trails}
        if len(digests) > 1:
            return at
    return None
