"""Saved views: a search and a filtered list are kept, opened again, renamed, replaced, removed."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.parts import Api, watched


@pytest.fixture(autouse=True)
def _no_views_of_others(api: Api) -> Iterator[None]:
    yield
    for view in api.http.get("/views").json()["items"]:
        api.http.delete(f"/views/{view['id']}")


@pytest.fixture(scope="module")
def run_id(api: Api) -> int:
    return api.finished("Tune the celesta\n/say The celesta is tuned.")


def open_views(page: Page) -> Locator:
    page.get_by_role("button", name=re.compile("^Saved views")).click()
    dialog = page.get_by_role("dialog", name="Saved views")
    expect(dialog).to_be_visible()
    return dialog


def test_a_search_is_saved_and_opened_from_its_page(page: Page, api: Api, run_id: int) -> None:
    page.goto("/search?q=celesta+type:answer")
    expect(page.locator(".search-hit mark").first).to_be_visible()
    dialog = open_views(page)
    dialog.get_by_label("Save what is shown now").fill("Tuned")
    dialog.get_by_role("button", name="Save view").click()
    expect(dialog.get_by_role("listitem").get_by_label("Name of the view")).to_have_value("Tuned")
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Saved views: Tuned")).to_be_visible()
    page.goto("/search")
    page.get_by_role("link", name="Tuned").click()
    expect(page.get_by_role("combobox", name="Search in all runs")).to_have_value(
        "celesta type:answer"
    )
    expect(page.locator(".search-hit mark").first).to_be_visible()
    (view,) = api.http.get("/views").json()["items"]
    assert (view["kind"], view["query"]) == ("search", "celesta type:answer")


def test_filters_of_the_list_are_saved_replaced_renamed_and_removed(
    page: Page, api: Api, run_id: int
) -> None:
    page.goto("/?q=celesta&status=COMPLETE,ERROR")
    expect(page.locator("[data-row]")).to_have_count(1)
    dialog = open_views(page)
    dialog.get_by_label("Save what is shown now").fill("Celestas")
    dialog.get_by_label("Save what is shown now").press("Enter")
    row = dialog.get_by_role("listitem")
    expect(row.get_by_text("status=COMPLETE,ERROR&q=celesta")).to_be_visible()
    page.goto("/?q=celesta")
    expect(page.locator("[data-row]")).to_have_count(1)
    dialog = open_views(page)
    dialog.get_by_role("button", name="Replace Celestas with what is shown now").click()
    expect(row.get_by_text("q=celesta", exact=True)).to_be_visible()
    row.get_by_label("Name of the view").fill("All celestas")
    row.get_by_label("Name of the view").press("Enter")
    expect(dialog.get_by_role("button", name="Open All celestas")).to_be_visible()
    page.goto("/")
    expect(page.locator("[data-row]").first).to_be_visible()
    open_views(page).get_by_role("button", name="Open All celestas").click()
    expect(page).to_have_url(re.compile(r"\?q=celesta$"))
    expect(page.locator("[data-row]")).to_have_count(1)
    dialog = open_views(page)
    dialog.get_by_role("button", name="Remove All celestas").click()
    expect(row).to_have_count(0)
    assert api.http.get("/views").json()["items"] == []


def test_a_name_that_is_taken_is_said_and_nothing_is_lost(
    open_context: Callable[..., BrowserContext], api: Api, run_id: int
) -> None:
    api.http.post("/views", json={"name": "Mine", "query": "other"}).raise_for_status()
    with watched(open_context().new_page(), allowed=re.compile("status of 409")) as page:
        page.goto("/search?q=celesta")
        dialog = open_views(page)
        dialog.get_by_label("Save what is shown now").fill("Mine")
        dialog.get_by_role("button", name="Save view").click()
        expect(dialog.get_by_role("alert")).to_contain_text("already")
        expect(dialog.get_by_label("Save what is shown now")).to_have_value("Mine")


def test_the_palette_opens_a_saved_view(page: Page, api: Api, run_id: int) -> None:
    api.http.post("/views", json={"name": "Bells", "query": "celesta"}).raise_for_status()
    page.goto("/settings")
    expect(page.locator("[data-link=live]")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("bells")
    page.get_by_role("option", name=re.compile("^Bells")).click()
    expect(page).to_have_url(re.compile(r"/search/?\?q=celesta"))
