"""What agents put out is text: nothing of it runs, and none of it breaks the page."""

from playwright.sync_api import Page, expect

from tests.browser.parts import Api

HOSTILE = (
    "<script>window.hacked=1</script><img src=x onerror=window.hacked=2>"
    "<svg onload=window.hacked=3> [click](javascript:window.hacked=4) "
    "![see](javascript:window.hacked=5) <javascript:window.hacked=6> "
    "\\u001b[31mred\\u001b[0m \\u202eevil \u202eturned \x1b[31mred\x1b[0m"
)


def test_hostile_text_is_shown_and_never_run(page: Page, api: Api) -> None:
    run_id = api.finished(
        f"{HOSTILE}\n/think {HOSTILE}\n/run echo '{HOSTILE}'; printf 'a\\000b'\n/say {HOSTILE}"
    )
    for path in (f"/runs/{run_id}", f"/runs/{run_id}?tab=raw", "/"):
        page.goto(path)
        expect(page.get_by_text("<script>window.hacked=1</script>").first).to_be_visible()
        assert page.evaluate("window.hacked") is None, path
        harm = "script, img, svg[onload], iframe, [href^='javascript' i], [onerror]"
        assert page.locator(f"[role=log] :is({harm})").count() == 0
        assert "\u202e" not in page.locator("main").inner_text()


def test_a_line_of_a_megabyte_leaves_the_page_usable(page: Page, api: Api) -> None:
    run_id = api.finished(
        "One long line\n/run head -c 1000000 /dev/zero | tr '\\0' x; echo; echo the-end\n/say done"
    )
    page.goto(f"/runs/{run_id}")
    log = page.get_by_role("log")
    expect(log.get_by_text("done", exact=True)).to_be_visible()
    log.get_by_role("button", name="head -c 1000000").first.click()
    expect(log.locator("pre.out").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Raw").click()
    expect(log.locator("[data-seq]").first).to_be_visible()
