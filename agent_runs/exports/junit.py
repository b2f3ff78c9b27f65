"""JUnit XML: a suite per run and a case per turn, for CI servers that show test results."""

import re
from collections.abc import AsyncIterator, Iterator

from junitparser import Error, Failure, Skipped, TestCase, TestSuite

from agent_runs.exports.reader import ExportedRun
from agent_runs.models import TERMINAL_STATUSES, AgentRunStatus, Turn
from agent_runs.reading.text import clean, one_line

_NO_XML = re.compile("[\ufffe\uffff]")
_LONGEST = 4000


async def write(runs: AsyncIterator[ExportedRun]) -> AsyncIterator[bytes]:
    """Yield the file, a suite at a time; entries are not read."""
    yield b'<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="agent_runs">\n'
    async for run in runs:
        yield _suite(run).tostring() + b"\n"
    yield b"</testsuites>\n"


def _suite(exported: ExportedRun) -> TestSuite:
    run = exported.run
    suite = TestSuite(_text(f"Run {run.id}: {run.name}"))
    suite.timestamp = run.created_at.isoformat()
    for name, value in _properties(exported):
        suite.add_property(name, _text(value))
    # This also counts the failures in the suite's attributes.
    suite.add_testcases([_case(exported, turn) for turn in exported.turns])
    return suite


def _properties(exported: ExportedRun) -> Iterator[tuple[str, str]]:
    run = exported.run
    repo = exported.repo.full_name if exported.repo else ""
    for name, value in (
        ("status", run.status), ("agent", run.agent), ("model", run.model), ("repository", repo),
        ("branch", run.branch), ("steps", str(run.log_count)), ("url", run.web_url),
    ):  # fmt: skip
        if value:
            yield name, value


def _case(exported: ExportedRun, turn: Turn) -> TestCase:
    run = exported.run
    seconds = None
    if turn.started_at and turn.finished_at:
        seconds = max((turn.finished_at - turn.started_at).total_seconds(), 0.0)
    name = one_line(turn.prompt, 120) or "(no prompt)"
    case = TestCase(
        _text(f"turn {turn.turn}: {name}"), _text(f"agent_runs.{run.agent or 'agent'}"), seconds
    )
    is_last = turn.turn == run.turn
    message = (run.error if is_last else None) or turn.stop_reason or turn.status
    if turn.status not in TERMINAL_STATUSES:
        case.result = [Skipped(_text(f"It is {turn.status}."))]
    elif turn.status == AgentRunStatus.CANCELLED:
        case.result = [Skipped("It was stopped.")]
    elif turn.status == AgentRunStatus.ERROR:
        case.result = [Error(_text(message), turn.status)]
    elif turn.status != AgentRunStatus.COMPLETE:
        case.result = [Failure(_text(message), turn.status)]
    if turn.result:
        case.system_out = _text(turn.result)
    return case


def _text(text: str) -> str:
    """`text`, cut and without characters that XML forbids."""
    return _NO_XML.sub("", clean(text[:_LONGEST]))
