"""What each line of a diff is. The page's code is tested on the same cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent_runs.reading.diff_lines import changes_of, lines_of

FILE = Path(__file__).with_name("cases") / "diff_lines.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["about"] for case in CASES])
def test_each_line_is_told_apart_by_its_place(case: dict[str, Any]) -> None:
    lines = list(lines_of(case["diff"]))
    assert "".join(kind for kind, _ in lines) == case["kinds"]
    assert "\n".join(line for _, line in lines) == case["diff"]
    assert changes_of(case["diff"]) == (case["added"], case["removed"])
