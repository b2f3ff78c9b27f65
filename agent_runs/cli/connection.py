"""Which server the commands talk to, and options that several commands share."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

import agent_runs
from agent_runs.client.base import RetryPolicy
from agent_runs.client.credentials import Credentials, resolve_local

if TYPE_CHECKING:
    from agent_runs import CodegenClient

RunId = Annotated[int, typer.Argument(min=1, metavar="RUN", help="Id of the run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Timeout = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="Stop watching after this time (exit code 124); the run continues.",
    ),
]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Print each step until the run ends.")]
Wait = Annotated[bool, typer.Option("--wait", "-w", help="Wait until the run ends.")]


@dataclass(frozen=True)
class Connection:
    """The options before the command.

    Attributes:
        url: None takes `AGENT_RUNS_API_URL`, or this machine.
        token: None takes `AGENT_RUNS_API_TOKEN`.
    """

    url: str | None = None
    token: str | None = None

    @property
    def credentials(self) -> Credentials:
        """Server and token; raises InvalidRequest if the address cannot be used."""
        return replace(resolve_local(self.token, self.url), program="agent-runs-cli")

    def open(self, *, timeout: float = 30.0, retries: int = 2) -> "CodegenClient":
        """Return a client; use it in a `with`."""
        return agent_runs.CodegenClient(
            credentials=self.credentials, timeout=timeout, retry=RetryPolicy(retries=retries)
        )


def connect(context: typer.Context) -> "CodegenClient":
    """Return a client of the server that the command line names."""
    return context.ensure_object(Connection).open()
