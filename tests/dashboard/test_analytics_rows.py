"""What the analytics page shows of tables, and where its figures lead."""

from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest

from agent_runs.dashboard.analytics import rows as show
from agent_runs.dashboard.analytics.query import PageQuery, page_of_runs
from agent_runs.models import JSON
from agent_runs.schemas.analytics import AnalyticsTable

PERIOD = "since=2026-11-09T00%3A00%3A00Z&until=2026-11-23T00%3A00%3A00Z&archived=any"
RUNS = f"/agent_runs?{PERIOD}"


def table(name: str, *items: dict[str, JSON]) -> AnalyticsTable:
    return AnalyticsTable(
        name=name, first_day="2026-11-09", last_day="2026-11-22", items=tuple(items)
    )


@pytest.mark.parametrize(
    "url",
    [
        "/analytics",
        "/analytics?days=90&agent=claude&repo=3&mode=bugfix",
        "/analytics?from=2026-11-01&to=2026-11-20",
        "/analytics?agent=a+b%26c",
    ],
)
def test_the_address_holds_all_that_the_page_shows(url: str) -> None:
    assert PageQuery.from_params(dict(parse_qsl(urlsplit(url).query))).url == url


@pytest.mark.parametrize(
    "params",
    [
        {"days": "9999999999999999999"},
        {"days": "-1"},
        {"days": "²"},
        {"from": "2026-13-45"},
        {"repo": "x"},
    ],
)
def test_what_cannot_be_used_in_an_address_is_left_out(params: dict[str, str]) -> None:
    assert PageQuery.from_params(params).url == "/analytics"


def test_days_in_the_wrong_order_are_turned() -> None:
    query = PageQuery.from_params({"from": "2026-11-20", "to": "2026-11-01"})
    assert (query.first_day, query.last_day) == ("2026-11-01", "2026-11-20")
    assert query.for_api().get("first_day") == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        (RUNS, "/?since=2026-11-09&until=2026-11-22&archived=any"),
        (
            f"{RUNS}&status=ERROR&status=TIMEOUT&agent=claude&repo_id=3",
            "/?status=ERROR,TIMEOUT&agent=claude&repo=3&since=2026-11-09&until=2026-11-22"
            "&archived=any",
        ),
        (
            f"{RUNS}&mode=docs&failed_tool=bash",
            "/?since=2026-11-09&until=2026-11-22&archived=any&mode=docs&failed_tool=bash",
        ),
        ("", ""),
    ],
)
def test_a_path_of_the_api_becomes_the_page_that_lists_the_same_runs(path: str, url: str) -> None:
    assert page_of_runs(path) == url


def summary(**values: tuple[JSON, JSON]) -> AnalyticsTable:
    names = [
        *("runs", "success_rate", "failed", "duration_p50", "first_step_p50", "waited_p50"),
        *("steps_p50", "tokens", "runs_reporting", "cost"),
    ]
    return table(
        "summary",
        *[
            {
                "figure": name,
                "value": values.get(name, (None, None))[0],
                "before": values.get(name, (None, None))[1],
                "unit": "",
                "runs": RUNS,
            }
            for name in names
        ],
    )


def test_key_figures_say_how_they_stand_to_the_period_before() -> None:
    rows = {
        each.name: each
        for each in show.key_figures(
            summary(
                runs=(112, 100),
                success_rate=(0.8, 0.85),
                duration_p50=(258.0, 249.0),
                tokens=(88_400_000, None),
                runs_reporting=(3, 0),
                cost=({"USD": 12.5}, None),
            )
        )
    }
    runs, rate = rows["Runs"], rows["Success rate"]
    assert (runs.value, runs.note, runs.tone, runs.trend) == ("112", "+12% vs before", "", "up")
    assert (rate.value, rate.note, rate.tone) == ("80.0%", "-5.0 points vs before", "red")
    duration = rows["Median duration"]
    assert (duration.value, duration.note, duration.tone) == ("4m 18s", "+9.0s vs before", "red")
    assert rows["Waiting for you, median"].note == "none in this period"
    tokens = rows["Tokens, as reported"]
    assert (tokens.value, tokens.note) == ("88M", "by 3 runs · 12.50 USD")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "-"),
        (0, "0.0s"),
        (0.25, "0.2s"),
        (59.6, "59s"),
        (258, "4m 18s"),
        (7500, "2h 05m"),
        (200_000, "2d 07h"),
    ],
)
def test_times_are_told_in_two_units(seconds: float | None, words: str) -> None:
    assert show.time_words(seconds) == words


def test_numbers_of_a_day_lead_to_the_runs_of_that_outcome() -> None:
    row = {
        "day": "2026-11-22",
        "number": 3,
        "complete": 2,
        "failed": 1,
        "cancelled": 0,
        "working": 0,
        "success_rate": 0.6667,
        "runs": RUNS,
    }
    (line,) = show.outcome_sheet(table("days", row)).lines
    day, all_runs, complete, failed, cancelled, _, rate = line
    assert (day.text, all_runs.text, rate.text) == ("22 Nov", "3", "66.7%")
    assert "status=COMPLETE&" in complete.href
    assert "status=ERROR,TIMEOUT,MAX_ITERATIONS_REACHED,OUT_OF_TOKENS&" in failed.href
    assert cancelled.href == "", "there is nothing to show"


def test_a_day_without_runs_leaves_a_gap_in_a_line() -> None:
    nothing = dict.fromkeys(("p50", "p90", "p99", "mean", "total"))
    row = {"day": "2026-11-22", "number": 0, "runs": RUNS, **nothing}
    (point,) = show.spread_points(table("durations", row))
    assert (point["day"], point["Median"]) == ("22 Nov", None)
    assert show.unit_of(table("durations", row)) == ("seconds", 1)


def test_where_no_run_has_ended_there_is_no_time_to_show() -> None:
    rows = [
        {"part": name, "total": 0, "share": None, "runs": ""}
        for name in ("model", "tools", "waiting", "queued")
    ]
    assert show.time_slices(table("time", *rows)) == ([], "")
