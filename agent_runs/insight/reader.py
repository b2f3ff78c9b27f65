"""Reads the entries of one run, oldest first, and sums them up at the end.

All lists are bounded, so memory does not grow with the length of a run.
"""

import hashlib
import heapq
import json
import re
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime

import orjson

from agent_runs.insight.findings import (
    Command,
    Finding,
    Insight,
    Repeat,
    TestResult,
    TouchedFile,
    Wait,
)
from agent_runs.insight.verdicts import verdict_of
from agent_runs.models import JSON, TERMINAL_STATUSES, AgentRun, AgentRunStatus, MessageType
from agent_runs.reading.diff_lines import changes_of
from agent_runs.reading.entry import text_of
from agent_runs.reading.failure import exit_code_of, has_failed
from agent_runs.reading.likeness import headline, message_of
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty
from agent_runs.reading.status import word_of
from agent_runs.reading.target import PATHS, argument, words_of
from agent_runs.reading.text import first_line, one_line
from agent_runs.reading.usage import spent_of

_MOST = 200
_MOST_PLACES = 50
_MOST_PATHS = 100_000
_MOST_WAITS = 5
_MOST_CALLS = 20_000
_MOST_TOOLS = 100
_LOOP = 3
_SHORTEST_WAIT_MS = 1000
_LINE = 240
_OUTPUT = 40_000
_WRITING = re.compile(r"(?:^|_|\b)(?:write|edit|create|patch|replace|multiedit|notebookedit)", re.I)
_SHELLS = re.compile(r"shell|bash|terminal|command|^exec", re.I)


@dataclass
class _Calls:
    """Identical calls with an identical outcome."""

    tool: str
    text: str
    failed: bool
    times: int = 0
    seqs: list[int] = field(default_factory=list[int])


@dataclass
class _File:
    seqs: list[int] = field(default_factory=list[int])
    changes: int = 0
    added: int = 0
    removed: int = 0
    is_new: bool = False


