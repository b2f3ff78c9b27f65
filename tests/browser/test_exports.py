"""Runs as files from the dashboard: from a run's menu, from the list, from a selection."""

import json
import re
from pathlib import Path

from playwright.sync_api import Browser, Download, Page, expect

from tests.browser.axe import axe_script, serious
from tests.browser.parts import Api, watched


def choose(page: Page, item: str) -> Download:
    """Press a menu entry and wait for the file."""
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item, exact=True).click()
    return download.value


def run_ids(download: Download) -> list[int]:
    lines = Path(download.path()).read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert records[-1]["type"] == "end"
    return [record["id"] for record in records if record["type"] == "run"]


def test_a_run_is_downloaded_as_a_page_that_works_without_any_server(
    page: Page, api: Api, browser: Browser
) -> None:
    run_id = api.finished("Take it away\n/run exit 3\n/say <b>all</b> done")
    page.goto(f"/runs/{run_id}")
    page.get_by_role("button", name="More").click()
    download = choose(page, "Download web page (HTML)")
    assert download.suggested_filename == f"agent-run-{run_id}.html"
    file = Path(download.path()).with_suffix(".html")
    download.save_as(file)
    context = browser.new_context(offline=True, bypass_csp=False)
    with watched(context.new_page()) as alone:
        alone.goto(file.as_uri())
        expect(alone.get_by_role("heading", name="Take it away")).to_be_visible()
        expect(alone.get_by_text("<b>all</b> done").last).to_be_visible()
        expect(alone.get_by_text("exit 3", exact=True).last).to_be_visible()
    context.close()


def test_the_page_of_an_export_is_accessible(page: Page, api: Api, browser: Browser) -> None:
    run_id = api.finished("Readable by all\n/run exit 3\n/search x\n/say done")
    text = api.http.get(f"/agent_runs/{run_id}/export?format=html").text
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, bypass_csp=True)
        alone = context.new_page()
        alone.set_content(text)
        assert serious(alone, axe_script()) == []
        context.close()


def test_the_list_exports_what_its_filters_show(page: Page, api: Api) -> None:
    mark = "exportable"
    run_id = api.finished(f"{mark}\n/say one")
    api.finished("something else\n/say two")
    page.goto(f"/?q={mark}")
    page.get_by_role("button", name="Export", exact=True).click()
    assert run_ids(choose(page, "JSON Lines, complete")) == [run_id]


def test_a_selection_is_exported_and_stays_selected(page: Page, api: Api) -> None:
    first, second = api.finished("choose me\n/say one"), api.finished("and me\n/say two")
    page.goto("/")
    for run_id in (first, second):
        page.locator(f"[data-row='{run_id}']").get_by_role("checkbox").click()
    page.get_by_role("button", name="Export selected").click()
    assert run_ids(choose(page, "JSON Lines, complete")) == [first, second]
    expect(page.get_by_role("toolbar").get_by_text("2 selected")).to_be_visible()


def test_a_search_exports_the_runs_that_it_finds(page: Page, api: Api) -> None:
    run_id = api.finished("A word for the search\n/say liechtenstein")
    api.finished("Another\n/say nothing")
    page.goto("/search?q=liechtenstein")
    page.get_by_role("button", name="Export").press("Enter")
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="JSON Lines, complete").press("Enter")
    assert run_ids(download.value) == [run_id]
    for item, ending, part in (
        ("CSV, one row per run", ".csv", f"\n{run_id},COMPLETE"),
        ("Web page (HTML)", ".html", "<h1>A word for the search</h1>"),
        ("OpenTelemetry spans, without texts", ".otlp.jsonl", '"resourceSpans"'),
    ):
        page.get_by_role("button", name="Export").click()
        file = choose(page, item)
        assert file.suggested_filename.endswith(ending)
        assert part in Path(file.path()).read_text(encoding="utf-8").replace("\r", "")


def test_the_summary_of_a_run_is_downloaded_for_a_pull_request(page: Page, api: Api) -> None:
    run_id = api.finished("Sum it up\n/run exit 3\n/say done")
    page.goto(f"/runs/{run_id}")
    page.get_by_role("button", name="More").click()
    text = Path(choose(page, "Download summary for a pull request").path()).read_text("utf-8")
    assert text.startswith(f"### Agent run {run_id}: Sum it up\n")


def test_a_run_is_downloaded_from_the_palette_and_the_page_stays(page: Page, api: Api) -> None:
    run_id = api.finished("Straight from the palette\n/say done")
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_role("heading", name=f"Run {run_id}")).to_be_visible()
    page.keyboard.press("Control+k")
    with page.expect_download() as download:
        page.get_by_role("option", name="Download its log").click()
    assert run_ids(download.value) == [run_id]
    expect(page).to_have_url(re.compile(f"/runs/{run_id}$"))


def test_an_imported_run_is_read_but_not_driven(page: Page, api: Api) -> None:
    run_id = api.finished("Made elsewhere\n/run exit 3")
    content = api.http.get(f"/agent_runs/{run_id}/export").content
    foreign = content.replace(b'"origin":"', b'"origin":"elsewhere')
    imported = api.http.post("/imports", content=foreign).json()["runs"][0]["id"]
    page.goto(f"/runs/{imported}")
    expect(page.get_by_text("This run was imported just now from run ")).to_be_visible()
    expect(page.get_by_role("log").get_by_text("Made elsewhere").first).to_be_visible()
    expect(page.get_by_label("Tell the agent what to do next")).to_have_count(0)
    expect(page.get_by_role("button", name="Retry")).to_have_count(0)
