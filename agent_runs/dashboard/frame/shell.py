"""State of the frame around every page: the connection and the counts."""

import anyio
import reflex as rx

from agent_runs.dashboard.serving.access import credentials
from agent_runs.dashboard.serving.hub import Standing, hub
from agent_runs.models import AgentRunStatus
from agent_runs.reading.hosted import HostedLine
from agent_runs.reading.status import word_of

UPDATE_SECONDS = 0.15


class Shell(rx.State):
    """What the rail, the pill and the browser tab show."""

    link: rx.Field[str] = rx.field("connecting")
    problem: rx.Field[str] = rx.field("")
    groups: rx.Field[dict[str, int]] = rx.field(default_factory=dict[str, int])
    total: rx.Field[int] = rx.field(0)
    archived: rx.Field[int] = rx.field(0)
    address: rx.Field[str] = rx.field("")
    hosted: rx.Field[list[HostedLine]] = rx.field(default_factory=list[HostedLine])

    @rx.event(background=True, supersedes=True)
    async def follow(self) -> None:
        """Show connection and counts until the tab closes. From `on_load` only."""
        async with hub.subscribe() as subscription:
            async with self:
                self.address = credentials().root.split("://")[-1]
                self._show(hub.standing)
            while True:
                news = await subscription.next()
                async with self:
                    self._show(news.standing)
                await anyio.sleep(UPDATE_SECONDS)

    @rx.var
    def running(self) -> int:
        """Runs that are working now."""
        return self.groups.get(word_of(AgentRunStatus.ACTIVE), 0)

    @rx.var
    def waiting(self) -> int:
        """Runs that are waiting for a person."""
        return self.groups.get(word_of(AgentRunStatus.PAUSED), 0)

    def _show(self, standing: Standing) -> None:
        if self.link != standing.link or self.problem != standing.problem:
            self.link, self.problem = standing.link, standing.problem
        if self.groups != standing.groups:
            self.groups = dict(standing.groups)
        if (self.total, self.archived) != (standing.total, standing.archived):
            self.total, self.archived = standing.total, standing.archived
        if tuple(self.hosted) != standing.hosted:
            self.hosted = list(standing.hosted)
