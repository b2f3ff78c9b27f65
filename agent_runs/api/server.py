"""The parts of the server that routes use, held by the running application."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from agent_runs.api.stream import Streams
from agent_runs.bus.base import EventBus
from agent_runs.outbound.webhooks import Attempt, send_webhook
from agent_runs.redaction import Redactor
from agent_runs.runs import Runs
from agent_runs.runs.imports import Imports
from agent_runs.settings import Settings
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import runs
from agent_runs.sync import Accounts


@dataclass
class Server:
    """The open parts of a running server.

    Attributes:
        settings: as last read; saving settings replaces them.
        env_file: where settings are saved.
    """

    settings: Settings
    env_file: Path
    database: Database
    bus: EventBus
    runs: Runs
    imports: Imports
    accounts: Accounts
    streams: Streams
    redact: Redactor

    async def open_hosted(self, run_id: int) -> None:
        """Fetch the entries of a hosted run if none is here yet.

        Raises:
            RunNotFound: there is no such run.
        """
        if self.accounts.is_set:
            run = await runs.get(self.database, run_id)
            self.accounts.look(run)
            await self.accounts.open(run)

    async def send_webhook(
        self, url: str, body: bytes, headers: dict[str, str], secret: str | None
    ) -> Attempt:
        """Send a webhook once, if the settings allow its address."""
        return await send_webhook(
            url,
            body,
            headers=headers,
            secret=secret,
            allow_private=self.settings.webhook_private,
        )


async def get_server(request: Request) -> Server:
    """Return the running server's parts."""
    return request.app.state.server


Running = Annotated[Server, Depends(get_server)]


def json_text(text: str | bytes) -> Response:
    """Return a response with JSON that is already text."""
    return Response(text, media_type="application/json")
