"""On a phone: everything is reachable, nothing scrolls sideways, nothing is too small to touch."""

import re
from collections.abc import Callable, Generator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.parts import Api, watched

LONG = "a_very_long_word_that_has_no_place_to_break_" * 6


@pytest.fixture(params=[390, 320])
def phone(
    open_context: Callable[..., BrowserContext], request: pytest.FixtureRequest
) -> Generator[Page]:
    size = {"width": request.param, "height": 780}
    context = open_context(viewport=size, has_touch=True, is_mobile=True)
    missing = re.compile("status of 404")  # one of the pages is about a run that is not there
    with watched(context.new_page(), allowed=missing) as page:
        yield page


@pytest.fixture(scope="session")
def long_run(api: Api) -> int:
    return api.finished(
        f"{LONG}\n/write {LONG[:90]}.txt {LONG}\n/run echo {LONG}; false\n/say {LONG}\n"
        f"/say | a | b |\n/error 500 {LONG}",
        title=LONG[:120],
    )


def test_no_page_scrolls_sideways(phone: Page, long_run: int) -> None:
    run = f"/runs/{long_run}"
    for path, ready in (
        ("/", f"[data-row='{long_run}']"),
        ("/?q=zzzz-nothing", "h2"),
        ("/new", "textarea"),
        (run, "[data-seq]"),
        (f"{run}?tab=changes", "main *"),
        (f"{run}?tab=raw", "[data-seq]"),
        ("/runs/999999", "h2"),
        ("/no-such-page", "main h2"),
        ("/import", ".import-drop"),
        ("/search?q=very", ".search-hit"),
        ("/analytics", ".kpis"),
        ("/agents", "main h2"),
        ("/settings", "#token"),
    ):
        phone.goto(path)
        expect(phone.locator(ready).first).to_be_visible()
        wide = phone.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], f"{path}: {wide}"


def test_the_bottom_bar_and_the_main_buttons_are_large_enough(phone: Page, long_run: int) -> None:
    phone.goto(f"/runs/{long_run}")
    expect(phone.locator("[data-seq]").first).to_be_visible()
    bar = phone.get_by_role("navigation", name="Main").locator("visible=true")
    places = bar.get_by_role("link").or_(bar.get_by_role("button")).all()
    assert len(places) >= 4
    for place in [*places, phone.get_by_role("button", name="Retry")]:
        box = place.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, place.inner_text()
    phone.get_by_role("button", name="More").click()
    for entry in phone.get_by_role("menuitem").all():
        box = entry.bounding_box()
        assert box is not None
        assert box["height"] >= 44, entry.inner_text()


def test_charts_say_what_their_colours_mean(phone: Page, long_run: int) -> None:
    phone.goto("/analytics")
    for title, words in (("Runs per day", "Failed"), ("Duration", "Median")):
        chart = phone.get_by_role("region", name=title, exact=True).first
        expect(chart.locator(".keys").get_by_text(words, exact=True)).to_be_visible()


def test_a_run_is_started_and_watched_on_a_phone(phone: Page, api: Api) -> None:
    phone.goto("/")
    phone.get_by_role("navigation", name="Main").get_by_role("link", name="New").click()
    expect(phone.get_by_role("heading", name="New run", exact=True)).to_be_visible()
    phone.get_by_label("What should the agent do?").fill("From the phone\n/say tiny **done**")
    phone.get_by_role("button", name="Start run").click()
    expect(phone.locator("[data-status='COMPLETE']").first).to_be_visible()
    expect(phone.get_by_role("log").locator("strong", has_text="done")).to_be_visible()
