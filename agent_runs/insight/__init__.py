"""What a run's entries say about it, found without asking any model.

    reader = InsightReader(run)
    for entry in entries:      # JSON objects as stored, oldest first
        reader.feed(entry)
    insight = reader.insight()

Nothing is read from anywhere and memory is bounded, however long the run was.
"""

from agent_runs.insight.found import (
    Command,
    Finding,
    Insight,
    Repeat,
    TestResult,
    TouchedFile,
    Wait,
)
from agent_runs.insight.reader import InsightReader
from agent_runs.insight.verdicts import Verdict, verdict_of

__all__ = [
    "Command",
    "Finding",
    "Insight",
    "InsightReader",
    "Repeat",
    "TestResult",
    "TouchedFile",
    "Verdict",
    "Wait",
    "verdict_of",
]
