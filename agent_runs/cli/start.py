"""`up`, `serve`, `doctor`, `backup`: the commands that work on the server's machine."""

from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from agent_runs.cli import late
from agent_runs.cli.connection import AsJson, Connection

Host = Annotated[str | None, typer.Option(help="Address to listen on. [AGENT_RUNS_HOST]")]
Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="Port to listen on. [AGENT_RUNS_PORT]")
]


def up() -> None:
    """Start the API and the dashboard; Ctrl-C stops both."""
    raise typer.Exit(late.serve.up())


def serve(host: Host = None, port: Port = None) -> None:
    """Start only the API, as `python api.py` does."""
    late.serve.serve(host, port)


def doctor(context: typer.Context, as_json: AsJson = False) -> None:
    """Check this machine and the server, and say what to fix.

    The exit code is 1 if anything that runs need is missing.
    """
    connection = context.ensure_object(Connection)
    raise typer.Exit(late.doctor.examine(connection, as_json=as_json))


class _BackupGroup(TyperGroup):
    """Takes `backup FILE` for `backup create FILE`."""

    # typer hides the type of its context, a subclass of click's.
    def parse_args(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, ctx: typer.Context, args: list[str]
    ) -> list[str]:
        """Add the missing command."""
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = ["create", *args]
        return super().parse_args(ctx, args)


backup = typer.Typer(cls=_BackupGroup, no_args_is_help=True, rich_markup_mode=None)


@backup.callback()
def back_up() -> None:
    """Back up the whole database, or restore a backup.

    Run this on the server's machine. `backup FILE` is short for `backup create FILE`.
    """


@backup.command("create")
def create_backup(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="File to write; an existing one is replaced.")
    ],
    as_json: AsJson = False,
) -> None:
    """Write the whole database to a file; the server can keep working."""
    late.backup.back_up(path, as_json=as_json)


@backup.command("restore")
def restore_backup(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `backup` wrote.")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the runs that the database already has.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restore a backup, all or nothing; stop the server first.

    The backup can come from SQLite or PostgreSQL, whichever this server uses.
    """
    late.backup.put_back(path, force=force, as_json=as_json)
