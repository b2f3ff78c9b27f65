"""`up`, `serve`, `doctor`: the commands that start the server and look at the machine."""

from typing import Annotated

import typer

from agent_runs.cli import late
from agent_runs.cli.connection import AsJson, Connection

Host = Annotated[str | None, typer.Option(help="Address to listen on. [AGENT_RUNS_HOST]")]
Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="Port to listen on. [AGENT_RUNS_PORT]")
]


def up() -> None:
    """Start the API and the dashboard; Ctrl-C ends both."""
    raise typer.Exit(late.serve.up())


def serve(host: Host = None, port: Port = None) -> None:
    """Start the API alone, as `python api.py` does."""
    late.serve.serve(host, port)


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Check this machine and the server, and say what to do.

    Exit code 1 when something is wrong that runs cannot do without.
    """
    connection = context.ensure_object(Connection)
    raise typer.Exit(late.doctor.examine(connection, as_json=as_json))


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (up, serve, doctor):
        app.command()(command)
