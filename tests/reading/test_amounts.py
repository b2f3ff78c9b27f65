"""Amounts in words. The page's code is tested on the same cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent_runs.reading.amounts import brief_duration, duration, money, plural, short_count, size

CASES: dict[str, list[Any]] = json.loads(
    Path(__file__).with_name("cases").joinpath("amounts.json").read_text("utf-8")
)


@pytest.mark.parametrize(("milliseconds", "words"), CASES["duration"])
def test_a_length_of_time_is_put_in_words(milliseconds: int, words: str) -> None:
    assert duration(milliseconds / 1000) == words


@pytest.mark.parametrize(("milliseconds", "words"), CASES["brief"])
def test_a_brief_length_of_time_is_rounded_down(milliseconds: int, words: str) -> None:
    assert brief_duration(milliseconds / 1000) == words


@pytest.mark.parametrize(("number", "words"), CASES["size"])
def test_a_size_is_put_in_words(number: int, words: str) -> None:
    assert size(number) == words


@pytest.mark.parametrize(("amount", "currency", "words"), CASES["money"])
def test_a_sum_of_money_is_put_in_words(amount: float, currency: str | None, words: str) -> None:
    assert money(amount, currency) == words


def test_a_sum_without_a_currency_is_a_number() -> None:
    assert money(2, None) == "2.00"


def test_counts_fit_in_five_signs() -> None:
    assert [short_count(n) for n in (0, 999, 1000, 56_700, 1_200_000, 45_000_000)] == [
        "0",
        "999",
        "1k",
        "57k",
        "1.2M",
        "45M",
    ]


def test_a_noun_follows_its_number() -> None:
    assert [plural(number, "run") for number in (1, 2, 1204)] == ["1 run", "2 runs", "1,204 runs"]
