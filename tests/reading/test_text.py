"""Text of agents and tools as it may be shown. The page's code is tested on the same cases."""

import json
from pathlib import Path

import pytest

from agent_runs.reading.text import clean, first_line, one_line, without_escapes

CASES: list[dict[str, str]] = json.loads(
    Path(__file__).with_name("cases").joinpath("text.json").read_text("utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_text_is_shown_without_tricks(case: dict[str, str]) -> None:
    assert clean(case["text"]) == case["clean"]
    assert clean(clean(case["text"])) == case["clean"]
    assert clean(first_line(case["text"])) == case["line"]


def test_a_line_is_clean_and_cut_with_a_sign() -> None:
    assert one_line("a\n b" + "c" * 300, 10) == "a bcccccc…"
    assert one_line("\x1b[1m a \x1b[0m\n \u202e b") == "a ⟨U+202E⟩ b"
    assert one_line(None) == ""


def test_half_of_a_sign_is_named() -> None:
    assert clean("half \ud800") == "half ⟨U+D800⟩"


def test_escape_codes_go_and_all_else_stays() -> None:
    assert without_escapes("\x1b[1mbold\x1b[0m\r\n\u202e") == "bold\r\n\u202e"
