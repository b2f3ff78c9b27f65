"""What an entry says. The page's code is tested on the same cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent_runs.reading.entry import kind_word, text_of, value_of

FILE = Path(__file__).with_name("cases") / "entry.json"
CASES: dict[str, Any] = json.loads(FILE.read_text("utf-8"))


@pytest.mark.parametrize(("kind", "word"), CASES["kinds"])
def test_a_kind_of_entry_has_one_name(kind: str, word: str) -> None:
    assert kind_word(kind) == word


@pytest.mark.parametrize("case", CASES["texts"], ids=[case["about"] for case in CASES["texts"]])
def test_the_text_of_an_entry_is_found_in_its_observation(case: dict[str, Any]) -> None:
    observation = case["observation"]
    assert text_of(observation) == case["text"]
    assert value_of(observation) == (observation if case["has_more"] else {})
