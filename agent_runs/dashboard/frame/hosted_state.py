"""State of the card with figures about hosted accounts."""

import anyio
import reflex as rx

from agent_runs.dashboard.serving.access import fetch
from agent_runs.errors import AgentRunsError
from agent_runs.reading.hosted import HostedFacts, facts_of

_UPDATE_SECONDS = 3.0


class HostedState(rx.State):
    """The figures, read again every few seconds."""

    rows: rx.Field[list[HostedFacts]] = rx.field(default_factory=list[HostedFacts])

    @rx.event(background=True, supersedes=True)
    async def follow(self) -> None:
        """Read them until the tab closes. From `on_load` only."""
        while True:
            try:
                rows = facts_of(await fetch("/hosted"))
            except AgentRunsError:
                rows = None  # the frame says that the API is unavailable
            async with self:
                if rows is not None and rows != self.rows:
                    self.rows = rows
            await anyio.sleep(_UPDATE_SECONDS)
