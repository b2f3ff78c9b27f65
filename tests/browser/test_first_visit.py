"""The list page where nothing has ever run."""

from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.parts import Api, dashboard_process, end, free_port


@pytest.fixture
def fresh(browser: Browser, dashboard: str, tmp_path: Path) -> Generator[Page]:
    """A page of a dashboard of its own over an API without runs; `dashboard` has built it."""
    port = free_port()
    server = Api(tmp_path, port)
    server.start()
    process = dashboard_process(port, server.url, tmp_path / "dashboard.log")
    context = browser.new_context(base_url=f"http://localhost:{port}", reduced_motion="reduce")
    yield context.new_page()
    context.close()
    end(process)
    server.stop()


def test_the_first_visit_ends_with_a_finished_run(fresh: Page) -> None:
    fresh.goto("/")
    expect(fresh.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    fresh.get_by_role("button", name="Start the demo run").click()
    expect(fresh.get_by_text("It works. Your first run is finished.")).to_be_visible()
    expect(fresh.locator("[data-seq='0']")).to_contain_text("Say hello")
    fresh.get_by_role("link", name="Open run").click()
    expect(fresh.get_by_role("heading", name="Run 1", exact=True)).to_be_visible()