class InsightReader:
    """Takes entries as JSON objects, then returns the insight.

    Args:
        run: in its current state.
    """

    def __init__(self, run: AgentRun) -> None:
        self._run = run
        self._steps = self._failed_calls = self._tool_ms = self._waiting_ms = self._working_ms = 0
        self._tools: Counter[str] = Counter()
        self._calls: dict[bytes, _Calls] = {}
        self._waits: list[tuple[int, int, Wait]] = []
        self._files: dict[str, _File] = {}
        self._paths: set[int] = set()  # hashes, which are small
        self._commands: deque[Command] = deque(maxlen=_MOST)
        self._commands_total = 0
        self._tests: deque[TestResult] = deque(maxlen=_MOST_PLACES)
        self._tests_total = 0
        self._first: tuple[Finding, Finding | None] | None = None
        self._last: tuple[Finding, Finding | None] | None = None
        self._step: Finding | None = None
        self._failed_step: Finding | None = None
        self._turn = 0
        self._at: float | None = None

    def feed(self, entry: dict[str, JSON]) -> None:
        """Take the next entry: the fields of `AgentRunLog`."""
        seq = self._steps
        self._steps += 1
        turn = entry.get("turn") or 1
        if turn != self._turn:
            # A failure in an earlier turn is not the cause of one in this turn.
            self._turn, self._at, self._step, self._failed_step = turn, None, None, None
        is_error = entry.get("message_type") == MessageType.ERROR
        tool = entry.get("tool_name")
        self._take_time(entry, seq)
        if isinstance(tool, str) and tool:
            self._take_call(entry, seq, tool)
        elif is_error:
            text = one_line(headline(message_of(entry)), _LINE) or "An error"
            pair = (Finding(seq=seq, text=text), self._failed_step or self._step)
            self._first = self._first or pair
            self._last = pair

    def insight(self) -> Insight:
        """Return the insight into the entries so far."""
        run = self._run
        first = self._first or (None, None)
        ended_badly = run.status in TERMINAL_STATUSES and run.status != AgentRunStatus.COMPLETE
        last = (self._last if ended_badly else None) or (None, None)
        groups = sorted(self._calls.values(), key=lambda calls: -calls.times)
        repeats = tuple(
            Repeat(
                tool_name=calls.tool,
                text=calls.text,
                times=calls.times,
                seqs=tuple(calls.seqs),
                failed=calls.failed,
            )
            for calls in groups[:10]
            if calls.times >= _LOOP
        )
        return Insight(
            agent_run_id=run.id,
            status=run.status,
            status_reason=run.status_reason,
            outcome=self._outcome(last[0]),
            steps=self._steps,
            tool_calls=sum(self._tools.values()),
            failed_calls=self._failed_calls,
            tools=dict(self._tools.most_common(_MOST_TOOLS)),
            working_ms=self._working_ms,
            tool_ms=self._tool_ms,
            waiting_ms=self._waiting_ms,
            usage=spent_of(run.usage),
            first_error=first[0],
            first_cause=first[1],
            last_error=last[0],
            last_cause=last[1],
            repeats=repeats,
            is_loop=bool(repeats),
            waits=tuple(wait for *_, wait in sorted(self._waits, key=lambda item: -item[0])),
            files=tuple(
                TouchedFile(
                    path=path,
                    seqs=tuple(file.seqs),
                    changes=file.changes,
                    added=file.added,
                    removed=file.removed,
                    is_new=file.is_new,
                )
                for path, file in self._files.items()
            ),
            files_total=len(self._paths),
            commands=tuple(self._commands),
            commands_total=self._commands_total,
            tests=tuple(self._tests),
            tests_total=self._tests_total,
        )

    def _outcome(self, error: Finding | None) -> str:
        status = self._run.status
        if status not in TERMINAL_STATUSES:
            return "It has not ended yet."
        word = word_of(status)
        why = headline(self._run.error or "") or (error.text if error else "")
        if status == AgentRunStatus.COMPLETE:
            tests = self._tests[-1] if self._tests else None
            if tests is not None and not tests.ok:
                return f"{word}, but its last tests failed."
            return f"{word}; its last tests passed." if tests else f"{word}."
        return f"{word}: {one_line(why, _LINE)}" if why else f"{word}."

    def _take_time(self, entry: dict[str, JSON], seq: int) -> None:
        begins = _seconds(entry.get("created_at"))
        if begins is None:
            return
        ends = begins + _milliseconds(entry.get("duration_ms")) / 1000
        before = begins if self._at is None else self._at
        gap = round((begins - before) * 1000)
        if gap > 0:
            self._wait(seq, "model", entry, gap)
        # Calls of one step can overlap; time never goes back.
        self._working_ms += max(round((ends - before) * 1000), 0)
        self._at = max(before, ends)

    def _wait(self, seq: int, kind: str, entry: dict[str, JSON], duration: int) -> None:
        if duration < _SHORTEST_WAIT_MS:
            return
        tool = entry.get("tool_name")
        wait = Wait(
            seq=seq,
            kind=kind,
            tool_name=tool if isinstance(tool, str) else None,
            text=one_line(telling(entry), _LINE),
            duration_ms=duration,
        )
        heapq.heappush(self._waits, (duration, -seq, wait))
        if len(self._waits) > _MOST_WAITS:
            heapq.heappop(self._waits)

    def _take_call(self, entry: dict[str, JSON], seq: int, tool: str) -> None:
        tool = one_line(tool, 100)
        if tool in self._tools or len(self._tools) < 10 * _MOST_TOOLS:
            self._tools[tool] += 1
        else:
            self._tools["…"] += 1
        output = object_or_empty(entry.get("tool_output"))
        failed = has_failed(entry)
        duration = _milliseconds(entry.get("duration_ms"))
        self._tool_ms += duration
        is_question = object_or_empty(output.get("permission")).get("policy") == "ask"
        self._waiting_ms += duration if is_question else 0
        self._wait(seq, "person" if is_question else "tool", entry, duration)
        step = Finding(seq=seq, tool_name=tool, text=one_line(telling(entry), _LINE))
        if failed:
            self._failed_calls += 1
            text = one_line(headline(message_of(entry)), _LINE) or f"{tool} failed"
            self._first = self._first or (Finding(seq=seq, tool_name=tool, text=text), step)
            self._failed_step = step
        self._step = step
        self._take_repeat(entry, seq, tool, failed=failed)
        self._take_files(entry, output, seq, tool, failed=failed)
        self._take_command(entry, output, seq, failed=failed)

    def _take_repeat(self, entry: dict[str, JSON], seq: int, tool: str, *, failed: bool) -> None:
        parts = [tool, entry.get("tool_input"), entry.get("observation"), failed]
        key = hashlib.blake2b(_as_bytes(parts), digest_size=12).digest()
        calls = self._calls.get(key)
        if calls is None:
            if len(self._calls) >= _MOST_CALLS:
                return
            calls = self._calls[key] = _Calls(tool, one_line(telling(entry), _LINE), failed)
        calls.times += 1
        if len(calls.seqs) < _MOST_PLACES:
            calls.seqs.append(seq)

    def _take_files(
        self,
        entry: dict[str, JSON],
        output: dict[str, JSON],
        seq: int,
        tool: str,
        *,
        failed: bool,
    ) -> None:
        diffs = objects_or_empty(output.get("diffs"))
        for diff in diffs:
            added, removed = changes_of(text_or_empty(diff.get("unified")))
            is_new = bool(diff.get("new_file"))
            self._touch(diff.get("path"), seq, added=added, removed=removed, is_new=is_new)
        if not diffs and not failed and _WRITING.search(tool):
            self._touch(_path_of(object_or_empty(entry.get("tool_input"))), seq)

    def _touch(
        self, path: JSON, seq: int, *, added: int = 0, removed: int = 0, is_new: bool = False
    ) -> None:
        if not isinstance(path, str) or not path:
            return
        path = one_line(path, 400)
        if len(self._paths) < _MOST_PATHS:
            self._paths.add(hash(path))
        if path not in self._files and len(self._files) >= _MOST:
            return
        file = self._files.setdefault(path, _File(is_new=is_new))
        file.changes += 1
        file.added += added
        file.removed += removed
        if len(file.seqs) < _MOST_PLACES:
            file.seqs.append(seq)

    def _take_command(
        self, entry: dict[str, JSON], output: dict[str, JSON], seq: int, *, failed: bool
    ) -> None:
        command = command_of(entry)
        if not command:
            return
        code = exit_code_of(output)
        self._commands_total += 1
        self._commands.append(
            Command(
                seq=seq,
                command=one_line(command, _LINE),
                exit_code=None if code is None else int(code),
                failed=failed,
                duration_ms=_milliseconds(entry.get("duration_ms")) or None,
            )
        )
        verdict = verdict_of(message_of(entry)[-_OUTPUT:])
        if verdict is not None:
            self._tests_total += 1
            self._tests.append(TestResult(seq=seq, **verdict._asdict()))


