"""Texts and diffs stay bounded and true."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runs.providers.acp.diffs import unified
from agent_runs.providers.acp.text import ClippedText, clip
from agent_runs.reading.text import first_line
from tests.length import examples


@pytest.mark.soak
@given(st.lists(st.text(max_size=30)), st.integers(min_value=1, max_value=40))
def test_a_clipped_stream_is_like_clipping_the_whole(chunks: list[str], limit: int) -> None:
    text = ClippedText(limit)
    for chunk in chunks:
        text.append(chunk)
    whole = "".join(chunks)
    assert str(text) == clip(whole, limit)
    assert len(text) == len(whole)


@pytest.mark.parametrize("length", range(1, 60))
def test_a_stream_shows_no_half_of_a_secret_wherever_it_is_cut(length: int) -> None:
    text = ClippedText(20, lambda text: text.replace("hunter2", "•••"))
    for letter in f"{'.' * length}hunter2{'.' * 60}hunter2{'.' * (60 - length)}":
        text.append(letter)
        assert "hunter2" not in text.tail(20)
    shown = str(text) + text.tail(20)
    assert not set("hunter2") & set(shown.replace("characters left out", ""))


def test_clipping_says_how_much_is_left_out() -> None:
    assert clip("abcdefghij", 4) == "ab\n… 6 characters left out …\nij"
    assert clip("abcd", 4) == "abcd"


def test_the_tail_of_a_stream_is_its_end() -> None:
    text = ClippedText(1000)
    for number in range(300):
        text.append(f"{number} ")
    assert text.tail(12) == " 297 298 299 "[-12:]
    assert ClippedText().tail(5) == ""


def test_the_first_line_is_found_and_cut() -> None:
    assert first_line("\n  \n hello \nworld") == "hello"
    assert first_line("x" * 300) == "x" * 199 + "…"
    assert first_line("") == ""


LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d e\x0c\n", "\r\n", "\n"]), max_size=30)


@pytest.mark.soak
@settings(max_examples=examples(60))
@given(LINES, LINES, st.booleans())
def test_git_applies_what_the_diff_says(before: list[str], after: list[str], ends: bool) -> None:
    old, new = "".join(before), "".join(after) + ("" if ends else "last")
    diff = unified(old, new, "file.txt")
    assert (diff == "") is (old == new)
    if diff and old and new:
        assert applied(old, diff) == new


def applied(old: str, diff: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.txt"
        path.write_bytes(old.encode())
        command = ["git", "apply", "-"]
        subprocess.run(command, cwd=folder, input=diff.encode(), check=True, capture_output=True)
        return path.read_bytes().decode()


def test_a_new_file_comes_from_nowhere() -> None:
    assert unified(None, "a\n", "x") == "--- /dev/null\n+++ b/x\n@@ -0,0 +1,1 @@\n+a\n"


def test_a_small_change_in_a_huge_file_is_one_small_hunk() -> None:
    lines = [f"line {number}\n" for number in range(200_000)]
    changed = [*lines]
    changed[100_000] = "changed\n"
    diff = unified("".join(lines), "".join(changed), "x")
    assert diff.splitlines()[2] == "@@ -99998,7 +99998,7 @@"
    assert len(diff.splitlines()) == 11


def test_a_huge_change_is_one_hunk_and_clipped() -> None:
    diff = unified("a\n" * 50_000, "b\n" * 50_000, "x")
    assert "@@ -1,50000 +1,50000 @@" in diff
    assert "characters left out" in diff
