"""Errors that differ only by chance have one likeness."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runs.models import JSON
from agent_runs.reading.likeness import LONGEST, headline, likeness, message_of

ALIKE = [
    (
        "[Errno 2] No such file or directory: '/tmp/a/b.txt'",
        "[Errno 17] No such file or directory: '/home/x.py'",
    ),
    ("timeout after 30 s", "timeout after 45.5 s"),
    (
        "fatal: could not read from remote repository (id 3f2a9c1d)",
        "fatal: could not read from remote repository (id 99aa0b1c)",
    ),
    ("old_string not found in src/a/csv.py", "old_string not found in src/b/c/d.py"),
    (
        "Run 123e4567-e89b-12d3-a456-426614174000 failed",
        "Run 00000000-e89b-12d3-a456-42661417ffff failed",
    ),
    ('KeyError: "alpha"', 'KeyError: "beta"'),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_numbers_paths_ids_and_quoted_words_make_no_difference(one: str, other: str) -> None:
    assert likeness(one) == likeness(other) != ""


def test_other_words_do_make_a_difference() -> None:
    assert likeness("connection refused") != likeness("connection reset")
    assert likeness("ReadTimeout: https://one.example/a") != likeness(
        "ReadTimeout: https://two.example/a"
    )
    assert "one.example" in likeness("ReadTimeout: https://one.example/a/b?c=1")


def test_the_last_exception_of_a_traceback_says_what_went_wrong() -> None:
    text = (
        "Traceback (most recent call last):\n"
        '  File "/x/y.py", line 3, in f\n'
        "    raise A\n"
        "KeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n"
        '  File "/x/y.py", line 9, in g\n'
        "sqlalchemy.exc.IntegrityError: duplicate key value\n"
    )
    assert headline(text) == "sqlalchemy.exc.IntegrityError: duplicate key value"


def test_the_line_that_tells_of_a_failure_is_taken_out_of_much_output() -> None:
    assert headline("Collecting x\n\x1b[31mERROR: no match\x1b[0m\nBye") == "ERROR: no match"
    assert headline("```console\nhello\n```") == "hello"
    assert headline(" \n ") == ""


@pytest.mark.parametrize(
    ("observation", "words"),
    [
        ('{"exit_code": 1, "output": ""}', "exit code 1"),
        ('{"exit_code": 2, "output": "make: no rule"}', "make: no rule"),
        ({"exit_code": 3, "stderr": " "}, "exit code 3"),
        ({"error": "gone"}, "gone"),
        ('{"left": "open', '{"left": "open'),
        ('{"other": 1}', '{"other": 1}'),
        ("[1]", "[1]"),
        ("  ", "exit code 9"),
        (None, "exit code 9"),
    ],
)
def test_a_call_that_failed_without_words_is_told_by_its_exit_code(
    observation: str | dict[str, JSON] | None, words: str
) -> None:
    assert message_of({"observation": observation, "tool_output": {"exit_code": 9}}) == words


@pytest.mark.soak
@given(st.text(max_size=300))
def test_a_likeness_is_one_short_line(text: str) -> None:
    line = likeness(text)
    assert len(line) <= LONGEST
    assert line.splitlines() == ([line] if line else [])


@pytest.mark.parametrize("part", ["/", "a/", "\\", "'", "http://", "0", "ab1", "1.", "\x1b[", "e-"])
def test_only_the_ends_of_long_hostile_text_are_read(part: str) -> None:
    end = part * 20_000
    middle = "\nValueError: in the middle\n"
    assert headline(f"error {part}{middle}{part}") == middle.strip()
    for fold in (headline, likeness):
        assert fold(f"error {end}{middle * 10_000}{end}") == fold(f"error {end}\n\n{end}")
    assert len(headline(f"error {end}")) <= 500
