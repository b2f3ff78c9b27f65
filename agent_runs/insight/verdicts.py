"""The verdicts of test runs: numbers from the summary lines of well-known runners.

Only summaries are read, never single tests: a line that no runner writes is not a verdict.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from agent_runs.reading.text import without_escapes

_READ = 20_000


class Verdict(NamedTuple):
    """The end of a test run.

    Attributes:
        runner: pytest, jest, go test ...
        passed: number of tests; None if the runner does not say.
        failed: number of tests, including errors; None likewise.
        skipped: number of tests; None likewise.
        ok: whether all tests passed.
        text: the summary line.
    """

    runner: str
    passed: int | None
    failed: int | None
    skipped: int | None
    ok: bool
    text: str


def verdict_of(output: str) -> Verdict | None:
    """Return the last verdict in the output of a command; None if it has none."""
    text = without_escapes(output[-_READ:])
    verdicts = list(_verdicts(text))
    if verdicts:
        return max(verdicts, key=lambda pair: pair[0])[1]
    return _go(text)


def _verdicts(text: str) -> Iterable[tuple[int, Verdict]]:
    """Verdicts with the positions of their ends."""
    for pattern, read in _RUNNERS:
        for match in pattern.finditer(text):
            yield match.end(), read(match)


def _words_after(text: str) -> dict[str, int]:
    """Numbers with their words after them: `3 failed`."""
    return {word.lower(): int(number) for number, word in re.findall(r"(\d+) ([A-Za-z]+)", text)}


def _words_before(text: str) -> dict[str, int]:
    """Numbers with their words before them: `Failures: 3`, `failures=3`, `# fail 3`."""
    words = re.findall(r"([A-Za-z]+)\s*[:= ]\s*(\d+)", text)
    return {word.lower(): int(number) for word, number in words}


def _verdict(runner: str, text: str, counts: dict[str, int], *, total: str = "") -> Verdict:
    def count(*names: str) -> int | None:
        numbers = [counts[name] for name in names if name in counts]
        return sum(numbers) if numbers else None

    failed = count("failed", "fail", "failure", "failures", "failing", "error", "errors")
    skipped = count("skipped", "ignored", "pending", "skip", "todo")
    passed = count("passed", "passing", "pass")
    if passed is None and total in counts:
        passed = max(counts[total] - (failed or 0) - (skipped or 0), 0)
    return Verdict(runner, passed, failed or 0, skipped, not failed, " ".join(text.split())[:200])


def _reads(
    runner: str, count: Callable[[str], dict[str, int]], *, total: str = ""
) -> Callable[[re.Match[str]], Verdict]:
    return lambda match: _verdict(runner, match[0], count(match[0]), total=total)


def _unittest(match: re.Match[str]) -> Verdict:
    counts = {"run": int(match[1])} | _words_before(match[3] or "")
    verdict = _verdict("unittest", match[0], counts, total="run")
    return verdict._replace(ok=match[2] == "OK")


def _go(text: str) -> Verdict | None:
    """`go test` has no summary: a line per package, and with `-v` or a failure one per test."""
    good = re.findall(r"^ok[ \t]+\S+[ \t]+(?:\(cached\)|[\d.]+s)", text, re.MULTILINE)
    bad = re.findall(r"^FAIL[ \t]+\S+(?:[ \t]+(?:[\d.]+s|\[[a-z ]+\]))", text, re.MULTILINE)
    if not good and not bad:
        return None
    passed = len(re.findall(r"^\s*--- PASS: ", text, re.MULTILINE))
    failed = len(re.findall(r"^\s*--- FAIL: ", text, re.MULTILINE))
    line = " ".join((bad or good)[-1].split())
    return Verdict("go test", passed or None, failed or (None if bad else 0), None, not bad, line)


_RUNNERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Verdict]], ...] = (
    (
        re.compile(
            r"^=*[ ]?(?:\d+ (?:failed|passed|skipped|errors?|xfailed|xpassed|deselected|warnings?)"
            r"(?:, )?)+ in [\d.]+ ?s\b.*$",
            re.MULTILINE,
        ),
        _reads("pytest", _words_after),
    ),
    (
        re.compile(r"^Ran (\d+) tests? in [\d.]+s\s+(OK|FAILED)(?: \(([^)\n]*)\))?", re.MULTILINE),
        _unittest,
    ),
    (
        re.compile(r"^Tests:[ \t]+(?:\d+ [a-z]+(?:, )?)+$", re.MULTILINE),
        _reads("jest", _words_after, total="total"),
    ),
    (
        re.compile(r"^[ \t]*Tests[ \t]+(?:\d+ [a-z]+(?: \| )?)+ \(\d+\)[ \t]*$", re.MULTILINE),
        _reads("vitest", _words_after),
    ),
    (
        re.compile(r"^[ \t]*\d+ passing\b[^\n]*(?:\n[ \t]*\d+ (?:pending|failing)\b)*", re.M),
        _reads("mocha", _words_after),
    ),
    (
        re.compile(r"^test result: [^\n]*?\d+ passed; \d+ failed;[^\n]*$", re.M),
        _reads("cargo", _words_after),
    ),
    (
        re.compile(r"^[ \t]*Summary \[[^\]\n]*\] \d+ tests? run: [^\n]*$", re.MULTILINE),
        _reads("nextest", _words_after),
    ),
    (
        re.compile(r"^\d+ examples?, \d+ failures?(?:, \d+ pending)?", re.MULTILINE),
        _reads("rspec", _words_after, total="examples"),
    ),
    (
        re.compile(r"^(?:\[\w+\] )?Tests run: \d+, Failures: \d+, Errors: \d+[^\n]*$", re.M),
        _reads("maven", _words_before, total="run"),
    ),
    (
        re.compile(r"^(?:Passed|Failed)!\s+-\s+Failed:\s+\d+, Passed:\s+\d+[^\n]*$", re.MULTILINE),
        _reads("dotnet", _words_before),
    ),
    (re.compile(r"^# tests \d+(?:\n# \w+ [\d.]+)+", re.M), _reads("node", _words_before)),
    (
        re.compile(r"^OK \(\d+ tests?, [^\n]*\)$", re.MULTILINE),
        _reads("phpunit", _words_after, total="tests"),
    ),
    (
        re.compile(r"^Tests: \d+, Assertions: \d+[^\n]*$", re.MULTILINE),
        _reads("phpunit", _words_before, total="tests"),
    ),
)
