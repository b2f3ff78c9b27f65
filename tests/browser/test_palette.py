"""Ctrl K goes everywhere, and does what fits the run at hand, without a mouse."""

import re

from playwright.sync_api import Page, expect

from tests.browser.parts import Api


def open_palette(page: Page) -> None:
    expect(page.locator("[data-link=live]")).to_be_visible()  # the keyboard is there by then
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="A page, a run or a command")).to_be_focused()


def test_a_run_is_found_by_a_word_of_its_title_and_archived_from_its_page(
    page: Page, api: Api
) -> None:
    run_id = api.create("Polish the weathervane\n/say Done.")
    api.wait_until(run_id, "COMPLETE")
    page.goto("/settings")
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    open_palette(page)
    page.keyboard.type("weathervane")
    expect(page.get_by_role("option", name="Polish the weathervane")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Run {run_id}", exact=True)).to_be_visible()
    open_palette(page)
    expect(page.get_by_role("group", name=f"Run {run_id}")).to_be_visible()
    page.keyboard.type("archive")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Archived run {run_id}")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(f"Restored run {run_id}")).to_be_visible()


def test_arrows_walk_over_the_list_and_escape_closes_it(page: Page) -> None:
    page.goto("/agents")
    expect(page.get_by_role("heading", name="Agents", exact=True)).to_be_visible()
    open_palette(page)
    options = page.get_by_role("option")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_what_nobody_is_called_is_said(page: Page) -> None:
    page.goto("/agents")
    expect(page.get_by_role("heading", name="Agents", exact=True)).to_be_visible()
    open_palette(page)
    page.keyboard.type("qqzzqq")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()


def test_density_and_theme_stay_on_this_device(page: Page) -> None:
    page.goto("/settings")
    page.get_by_role("button", name="Compact").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    page.reload()
    expect(page.get_by_role("button", name="Compact")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("html")).to_have_attribute("data-density", "compact")
    expect(page.locator("html")).to_have_class(re.compile("dark"))
