"""The command about entries: logs."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runs.cli import late
from agent_runs.cli.connection import AsJson, Follow, RunId, Timeout, connect
from agent_runs.cli.output import say, say_json
from agent_runs.cli.steps import is_failure, step_of
from agent_runs.errors import InvalidRequest

if TYPE_CHECKING:
    from agent_runs import AgentRunLog


def logs(
    context: typer.Context,
    run_id: RunId,
    *,
    follow: Follow = False,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--type", help="Only entries of this kind, such as ACTION; repeatable."),
    ] = None,
    tools: Annotated[
        list[str] | None, typer.Option("--tool", help="Only calls of this tool; repeatable.")
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only errors and tool calls that failed.")
    ] = False,
    timeout: Timeout = None,
    as_json: AsJson = False,
) -> None:
    """Print what a run did, step by step.

    --json prints one array; together with --follow one line per entry, and the run last. With
    --follow the exit code tells the end: 0 complete, 1 any other end, 124 timeout.
    """
    kinds = [kind.upper() for kind in kinds or ()]
    if timeout is not None and not follow:
        raise InvalidRequest("--timeout goes with --follow.")

    def is_wanted(log: "AgentRunLog") -> bool:
        fits = not kinds or log.message_type.upper() in kinds
        fits = fits and (not tools or log.tool_name in tools)
        return fits and (not failed or is_failure(log))

    with connect(context) as client:
        if follow:
            code = late.live.follow_run(
                client, run_id, -1, timeout=timeout, as_json=as_json, is_wanted=is_wanted
            )
            raise typer.Exit(code)
        query: dict[str, Any] = {"message_type": kinds, "tool_name": tools, "failed": failed}
        entries = client.iter_agent_run_logs(
            run_id, **{name: value for name, value in query.items() if value}
        )
        if as_json:
            say_json(list(entries))
        elif sys.stdout.isatty():
            late.live.print_steps(entries)
        else:
            for entry in entries:
                say(step_of(entry).line())


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(logs)
