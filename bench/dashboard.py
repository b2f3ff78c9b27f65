"""The dashboard in a real Chromium: a long run opened and scrolled, and fifty live tabs.

As many tabs as a small machine can hold are real pages; the others are websocket clients that send
what a recorded page sent. A delivery's time runs from the request that changes the run to the
moment the page, or the socket, has it.
"""

import asyncio
import contextlib
import json
import re
import statistics
import time
import uuid
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import websockets
from playwright.sync_api import Browser, Page, WebSocket, sync_playwright
from websockets.typing import Origin

from agent_runs.models import AgentRunStatus
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, runs
from agent_runs.tasks import Background
from bench import data
from bench.report import Row, least_row, most_row, ratio_row
from tests.browser.parts import dashboard_process, end, launch_options
from tests.live_server import free_port, start_server

ENTRIES, BATCH = 50_000, 500
TABS, REAL_TABS = 50, 2
CHANGES, PAUSE_SECONDS = 40, 0.5
SCROLL_SECONDS = 4
_FIRST_ROW = """new MutationObserver((_, observer) => {
  if (!document.querySelector("[role=log] [data-seq]")) return;
  observer.disconnect();
  requestAnimationFrame(() => { window.firstRow = performance.now(); });
}).observe(document, { childList: true, subtree: true });"""
_FRAMES = """(seconds) => new Promise((done) => {
  const box = document.querySelector("[data-virtuoso-scroller]");
  let frames = 0, begin;
  const step = (now) => {
    begin ??= now;
    if (now - begin >= seconds * 1000) return done(frames * 1000 / (now - begin));
    frames += 1;
    if (box) box.scrollTop -= 40;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""
_SEEN = """() => {
  const label = () => [...document.querySelectorAll("main button")]
    .map((button) => button.innerText.trim())
    .find((word) => word === "Archive" || word === "Restore");
  window.seen = [];
  let last = label();
  new MutationObserver(() => {
    const now = label();
    if (now && now !== last) { last = now; window.seen.push(Date.now()); }
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


def measure(folder: Path) -> list[Row]:
    """Open and scroll a run of 50 000 entries; change a run that fifty tabs show."""
    home = folder / "home"
    home.mkdir()
    run_id = asyncio.run(_fill(home / "agent_runs.db"))
    port = free_port()
    with start_server(home, AGENT_RUNS_DASHBOARD_PORT=str(port)) as server:
        process = dashboard_process(port, server.url, folder / "dashboard.log")
        try:
            with _browser() as browser:
                url = f"http://localhost:{port}"
                opened, frames, bare = _long_run(browser, url, run_id)
                tabs = _live_tabs(browser, url, server.url, run_id)
        finally:
            end(process)
    return [
        most_row("open a run of 50 000 entries, first rows", measured=opened, unit="s", most=1.0),
        ratio_row(
            "frames per second while scrolling it, against an empty page",
            ours=frames,
            limit=bare,
            unit="fps",
            reach=0.95,
        ),
        least_row(
            f"changes seen by {TABS} live tabs",
            measured=len(tabs.sockets) + len(tabs.screens),
            unit=f"of {CHANGES * TABS:,}",
            least=CHANGES * TABS,
        ),
        most_row(
            f"change to screen, {REAL_TABS} of {TABS} tabs, p95",
            measured=_p95(tabs.screens),
            unit="ms",
            most=250,
        ),
        most_row(
            f"change to socket, the other {TABS - REAL_TABS} tabs, p95",
            measured=_p95(tabs.sockets),
            unit="ms",
            most=250,
        ),
    ]


async def _fill(path: Path) -> int:
    chance = Random(5)
    async with Database.open(f"sqlite:///{path}") as database:
        async with database.begin() as transaction:
            run = await runs.insert(transaction, prompt="A very long run", agent="scripted")
        for first in range(0, ENTRIES, BATCH):
            entries = [data.entry(number, chance) for number in range(first, first + BATCH)]
            async with database.begin() as transaction:
                await logs.append(transaction, run.id, None, entries)
        async with database.begin() as transaction:
            run = await runs.lock(transaction, run.id)
            await runs.change(transaction, run, status=AgentRunStatus.COMPLETE)
    return run.id


@contextlib.contextmanager
def _browser() -> Generator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(**launch_options(driver))
        yield browser
        browser.close()


def _long_run(browser: Browser, url: str, run_id: int) -> tuple[float, float, float]:
    """Return seconds to the first rows, frames per second of scrolling, and of an empty page."""
    opened: list[float] = []
    for _ in range(5):
        context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.add_init_script(_FIRST_ROW)
        page.goto(f"/runs/{run_id}")
        page.wait_for_function("window.firstRow")
        opened.append(page.evaluate("window.firstRow") / 1000)
        context.close()
    page = browser.new_page()
    bare = page.evaluate(_FRAMES, SCROLL_SECONDS)
    page.goto(f"{url}/runs/{run_id}")
    page.locator("[role=log] [data-seq]").first.wait_for()
    frames = page.evaluate(_FRAMES, SCROLL_SECONDS)
    page.close()
    return statistics.median(opened), frames, bare


@dataclass
class _Delays:
    """Milliseconds from a change until it was seen."""

    screens: list[float] = field(default_factory=list[float])
    sockets: list[float] = field(default_factory=list[float])


def _live_tabs(browser: Browser, url: str, api: str, run_id: int) -> _Delays:
    frames: list[str] = []
    pages: list[Page] = []

    def record(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: frames.append(str(frame)))

    for _ in range(REAL_TABS):
        page = browser.new_context(base_url=url).new_page()
        if not pages:
            page.on("websocket", record)
        page.goto(f"/runs/{run_id}")
        page.get_by_role("button", name="Archive").wait_for()
        page.evaluate(_SEEN)
        pages.append(page)
    with ThreadPoolExecutor(1) as thread:  # this thread runs Playwright's event loop
        work = _change(url, api, run_id, list(frames))
        changes, arrivals = thread.submit(asyncio.run, work).result()
    delays = _Delays()
    for page in pages:
        page.wait_for_function("count => window.seen.length >= count", arg=CHANGES)
        delays.screens += _since(changes, page.evaluate("window.seen"))
    for times in arrivals:
        delays.sockets += _since(changes, times)
    return delays


def _since(begins: list[float], ends: list[float]) -> list[float]:
    return [end - begin for begin, end in zip(begins, ends, strict=False)]


async def _change(
    url: str, api: str, run_id: int, frames: list[str]
) -> tuple[list[float], list[list[float]]]:
    """Archive and restore the run in turn; return the times, and when each socket got the news."""
    arrivals: list[list[float]] = [[] for _ in range(TABS - REAL_TABS)]
    ready = [asyncio.Event() for _ in arrivals]
    tabs = Background()
    for times, event in zip(arrivals, ready, strict=True):
        tabs.start(_tab(url, frames, times, event), "tab")
    async with asyncio.timeout(60):
        for event in ready:
            await event.wait()
    changes: list[float] = []
    async with httpx.AsyncClient(base_url=api) as client:
        for number in range(CHANGES):
            changes.append(time.time() * 1000)
            answer = await client.post(f"/agent_runs/{run_id}/{('archive', 'restore')[number % 2]}")
            answer.raise_for_status()
            await asyncio.sleep(PAUSE_SECONDS)
    await tabs.close()
    return changes, arrivals


async def _tab(url: str, frames: list[str], times: list[float], ready: asyncio.Event) -> None:
    """Send what the recorded page sent, under another name, and note each change."""
    token = str(uuid.uuid4())
    address = f"{url.replace('http', 'ws')}/_event/?EIO=4&transport=websocket&token={token}"
    async with websockets.connect(address, origin=Origin(url), max_size=None) as socket:
        await socket.recv()
        for frame in frames:
            if frame not in {"2", "3"}:
                await socket.send(_renamed(frame, token))
        async for frame in socket:
            text = str(frame)
            if text == "2":
                await socket.send("3")
            elif "is_archived" in text:
                if ready.is_set():
                    times.append(time.time() * 1000)
                ready.set()


def _renamed(frame: str, token: str) -> str:
    return re.sub(r'"token":"[^"]+"', f'"token":{json.dumps(token)}', frame)


def _p95(values: list[Any]) -> float:
    return sorted(values)[len(values) * 95 // 100] if values else float("inf")
