"""Analytics: figures lead to their runs, filters stand in the address, charts have tables."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.parts import Api

MODE = "review"


@pytest.fixture(scope="module")
def runs(api: Api) -> dict[str, int]:
    """Three runs of one template: two end well, in one of them a command fails, one fails."""
    return {
        "good": api.finished("/run echo fine\n/say done", mode=MODE),
        "bumpy": api.finished("/run ls /not-there-at-all\n/say done", mode=MODE),
        "bad": api.finished("/error 500 the pump is broken", mode=MODE),
    }


def open_page(page: Page, path: str = f"/analytics?mode={MODE}&days=7") -> None:
    page.goto(path)
    expect(page.get_by_role("group", name="Key figures")).to_be_visible()


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title, exact=True).first


def expect_only(page: Page, *run_ids: int) -> None:
    """Expect the list page to show these runs and no other."""
    for run_id in run_ids:
        expect(page.locator(f"[data-row='{run_id}']")).to_be_visible()
    expect(page.locator("[data-row]")).to_have_count(len(run_ids))


def test_key_figures_are_those_of_the_filters_and_lead_to_the_runs(
    page: Page, runs: dict[str, int]
) -> None:
    open_page(page)
    figures = page.get_by_role("group", name="Key figures")
    expect(figures.get_by_role("link", name=re.compile("^Runs"))).to_contain_text("3")
    expect(figures.get_by_role("link", name=re.compile("^Success rate"))).to_contain_text("66.7%")
    figures.get_by_role("link", name=re.compile("^Success rate")).click()
    expect(page).to_have_url(re.compile(r"/\?.*status=COMPLETE.*mode=review"))
    expect_only(page, runs["good"], runs["bumpy"])


def test_a_bar_leads_to_the_runs_of_its_day(page: Page, runs: dict[str, int]) -> None:
    open_page(page)
    bar = page.locator("[data-chart=days] .recharts-bar-rectangle path").last
    bar.hover(force=True)
    expect(page.locator("[data-chart=days] .recharts-tooltip-label")).to_be_visible()
    bar.click(force=True)
    today = datetime.now(UTC).date().isoformat()
    expect(page).to_have_url(re.compile(f"since={today}&until={today}"))
    expect_only(page, *runs.values())
    expect(page.get_by_role("button", name="Template: review")).to_be_visible()
    page.get_by_role("button", name="Template: review").click()
    expect(page).not_to_have_url(re.compile("mode="))


def test_every_chart_has_a_table_whose_numbers_lead_to_runs(
    page: Page, runs: dict[str, int]
) -> None:
    open_page(page)
    per_day = card(page, "Runs per day")
    per_day.get_by_role("button", name="Runs per day as a table").click()
    row = per_day.get_by_role("row").nth(1)
    expect(row.get_by_role("cell")).to_have_text(
        [re.compile(r"\d+ \w+"), "3", "2", "1", "0", "0", "66.7%"]
    )
    row.get_by_role("link", name="1").click()
    expect(page).to_have_url(re.compile("status=ERROR"))
    expect_only(page, runs["bad"])


def test_a_failed_tool_and_an_error_lead_to_the_runs_that_met_them(
    page: Page, runs: dict[str, int]
) -> None:
    open_page(page)
    tool = card(page, "Tools").get_by_role("row", name=re.compile("execute"))
    tool.get_by_role("link", name="1", exact=True).click()
    expect(page).to_have_url(re.compile("failed_tool=execute"))
    expect_only(page, runs["bumpy"])
    open_page(page)
    card(page, "Most frequent errors").get_by_role("link", name=re.compile("pump")).click()
    expect(page).to_have_url(re.compile("error="))
    expect_only(page, runs["bad"])


def test_filters_and_period_stand_in_the_address(page: Page, runs: dict[str, int]) -> None:
    open_page(page, "/analytics")
    page.get_by_role("button", name=re.compile("^Template filter")).click()
    page.get_by_role("menuitem", name=re.compile("review", re.IGNORECASE)).click()
    expect(page).to_have_url(re.compile("mode=review"))
    page.get_by_role("button", name=re.compile("^Period")).click()
    page.get_by_role("button", name="Last 30 days").click()
    expect(page).to_have_url(re.compile("days=30"))
    page.reload()
    figures = page.get_by_role("group", name="Key figures")
    expect(figures.get_by_role("link", name=re.compile("^Runs"))).to_contain_text("3")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Clear filters").click()
    expect(page).not_to_have_url(re.compile("mode="))


def test_a_table_is_taken_along_as_csv(page: Page, runs: dict[str, int]) -> None:
    open_page(page)
    with page.expect_download() as download:
        card(page, "Tools").get_by_role("link", name="Tools as CSV").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert text.startswith("tool,calls,failed,failure_rate")
    assert "\nexecute,2,1,0.5," in text.replace("\r", "")


def test_a_run_that_ends_is_counted_while_the_page_is_open(page: Page, api: Api) -> None:
    api.finished("/say first", mode="plan")
    open_page(page, "/analytics?mode=plan")
    figures = page.get_by_role("group", name="Key figures")
    count = figures.get_by_role("link", name=re.compile("^Runs"))
    before = int(re.findall(r"Runs(\d+)", count.inner_text().replace("\n", ""))[0])
    api.finished("/say again", mode="plan")
    expect(count).to_contain_text(str(before + 1))


def test_a_period_without_runs_says_so_and_how_to_go_on(page: Page, runs: dict[str, int]) -> None:
    page.goto("/analytics?from=2001-01-01&to=2001-01-31")
    expect(page.get_by_role("heading", name="No runs in this period")).to_be_visible()
    page.get_by_role("button", name="Show the last year").click()
    expect(page.get_by_role("group", name="Key figures")).to_be_visible()
    page.goto("/analytics?agent=nobody")
    expect(
        page.get_by_role("heading", name=re.compile("No runs match these filters"))
    ).to_be_visible()
