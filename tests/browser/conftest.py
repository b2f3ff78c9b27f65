"""A real API, the real dashboard and a real Chromium; every test gets a page of its own.

    browser ── browser_line ──> dashboard ── api_line ──> API

Both lines are real and can be made slow, failing or cut; every test finds them whole. The
dashboard is started by its launcher, so its build is cached by fingerprint: some seconds when the
sources changed, two otherwise.
"""

import re
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.browser.line import Line
from tests.browser.parts import (
    WIDE,
    Api,
    dashboard_process,
    end,
    free_port,
    launch_options,
    watched,
)
from tests.patience import PATIENCE_SECONDS

_BROKEN_LINE = re.compile(r"Failed to load resource|WebSocket connection to|net::ERR_")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser tests last, and time the tests alone.

    Playwright's event loop stays in its thread until the end, and no other could run beside it.
    The first test also waits for the build, and maybe for a browser: that is not its own time.
    """
    ours = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.timeout(func_only=True))
    items[:] = [*(item for item in items if item not in ours), *ours]


@pytest.fixture(scope="session")
def dashboard_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory, dashboard_port: int) -> Generator[Api]:
    server = Api(tmp_path_factory.mktemp("api"), dashboard_port)
    server.start()
    yield server
    server.stop()
    server.http.close()


@pytest.fixture(scope="session")
def _api_line(api: Api) -> Generator[Line]:
    with Line(api.port).running() as line:
        yield line


@pytest.fixture
def api_line(_api_line: Line) -> Generator[Line]:
    """What the dashboard and the API talk through."""
    yield _api_line
    _api_line.mend()


@pytest.fixture(scope="session")
def _browser_line(dashboard_port: int) -> Generator[Line]:
    with Line(dashboard_port).running() as line:
        yield line


@pytest.fixture
def browser_line(_browser_line: Line) -> Generator[Line]:
    """What the browser and the dashboard talk through."""
    yield _browser_line
    _browser_line.mend()


@pytest.fixture(scope="session")
def dashboard(
    _api_line: Line,
    _browser_line: Line,
    dashboard_port: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[str]:
    log = tmp_path_factory.mktemp("dashboard") / "dashboard.log"
    process = dashboard_process(
        dashboard_port, _api_line.url, log, AGENT_RUNS_DASHBOARD_URL=_browser_line.url
    )
    yield _browser_line.url
    end(process)


@pytest.fixture(scope="session")
def playwright() -> Generator[Playwright]:
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Generator[Browser]:
    started = playwright.chromium.launch(**launch_options(playwright))
    yield started
    started.close()


@pytest.fixture
def open_context(browser: Browser, dashboard: str) -> Generator[Callable[..., BrowserContext]]:
    contexts: list[BrowserContext] = []

    def open_one(**options: Any) -> BrowserContext:
        settings: dict[str, Any] = {
            "base_url": dashboard,
            "viewport": WIDE,
            "reduced_motion": "reduce",
            **options,
        }
        contexts.append(browser.new_context(**settings))
        contexts[-1].set_default_timeout(PATIENCE_SECONDS * 1000)
        return contexts[-1]

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Generator[Page]:
    page = open_context().new_page()
    with watched(page):
        yield page


@pytest.fixture
def rough_page(open_context: Callable[..., BrowserContext]) -> Generator[Page]:
    """A page over lines that break: the browser may report that, but nothing else."""
    page = open_context().new_page()
    with watched(page, allowed=_BROKEN_LINE):
        yield page
