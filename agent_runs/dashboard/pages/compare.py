"""Runs side by side: facts, tools, answers, changes, and the step where they part."""

import re

import anyio
import reflex as rx

from agent_runs.dashboard.browser.faces import Compare
from agent_runs.dashboard.frame.layout import frame
from agent_runs.dashboard.frame.shell import Shell
from agent_runs.dashboard.serving.hub import hub
from agent_runs.events import EventKind

_IDS = re.compile(r"[0-9]{1,15}(?:,[0-9]{1,15}){0,9}")
_CALM_SECONDS = 2.0


class CompareState(rx.State):
    """Which runs to compare; the browser reads them, and again whenever one of them changes."""

    ids: rx.Field[str] = rx.field("")
    version: rx.Field[int] = rx.field(0)
    title: rx.Field[str] = rx.field("Compare runs")

    @rx.event(background=True, supersedes=True)
    async def follow(self) -> None:
        """Keep the page up to date until the tab closes. From `on_load` only."""
        async with self:
            ids = self.router.url.query_parameters.get("ids", "")
            numbers = ids.split(",") if _IDS.fullmatch(ids) else []
            self.ids = ids if numbers else "-"
            self.title = f"Compare runs {', '.join(numbers)}".strip()
        kinds = {EventKind.RUN_UPDATED, EventKind.RUN_FINISHED}
        async with hub.subscribe() as subscription:
            while True:
                news = await subscription.next()
                has_changed = any(
                    event.kind in kinds and str(event.data.get("id")) in numbers
                    for event in news.events
                )
                if has_changed or news.must_reload:
                    async with self:
                        self.version += 1
                await anyio.sleep(_CALM_SECONDS)


@rx.page(
    route="/compare", title="Compare · Agent runs", on_load=[Shell.follow, CompareState.follow]
)
def page() -> rx.Component:
    """Return the page."""
    return frame(
        Compare.create(ids=CompareState.ids, version=CompareState.version),
        title="Compare runs",
        current="Runs",
        tab_title=CompareState.title,
    )
