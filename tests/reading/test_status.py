"""How a run stands, in words. The page's code is tested on the same cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from agent_runs.models import FAILED_STATUSES, AgentRunStatus
from agent_runs.reading.status import (
    GROUPS,
    dot_of,
    parse_status,
    reason_in_words,
    tone_of,
    word_of,
)

CASES: dict[str, Any] = json.loads(
    Path(__file__).with_name("cases").joinpath("status.json").read_text("utf-8")
)


def test_every_status_has_a_word_of_its_own() -> None:
    words = [word_of(status) for status in AgentRunStatus]
    assert len(set(words)) == len(words) == len(AgentRunStatus)
    assert not {word.upper() for word in words} & {"PENDING", "ACTIVE", "PAUSED", "ERROR"}


def test_every_status_has_a_dot_or_none_on_purpose() -> None:
    assert {status for status, _, _ in CASES["dots"]} > set(AgentRunStatus)
    for status, tone, dot in CASES["dots"]:
        assert (tone_of(status), dot_of(status)) == (tone, dot)


def test_every_status_is_in_one_group() -> None:
    statuses = [status for group in GROUPS for status in group.statuses]
    assert sorted(statuses) == sorted(AgentRunStatus)
    running = next(group for group in GROUPS if group.name == word_of("ACTIVE"))
    assert list(running.statuses) == CASES["running"]


def test_what_failed_is_red_and_nothing_else() -> None:
    assert {status for status in AgentRunStatus if tone_of(status) == "red"} == FAILED_STATUSES


def test_a_status_of_another_server_is_shown_as_it_is() -> None:
    assert (word_of("IN_REVIEW"), tone_of("IN_REVIEW")) == ("In review", "neutral")


def test_the_reason_of_an_end_reads_the_same_for_everybody() -> None:
    reasons = ("idle_timeout", "stopped", "agent_crashed", None)
    assert [reason_in_words(reason) for reason in reasons] == [
        "the agent was silent for too long",
        "stopped on request",
        "agent crashed",
        "",
    ]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("complete", "COMPLETE"),
        ("Failed", "ERROR"),
        ("running", "ACTIVE"),
        (" queued ", "PENDING"),
        ("canceled", "CANCELLED"),
        ("timed_out", "TIMEOUT"),
        ("NOPE", "NOPE"),
    ],
)
def test_other_words_for_a_status_are_understood(word: str, status: str) -> None:
    assert parse_status(word) == status
