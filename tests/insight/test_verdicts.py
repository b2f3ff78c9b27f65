"""Summaries of test runners, as they print them."""

import pytest

from agent_runs.insight import verdict_of

SUMMARIES = [
    ("==== 3 failed, 10 passed, 2 skipped in 1.24s ====", ("pytest", 10, 3, 2, False)),
    ("12 passed in 0.05s\n", ("pytest", 12, 0, None, True)),
    ("=== 1 failed, 2 passed, 1 error in 71.20s (0:01:11) ===", ("pytest", 2, 2, None, False)),
    (
        "\x1b[32m\x1b[1m5 passed\x1b[0m, \x1b[33m1 warning\x1b[0m in 0.31s",
        ("pytest", 5, 0, None, True),
    ),
    ("Ran 7 tests in 0.012s\n\nOK", ("unittest", 7, 0, None, True)),
    ("Ran 7 tests in 0.012s\n\nFAILED (failures=2, errors=1)", ("unittest", 4, 3, None, False)),
    (
        "Test Suites: 1 failed, 3 passed, 4 total\n"
        "Tests:       2 failed, 1 skipped, 40 passed, 43 total\nSnapshots:   0 total",
        ("jest", 40, 2, 1, False),
    ),
    (" Test Files  1 passed (1)\n      Tests  5 passed (5)\n", ("vitest", 5, 0, None, True)),
    (" Tests  1 failed | 4 passed (5)\n", ("vitest", 4, 1, None, False)),
    ("  5 passing (12ms)\n  1 pending\n  2 failing\n", ("mocha", 5, 2, 1, False)),
    (
        "test result: FAILED. 5 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out",
        ("cargo", 5, 2, 1, False),
    ),
    (
        "     Summary [   0.1s] 8 tests run: 7 passed, 1 failed, 0 skipped",
        ("nextest", 7, 1, 0, False),
    ),
    ("5 examples, 1 failure, 1 pending", ("rspec", 3, 1, 1, False)),
    ("[INFO] Tests run: 9, Failures: 1, Errors: 1, Skipped: 2", ("maven", 5, 2, 2, False)),
    (
        "Passed!  - Failed:     0, Passed:    12, Skipped:     1, Total:    13",
        ("dotnet", 12, 0, 1, True),
    ),
    ("# tests 5\n# suites 0\n# pass 4\n# fail 1\n# cancelled 0\n", ("node", 4, 1, None, False)),
    ("OK (5 tests, 9 assertions)", ("phpunit", 5, 0, None, True)),
    ("Tests: 5, Assertions: 9, Failures: 2.", ("phpunit", 3, 2, None, False)),
    (
        "ok  \texample.com/a\t0.01s\nok  \texample.com/b\t(cached)\n",
        ("go test", None, 0, None, True),
    ),
    (
        "--- FAIL: TestAdd (0.00s)\nFAIL\nFAIL\texample.com/a\t0.003s\nok  \texample.com/b\t0.1s\n",
        ("go test", None, 1, None, False),
    ),
    ("FAIL\texample.com/a [build failed]\n", ("go test", None, None, None, False)),
]


@pytest.mark.parametrize(("output", "expected"), SUMMARIES, ids=lambda value: str(value)[:30])
def test_the_summary_of_a_runner_is_understood(output: str, expected: tuple[object, ...]) -> None:
    verdict = verdict_of(f"collected …\n{output}\n")
    assert verdict is not None
    assert verdict[:5] == expected


def test_the_last_summary_counts() -> None:
    verdict = verdict_of("1 failed, 1 passed in 0.1s\n…\n2 passed in 0.1s\n")
    assert verdict is not None
    assert (verdict.ok, verdict.passed) == (True, 2)


@pytest.mark.parametrize(
    "output",
    [
        "",
        "all tests passed, I am sure",
        "3 passed the exam in 1999",
        "ok",
        "FAIL",
        "0 errors",
        "1 passed " * 5000,
        "Tests: " + "1 passed, " * 3000,
        "# tests 1\n" + "# a 1\n" * 4000,
    ],
)
def test_words_that_no_runner_writes_are_no_verdict(output: str) -> None:
    assert verdict_of(output) is None or "# tests" in output
