"""The search page: a query leads to the step, mistakes are explained, fields are completed."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.parts import Api, watched

BAD_QUERY = re.compile("status of 422")


@pytest.fixture(scope="module")
def run_id(api: Api) -> int:
    """A run with steps that nobody else's test writes."""
    return api.finished(
        "Polish the zither\n/run echo zither string broke\n/run false\n/say The zither sings again."
    )


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search in all runs")


def hits(page: Page) -> Locator:
    return page.locator(".search-hit")


def open_search(page: Page, query: str = "") -> None:
    page.goto(f"/search?q={query}" if query else "/search")
    expect(field(page)).to_be_visible()


def test_a_search_leads_to_the_step_and_the_step_flashes(
    open_context: Callable[..., BrowserContext], run_id: int
) -> None:
    # Motion is on: the flash is a motion.
    with watched(open_context(reduced_motion="no-preference").new_page()) as page:
        open_search(page)
        field(page).fill('tool:execute "zither string"')
        hit = hits(page).first.get_by_role("link")
        expect(hit.locator("mark").first).to_have_text("zither string")
        expect(page).to_have_url(re.compile(r"/search/?\?q=tool%3Aexecute\+%22zither\+string%22"))
        target = hit.get_attribute("href") or ""
        seq = target.partition("step=")[2]
        assert target.startswith(f"/runs/{run_id}?step=")
        hit.click()
        expect(page).to_have_url(re.compile(re.escape(target)))
        expect(page.locator(f"[data-seq='{seq}'].flash")).to_be_visible()
        page.go_back()
        expect(field(page)).to_have_value('tool:execute "zither string"')
        expect(hits(page).first).to_be_visible()


def test_a_reload_shows_the_same_query_order_and_hits(page: Page, run_id: int) -> None:
    open_search(page, "zither")
    expect(hits(page).first).to_be_visible()
    number = hits(page).count()
    page.get_by_role("button", name="Best").click()
    expect(page).to_have_url(re.compile("order=best"))
    expect(page.get_by_role("button", name="Best")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_role("button", name="Best")).to_have_attribute("aria-pressed", "true")
    expect(hits(page)).to_have_count(number)
    expect(page.get_by_role("status").filter(has_text=f"{number} hits")).to_be_visible()


def test_fields_and_values_complete_themselves_with_the_keyboard(page: Page, run_id: int) -> None:
    open_search(page)
    page.get_by_role("main").click()
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    page.keyboard.type("zither sta")
    expect(page.get_by_role("option", name=re.compile("^status:"))).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field(page)).to_have_value("zither status:")
    page.keyboard.type("compl")
    expect(page.get_by_role("option", name=re.compile("^complete"))).to_be_visible()
    page.keyboard.press("Tab")
    expect(field(page)).to_have_value("zither status:complete ")
    expect(page.get_by_role("listbox", name="Completions")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(hits(page).first).to_be_visible()


def test_values_that_are_stored_are_offered_and_a_click_takes_one(page: Page, run_id: int) -> None:
    open_search(page)
    field(page).press_sequentially("tool:ex")
    page.get_by_role("option", name=re.compile("^execute")).click()
    expect(field(page)).to_have_value("tool:execute ")
    expect(hits(page).first).to_be_visible()


def test_a_mistake_is_explained_under_the_field_at_its_place(
    open_context: Callable[..., BrowserContext], run_id: int
) -> None:
    with watched(open_context().new_page(), allowed=BAD_QUERY) as page:
        open_search(page, "zither stauts:error")
        alert = page.get_by_role("alert").filter(has_text="did you mean")
        expect(alert.locator("mark")).to_have_text("stauts:error")
        expect(field(page)).to_have_attribute("aria-invalid", "true")
        field(page).fill("zither status:complete")
        expect(hits(page).first).to_be_visible()
        expect(alert).to_have_count(0)


def test_more_hits_come_with_a_button_until_there_are_no_more(page: Page, api: Api) -> None:
    for _ in range(6):
        api.finished("\n".join(["/run echo oboe"] * 10))
    total = api.http.get("/search", params={"q": "oboe"}).json()["total"]
    assert total > 100
    open_search(page, "oboe")
    expect(hits(page)).to_have_count(50)
    more = page.get_by_role("button", name="Show more")
    shown = 50
    while shown < total:
        more.click()
        shown = min(shown + 50, total)
        expect(hits(page)).to_have_count(shown)
    expect(more).to_have_count(0)
    links = [hit.get_attribute("href") for hit in page.locator(".search-hit a").all()]
    assert len(set(links)) == total


def test_hits_of_one_run_are_shown_alone_or_left_out(page: Page, run_id: int) -> None:
    open_search(page, "zither")
    group = page.get_by_role("region", name=re.compile(f"^Run {run_id}:"))
    group.get_by_role("button", name="Exclude").click()
    expect(field(page)).to_have_value(f"zither -run:{run_id}")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Search without fields").click()
    expect(field(page)).to_have_value("zither")
    group.get_by_role("button", name="Only this run").click()
    expect(field(page)).to_have_value(f"zither run:{run_id}")
    expect(hits(page).first).to_be_visible()


def test_an_empty_page_shows_what_can_be_asked(page: Page, run_id: int) -> None:
    open_search(page)
    expect(page.get_by_text("agent that worked")).to_be_visible()
    page.get_by_role("button", name="failed:yes after:7d").click()
    expect(field(page)).to_have_value("failed:yes after:7d")
    expect(hits(page).first).to_be_visible()
    page.get_by_role("button", name="Clear the query").click()
    expect(page.get_by_role("heading", name="Find any step of any run")).to_be_visible()


def test_the_palette_searches_for_what_was_typed_into_it(page: Page, run_id: int) -> None:
    page.goto("/settings")
    expect(page.locator("[data-link=live]")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("search")
    page.get_by_role("option", name="Search in all runs").click()
    expect(field(page)).to_have_value("search")
