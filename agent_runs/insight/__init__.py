"""What a run's entries say about it; no model is asked.

    reader = InsightReader(run)
    for entry in entries:      # JSON objects as stored, oldest first
        reader.feed(entry)
    insight = reader.insight()

There is no I/O, and memory is bounded for runs of any length.
"""

from agent_runs.insight.findings import (
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
