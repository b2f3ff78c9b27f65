"""What a tool call was about. The page's code is tested on the same cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent_runs.reading.target import argument, target

FILE = Path(__file__).with_name("cases") / "target.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_the_argument_that_says_most_is_shown(case: dict[str, Any]) -> None:
    assert target(case["tool_input"]) == case["target"]


def test_a_long_target_is_cut_with_a_sign_and_its_argument_is_whole() -> None:
    given = {"command": "x" * 1000}
    assert target(given) == "x" * 299 + "…"
    assert argument(given) == "x" * 1000
