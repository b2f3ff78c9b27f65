"""Insight into a run, and runs side by side: every finding leads to its step."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.parts import Api

COMMON = "/write notes/a.txt hello\n"


@pytest.fixture(scope="module")
def runs(api: Api) -> tuple[int, int]:
    """Two runs that begin alike; the second one fails a command over and over."""
    one = api.finished(f"{COMMON}/run echo '=== 3 passed in 0.1s ==='\n/say done", title="First")
    other = api.finished(
        f"{COMMON}/run cat /not/there\n/run cat /not/there\n/run cat /not/there\n/say done",
        title="Second",
    )
    return one, other


def test_insight_names_the_first_error_and_leads_to_its_step(
    page: Page, runs: tuple[int, int]
) -> None:
    page.goto(f"/runs/{runs[1]}?tab=insight")
    what = page.get_by_role("region", name="What happened")
    expect(what).to_contain_text("First error: cat: /not/there: No such file or directory")
    expect(what).to_contain_text("Looped 3 times")
    expect(page.get_by_role("region", name="Files changed")).to_contain_text("notes/a.txt")
    what.get_by_role("link", name=re.compile("No such file")).click()
    expect(page).to_have_url(re.compile(rf"/runs/{runs[1]}/?\?step=\d+"))
    expect(page.locator("[role=log]")).to_contain_text("cat /not/there")


def test_the_side_panel_says_in_short_what_happened(page: Page, runs: tuple[int, int]) -> None:
    page.goto(f"/runs/{runs[0]}")
    side = page.get_by_role("complementary", name="About this run")
    expect(side).to_contain_text("Complete; its last tests passed.")
    side.get_by_role("link", name="More insight").click()
    expect(page.get_by_role("region", name="Commands run")).to_be_visible()


def test_runs_chosen_in_the_list_are_shown_side_by_side(page: Page, runs: tuple[int, int]) -> None:
    page.goto("/")
    for number, run_id in enumerate(runs, 1):
        page.locator(f"[data-row='{run_id}'] input[type=checkbox]").click()
        expect(page.get_by_text(f"{number} selected")).to_be_visible()
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile(rf"/compare/?\?ids={runs[0]}(,|%2C){runs[1]}"))
    facts = page.get_by_role("region", name="Facts side by side")
    expect(facts.get_by_role("row", name=re.compile("^Tool calls"))).to_contain_text("3 failed")
    expect(facts.get_by_role("row", name=re.compile("^Last tests seen"))).to_contain_text(
        "3 passed"
    )
    parting = page.get_by_role("region", name="Where they part")
    expect(parting).to_contain_text("after 1 common step")
    expect(page.get_by_role("region", name="notes/a.txt")).to_contain_text("The same")
    parting.get_by_role("link", name=re.compile("cat .not.there")).click()
    expect(page).to_have_url(re.compile(rf"/runs/{runs[1]}/?\?step=\d+"))


def test_differing_files_are_shown_side_by_side(page: Page, api: Api) -> None:
    ids = [api.finished(f"/write b.txt {word}\n/say done") for word in ("one", "two")]
    page.goto(f"/compare?ids={ids[0]},{ids[1]}")
    file = page.get_by_role("region", name="b.txt")
    expect(file.locator(".diff").nth(0)).to_contain_text("one")
    expect(file.locator(".diff").nth(1)).to_contain_text("two")


@pytest.mark.parametrize(
    ("ids", "words"),
    [("1", "Choose two to six"), ("x", "Choose two"), ("1,999999", "no agent run")],
)
def test_what_cannot_be_compared_is_explained(
    rough_page: Page, runs: tuple[int, int], ids: str, words: str
) -> None:
    rough_page.goto(f"/compare?ids={ids}")
    heading = rough_page.get_by_role("heading", name="These runs cannot be compared")
    expect(heading).to_be_visible()
    expect(rough_page.get_by_role("alert")).to_contain_text(words)
