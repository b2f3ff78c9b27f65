"""The filters of the list are what the address says, and the address says nothing else."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from agent_runs.dashboard.runs.query import ListQuery

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def read(address: str) -> ListQuery:
    return ListQuery.from_params(dict(parse_qsl(address.partition("?")[2])))


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?status=PAUSED",
        "/?status=ACTIVE,EVALUATION&agent=claude-code",
        "/?source=SLACK&repo=7&q=login+%26+logout",
        "/?since=24h",
        "/?since=2026-11-01&until=2026-11-21&archived=1",
        "/?page=3&limit=50",
        "/?since=2026-11-01&archived=any&mode=docs&tool=bash",
        "/?failed_tool=bash&error=exit+code+%23",
        "/?since=2026-11-01&archived=any&measured=waiting",
    ],
)
def test_an_address_read_and_written_again_is_the_same(address: str) -> None:
    assert read(address).url == address


@pytest.mark.parametrize(
    "nonsense",
    [
        "/?page=0",
        "/?page=-2",
        "/?page=99999999999999999999",
        "/?page=%C2%B2",  # a superscript two is a digit for some
        "/?limit=7",
        "/?limit=x",
        "/?repo=../../etc",
        "/?repo=%C2%B2",
        "/?since=yesterday&until=2026-13-40",
        "/?archived=yes",
        "/?status=,,",
        "/?unknown=1",
        "/?measured=luck",
    ],
)
def test_what_cannot_be_used_is_left_out(nonsense: str) -> None:
    assert read(nonsense) == ListQuery()


def test_words_of_the_api_may_be_typed_in_small_letters() -> None:
    query = read("/?status=paused,error&source=api")
    assert (query.status, query.source) == (("PAUSED", "ERROR"), "API")


def test_another_filter_goes_back_to_the_first_page() -> None:
    query = read("/?page=4&status=ERROR")
    assert query.changed(agent="codex").url == "/?status=ERROR&agent=codex"
    assert query.changed(page=5).url == "/?status=ERROR&page=5"


def test_the_page_alone_is_no_filter() -> None:
    assert not read("/?page=3&limit=50").is_filtered
    assert read("/?archived=1").is_filtered


def test_the_api_is_asked_for_the_same() -> None:
    query = read("/?status=ERROR&agent=codex&source=API&repo=3&q=bug&archived=1&page=3&limit=10")
    assert query.for_api(NOW) == {
        "archived": True,
        "status": ("ERROR",),
        "agent": "codex",
        "source_type": "API",
        "repo_id": 3,
        "q": "bug",
    }
    assert (query.skip, query.limit) == (20, 10)


def test_a_period_ends_now_and_a_last_day_counts_whole() -> None:
    assert read("/?since=24h").for_api(NOW).get("since") == NOW - timedelta(hours=24)
    days = read("/?since=2026-11-01&until=2026-11-02").for_api(NOW)
    assert days.get("since") == datetime(2026, 11, 1, tzinfo=UTC)
    assert days.get("until") == datetime(2026, 11, 3, tzinfo=UTC)


def test_filters_of_links_from_analytics_are_told_in_words() -> None:
    query = ListQuery.from_params({"tool": "run_shell", "measured": "first_step"})
    assert query.traits == [
        ("tool", "Used tool: run_shell"),
        ("measured", "Ended, with a value for: first step"),
    ]
