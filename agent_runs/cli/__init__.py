"""The command `agent-runs`: a client of the HTTP API, except where it starts the server.

Modules that cost time (pydantic, httpx, uvicorn, parts of rich) are loaded by the commands that
need them, so that `--help` answers at once.
"""

import sys
from typing import Annotated

import typer

from agent_runs import __version__
from agent_runs.cli import (
    agents,
    analytics,
    compare,
    exits,
    exports,
    hosted,
    imports,
    insight,
    logs,
    permissions,
    reports,
    repos,
    runs,
    search,
    start,
    views,
)
from agent_runs.cli.connection import AsJson, Connection
from agent_runs.cli.output import complain, say, say_done, write_by_lines
from agent_runs.errors import AgentRunsError

_EXITS = "Exit codes: 0 complete, 1 failed, 2 wrong usage, 124 timeout, 130 interrupted."

app = typer.Typer(
    help=f"Start, watch, read, resume and stop runs of coding agents.\n\n{_EXITS}",
    no_args_is_help=True,
    rich_markup_mode=None,  # framed help would cost as much as all other imports together
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _print_version(is_given: bool) -> None:
    if is_given:
        say(f"agent-runs {__version__}")
        raise typer.Exit


@app.callback()
def prepare(
    context: typer.Context,
    url: Annotated[
        str | None,
        typer.Option(help="Address of the server. [AGENT_RUNS_API_URL, or this machine]"),
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="The server's token. [AGENT_RUNS_API_TOKEN]")
    ] = None,
    _: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version)
    ] = False,
) -> None:
    """Remember the options before the command."""
    context.obj = Connection(url, token)


app.command()(start.up)
app.command()(start.serve)
app.command()(start.doctor)
app.command()(runs.run)
app.command("list")(runs.list_runs)
app.command()(runs.show)
app.command()(runs.resume)
app.command()(runs.stop)
app.command()(runs.archive)
app.command()(runs.restore)
app.command()(runs.diff)
app.command()(logs.logs)
app.command()(search.search)
app.command()(insight.insight)
app.command()(compare.compare)
app.command()(analytics.analytics)
app.command()(exports.export)
app.command("import")(imports.import_)
app.command()(reports.report)
app.command()(permissions.permissions)
app.command()(permissions.answer)
app.command()(agents.templates)
app.command()(hosted.hosted)
app.add_typer(agents.agents, name="agents")
app.add_typer(start.backup, name="backup")
app.add_typer(views.view, name="view")
app.add_typer(repos.repo, name="repo")


@app.command("version")
def print_version(as_json: AsJson = False) -> None:
    """Print the version."""
    say_done({"version": __version__}, f"agent-runs {__version__}", as_json=as_json)


def main() -> None:
    """Run the command line; errors are one line on standard error."""
    write_by_lines()
    try:
        app(prog_name="agent-runs")
    except AgentRunsError as error:
        complain(error.message)
        sys.exit(exits.code_for(error))
