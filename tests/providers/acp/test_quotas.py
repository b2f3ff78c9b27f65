"""A used-up quota is recognised in the words of each agent, with the time when it can continue."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from acp_parts import odd_agent, work

from agent_runs.providers.acp.quotas import quota_in_answer, quota_in_error

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
RESETS = {
    "Claude AI usage limit reached|1796050800": "2026-11-30 15:00",
    "You've hit your limit · resets 4pm (Asia/Kuala_Lumpur)": "2026-12-01 08:00",
    "You've hit your limit · resets 1:30am (Asia/Dhaka)": "2026-11-30 19:30",
    "You've hit your usage limit. Upgrade to Pro or try again in 5 days 22 hours 11 minutes.": (
        "2026-12-06 10:11"
    ),
    'Codex error: {"error":{"type":"usage_limit_reached","resets_in_seconds":3600}}': (
        "2026-11-30 13:00"
    ),
    "You have exhausted your capacity. Your quota will reset after 14h9m10s.": "2026-12-01 02:09",
}
NO_TIME = (
    "Your credit balance is too low to access the API.",
    "429 You exceeded your current quota, please check your plan and billing details.",
    "You have exceeded your premium request allowance.",
    "You've hit your limit · resets 4pm (Nowhere/Land)",
    "You've hit your limit · resets 99:99pm (Asia/Dhaka)",
    "Claude AI usage limit reached|9999999999",
    "usage_limit_reached, try again in 999999 days",
)


@pytest.mark.parametrize(("words", "resets_at"), RESETS.items())
def test_the_time_is_read_from_the_words(words: str, resets_at: str) -> None:
    for quota in (quota_in_error(words, NOW), quota_in_error(f"Internal error: {words}", NOW)):
        assert quota is not None
        assert quota.resets_at is not None
        assert f"{quota.resets_at:%Y-%m-%d %H:%M}" == resets_at


@pytest.mark.parametrize("words", NO_TIME)
def test_without_a_sensible_time_it_is_a_quota_all_the_same(words: str) -> None:
    quota = quota_in_error(words, NOW)
    assert quota is not None
    assert quota.resets_at is None


@pytest.mark.parametrize(
    "words", ["429 Too many requests, slow down", "The disk quota of this user", "No limit", ""]
)
def test_other_errors_are_not_about_a_quota(words: str) -> None:
    assert quota_in_error(words, NOW) is None


@pytest.mark.parametrize(
    "text",
    [
        "I added a test for the message: you've hit your limit.",
        "You've hit your limit" + " and more" * 200,
        "The page says insufficient_quota.",
    ],
)
def test_an_agent_may_write_about_quotas(text: str) -> None:
    assert quota_in_answer(text, NOW) is None


def test_only_the_start_of_a_long_text_is_looked_at() -> None:
    assert quota_in_error("x" * 1_000_000 + "insufficient_quota", NOW) is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    "prompt",
    [
        "/say You've hit your limit · resets 4pm (Asia/Kuala_Lumpur)",
        "/write a.txt x\n/say You've hit your limit · resets 4pm (Asia/Kuala_Lumpur)",
        "/error -32603 You've hit your usage limit · resets 4pm (Asia/Kuala_Lumpur)",
    ],
)
async def test_the_run_ends_with_the_reason_and_the_time(tmp_path: Path, prompt: str) -> None:
    agent = odd_agent("class Odd(Scripted): pass")
    outcome, recorder = await work(tmp_path, prompt, agent, agent="odd")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "quota")
    assert outcome.result is None
    assert outcome.error
    assert " 08:00 UTC. The workspace is kept; resume the run then" in outcome.error
    assert recorder.entries[-1].observation == outcome.error
