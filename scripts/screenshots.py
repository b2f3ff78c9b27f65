"""Takes the pictures in docs/images: every page, light, dark and on a phone.

    python scripts/screenshots.py              # all pictures
    python scripts/screenshots.py runs run     # some pages

It starts a separate API and dashboard in a temporary folder, fills them with runs that
`screenshot_agent.py` really works through, and ends them. It finds Chromium as the tests do.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, expect, sync_playwright  # noqa: E402

from tests.browser.parts import Api, dashboard_process, end, free_port, launch_options  # noqa: E402

IMAGES = ROOT / "docs" / "images"
ACTOR = Path(__file__).with_name("screenshot_agent.py")
AGENT_PROGRAMS = ("claude", "claude-agent-acp", "codex", "codex-acp", "opencode")
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "light",
        "is_mobile": True,
        "has_touch": True,
    },
}
WEBHOOKS = (
    "Make webhook retries idempotent\n\nStripe sometimes gets the same invoice.paid twice from us. "
    "Keep the public API as it is."
)
CHECKOUT = "Find why checkout p95 doubled after the 18 November deploy"
RUNS = (
    ("claude", "storefront", "Add request and response examples to every /v1 endpoint"),
    ("codex", "storefront", "Merge the two German locale files and delete the loser"),
    ("opencode", "importer", "Upgrade SQLAlchemy 1.4 to 2.0 across the importer"),
    ("claude", "storefront", "Cache resized avatars and send ETag headers"),
)
ROTATE = "Rotate the staging database password and restart the workers"
FILES = {
    "src/webhooks/retry.py": "async def deliver(event, session, settings):\n"
    "    delivery = Delivery(event_id=event.id, attempt=1)\n    session.add(delivery)\n"
    "    return await send(event)\n",
    "src/models/delivery.py": 'class Delivery(Base):\n    __tablename__ = "delivery"\n',
    "app/cart.ts": "export const useCartTotals = () => totals(cart())\n",
    "README.md": "# A project\n",
}


def main() -> None:
    """Start everything, take the pictures, end everything."""
    expect.set_options(timeout=30_000)
    names = sys.argv[1:] or list(PAGES)
    IMAGES.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="agent-runs-"))
    port = free_port()
    api = Api(folder, port)
    _stand_in_for_agents(folder / "bin")
    api.start()
    dashboard = dashboard_process(port, api.url, folder / "dashboard.log")
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(**launch_options(driver))
            url = f"http://localhost:{port}"
            projects = ("billing-api", "storefront", "importer", "infra")
            repos = {name: _repository(api, folder / "acme" / name) for name in projects}
            if "empty" in names:
                _take(browser, url, "empty", "/")
            numbers = _fill(api, repos)
            for name in names:
                if name != "empty":
                    _take(browser, url, name, PAGES[name].format(**numbers))
            browser.close()
    finally:
        end(dashboard)
        api.stop()
        shutil.rmtree(folder, ignore_errors=True)


PAGES = {
    "empty": "/",
    "runs": "/",
    "run": "/runs/{done}",
    "run-live": "/runs/{live}",
    "run-failed": "/runs/{failed}",
    "run-needs-you": "/runs/{waiting}",
    "run-changes": "/runs/{done}?tab=changes",
    "run-timeline": "/runs/{done}?tab=timeline",
    "search": "/search?q=invoice",
    "new-run": "/new",
    "run-insight": "/runs/{done}?tab=insight",
    "compare": "/compare?ids={failed},{done}",
    "analytics": "/analytics",
    "agents": "/agents",
    "settings": "/settings",
    "import": "/import",  # the last one: it creates runs
}


def _import(page: Page) -> None:
    """Import what this server exports, as if from another one, and a part that was cut off."""
    text = page.request.get("/api/exports?format=jsonl&q=the").text()
    text = text.replace('"origin":"', f'"origin":"{secrets.token_hex(4)}')
    files = {"storefront.jsonl": text, "cut-off.jsonl": text[: text.index("\n", 4000) + 1]}
    page.get_by_label("Files to import").set_input_files(
        [
            {"name": name, "mimeType": "application/x-ndjson", "buffer": content.encode()}
            for name, content in files.items()
        ]
    )
    expect(page.locator("[data-import=failed]")).to_be_visible()


READY: dict[str, Callable[[Page], object]] = {
    "empty": lambda page: expect(
        page.get_by_role("button", name="Start the demo run")
    ).to_be_visible(),
    "runs": lambda page: expect(page.locator("[data-row]")).to_have_count(7),
    "run-changes": lambda page: expect(page.locator(".diff").first).to_be_visible(),
    "run-timeline": lambda page: expect(page.locator("[data-bar]").nth(4)).to_be_visible(),
    "search": lambda page: expect(page.locator(".search-hit mark").first).to_be_visible(),
    "new-run": lambda page: expect(page.get_by_role("radio").first).to_be_visible(),
    "run-insight": lambda page: expect(page.locator(".insight .finding").first).to_be_visible(),
    "compare": lambda page: expect(page.locator("[data-compared]")).to_be_visible(),
    "analytics": lambda page: expect(page.locator(".recharts-bar-rectangle").first).to_be_visible(),
    "agents": lambda page: expect(page.locator("main h2").first).to_be_visible(),
    "settings": lambda page: expect(page.get_by_label("Base URL")).to_be_visible(),
    "import": _import,
}


def _entries(page: Page) -> None:
    expect(page.locator("[data-seq]").last).to_be_visible()
    expect(page.locator("[data-loading]")).to_have_count(0)


def _take(browser: Browser, url: str, name: str, path: str) -> None:
    for look, options in LOOKS.items():
        context = browser.new_context(base_url=url, reduced_motion="reduce", **options)
        page = context.new_page()
        page.goto(path)
        READY.get(name, _entries)(page)
        expect(page.locator("[data-link=live]").first).to_be_attached()  # a phone hides it
        expect(page.locator(".skel")).to_have_count(0)
        target = IMAGES / f"{name}-{look}.png"
        page.screenshot(path=target)
        sys.stdout.write(f"{target.relative_to(ROOT)} {target.stat().st_size // 1024} kB\n")
        context.close()


def _stand_in_for_agents(folder: Path) -> None:
    """Put programs with the names of real agents on the path; all of them start ours."""
    folder.mkdir(parents=True)
    for name in AGENT_PROGRAMS:
        program = folder / name
        program.write_text(
            f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" "{ACTOR}"\n', encoding="utf-8"
        )
        program.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"


def _fill(api: Api, repos: dict[str, int]) -> dict[str, int]:
    run_ids = [
        api.finished(prompt, agent=agent, repo_id=repos[repo], permission_policy="allow")
        for agent, repo, prompt in RUNS
    ]
    done = api.finished(
        WEBHOOKS, agent="claude", repo_id=repos["billing-api"], permission_policy="allow"
    )
    live = api.create(
        CHECKOUT, agent="codex", repo_id=repos["storefront"], permission_policy="allow"
    )
    waiting = api.create(ROTATE, agent="claude", repo_id=repos["infra"], permission_policy="ask")
    api.wait_until(waiting, "PAUSED")
    return {"failed": run_ids[2], "done": done, "live": live, "waiting": waiting}


def _repository(api: Api, folder: Path) -> int:
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    person = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    for command in (
        ("init", "-q", "-b", "main"),
        ("add", "."),
        (*person, "commit", "-qm", "Start"),
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)  # noqa: S603, S607  # our own words
    answer = api.http.post("/repos", json={"url": str(folder), "name": f"acme/{folder.name}"})
    answer.raise_for_status()
    return int(answer.json()["id"])


if __name__ == "__main__":
    main()
