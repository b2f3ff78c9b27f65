"""axe-core finds nothing serious or critical, in both themes, on a wide screen and a narrow one."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.axe import axe_script, serious, serious_in_both_themes
from tests.browser.parts import WIDE, Api, watched

EVERYTHING = """Look at everything
/think First a thought, **short**.
/write hello.py print("hello")
/read hello.py
/run false
/run echo fine
/search hello
/say A **bold** answer with `code` and [a link](https://example.org).
"""


@pytest.fixture(scope="session")
def axe() -> Path:
    return axe_script()


@pytest.fixture(scope="session")
def runs(api: Api) -> dict[str, int]:
    """One run of each kind."""
    made = {
        "complete": api.finished(EVERYTHING),
        "failed": api.finished("It fails\n/error 500 broken on purpose"),
        "waiting": api.create("May I?\n/ask delete everything", permission_policy="ask"),
    }
    api.wait_until(made["waiting"], "PAUSED")
    return made


@pytest.mark.parametrize("width", [WIDE["width"], 320])
def test_nothing_serious_is_found_on_any_page(
    open_context: Callable[..., BrowserContext],
    runs: dict[str, int],
    axe: Path,
    width: int,
) -> None:
    context = open_context(bypass_csp=True, viewport={"width": width, "height": 900})
    run = f"/runs/{runs['complete']}"
    found: dict[str, list[str]] = {}
    missing = re.compile("status of (?:404|422)")  # a run that is not there, a query with a mistake
    with watched(context.new_page(), allowed=missing) as page:
        for path, ready in (
            ("/", "[data-row]"),
            ("/?q=zzzz-nothing", "h2"),
            ("/new", "[role=radio], textarea"),
            (run, "[data-seq]"),
            (f"{run}?tab=changes", ".diff, .blank"),
            (f"{run}?tab=raw", "[data-seq]"),
            (f"/runs/{runs['failed']}", "[data-seq]"),
            (f"{run}?tab=insight", ".insight .finding"),
            (f"/compare?ids={runs['complete']},{runs['failed']}", "[data-compared]"),
            ("/compare?ids=1", "main h2"),
            (f"/runs/{runs['waiting']}", ".ask"),
            ("/runs/999999", "h2"),
            ("/search", ".search-start dd"),
            ("/search?q=hello", ".search-hit mark"),
            ("/search?q=zzzz-nothing", "h2"),
            ("/search?q=status:eror", "[role=alert] mark"),
            ("/analytics", ".recharts-bar-rectangle"),
            ("/analytics?from=2001-01-01&to=2001-01-02", "h2"),
            ("/import", ".import-drop"),
            ("/agents", "main h2"),
            ("/settings", "#token"),
        ):
            page.goto(path)
            expect(page.locator(ready).first).to_be_visible()
            found[path] = serious_in_both_themes(page, axe)
    assert not any(found.values()), "\n".join(
        f"{path}\n  {problem}" for path, problems in found.items() for problem in problems
    )


def test_open_menus_and_dialogs_have_nothing_serious(
    open_context: Callable[..., BrowserContext], runs: dict[str, int], axe: Path
) -> None:
    with watched(open_context(bypass_csp=True).new_page()) as page:
        page.goto("/")
        expect(page.locator("[data-row]").first).to_be_visible()
        page.get_by_role("button", name=f"Actions for run {runs['complete']}").click()
        expect(page.get_by_role("menu")).to_be_visible()
        assert not serious(page, axe, "[role=menu]")
        page.keyboard.press("Escape")
        expect(page.get_by_role("menu")).to_have_count(0)
        page.get_by_role("button", name="Saved views").click()
        expect(page.get_by_role("dialog", name="Saved views")).to_be_visible()
        assert not serious(page, axe, "[role=dialog]")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        assert not serious(page, axe, "[role=dialog]")