def command_of(entry: dict[str, JSON]) -> str:
    """Return the command that a tool call ran; empty if it ran none."""
    arguments = object_or_empty(entry.get("tool_input"))
    command = words_of(arguments.get("command")) or words_of(arguments.get("cmd"))
    if not command and _SHELLS.search(str(entry.get("tool_name") or "")):
        # Some agents name the command only in the title of the call.
        return text_or_empty(arguments.get("title"))
    return command


def telling(entry: dict[str, JSON]) -> str:
    """Return what says most about an entry: the argument of a call, or the entry's first line."""
    text = "" if has_failed(entry) else text_of(entry.get("observation"))
    return argument(entry.get("tool_input")) or first_line(text or message_of(entry))


def _path_of(arguments: dict[str, JSON]) -> JSON:
    places = [place.get("path") for place in objects_or_empty(arguments.get("locations"))]
    return next(filter(None, [*(arguments.get(name) for name in PATHS), *places]), None)


def _as_bytes(value: JSON) -> bytes:
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # numbers beyond 64 bits, halves of surrogate pairs
        return json.dumps(value, default=str, sort_keys=True).encode()


def _milliseconds(value: JSON) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _seconds(value: JSON) -> float | None:
    if isinstance(value, datetime):
        return value.timestamp()
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return None
