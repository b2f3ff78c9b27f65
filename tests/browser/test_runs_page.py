"""The list: filters in the address, new runs that wait, empty states, keyboard."""

import re

from playwright.sync_api import Page, expect

from tests.browser.parts import Api


def test_filters_stand_in_the_address_and_survive_a_reload(page: Page, api: Api) -> None:
    run_id = api.create("Pincushion in the list\n/say ok")
    api.wait_until(run_id, "COMPLETE")
    page.goto("/")
    page.get_by_label("Search runs").fill("pincushion in")
    expect(page).to_have_url(re.compile("q=pincushion"))
    expect(page.locator("[data-row]")).to_have_count(1)
    page.reload()
    expect(page.get_by_label("Search runs")).to_have_value("pincushion in")
    expect(page.locator("[data-row]")).to_have_count(1)
    page.get_by_role("button", name="Clear filters").click()
    expect(page.get_by_label("Search runs")).to_have_value("")


def test_a_count_filters_by_what_it_counts(page: Page, api: Api) -> None:
    run_id = api.create("Fail for the count\n/error 500 broken on purpose")
    api.wait_until(run_id, "ERROR")
    page.goto("/")
    page.locator("[data-group='Failed']").click()
    expect(page).to_have_url(re.compile("status=ERROR"))
    expect(page.locator(f"[data-row='{run_id}'] [data-status]")).to_have_text("Failed")
    expect(page.locator("[data-status='COMPLETE']")).to_have_count(0)


def test_new_runs_wait_until_they_are_asked_for(page: Page, api: Api) -> None:
    page.goto("/")
    expect(page.locator("[data-row]").first).to_be_visible()
    run_id = api.create("Born while you look\n/say ok")
    button = page.get_by_role("button", name="1 new run")
    expect(button).to_be_visible()
    expect(page.locator(f"[data-row='{run_id}']")).to_have_count(0)
    button.click()
    expect(page.locator(f"[data-row='{run_id}']")).to_be_visible()


def test_a_search_without_a_match_says_how_to_go_on(page: Page, api: Api) -> None:
    page.goto("/?q=zzzz-nothing-zzzz")
    expect(page.get_by_role("heading", name="No runs match these filters")).to_be_visible()
    page.get_by_role("button", name="Show all runs").click()
    expect(page.locator("[data-row]").first).to_be_visible()


def test_the_list_is_walked_with_the_keyboard(page: Page, api: Api) -> None:
    page.goto("/")
    expect(page.locator("[data-row]").first).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator("[data-row-link]").first).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="New run", exact=True)).to_be_visible()
