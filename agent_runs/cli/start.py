"""`up`, `serve`, `doctor`, `backup`: the commands that work on the server's machine."""

from pathlib import Path
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


def backup(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; it is replaced.")],
    as_json: AsJson = False,
) -> None:
    """Write the whole database to a file, while the server works.

    On the server's machine. `restore FILE` reads it, into SQLite and PostgreSQL alike.
    """
    late.backup.back_up(path, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (up, serve, doctor, backup):
        app.command()(command)
