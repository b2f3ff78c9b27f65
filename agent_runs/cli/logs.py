"""The command about entries: logs."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent_runs.cli import late
from agent_runs.cli.connection import AsJson, Follow, RunId, Timeout, connect
from agent_runs.cli.output import say, say_json
from agent_runs.cli.steps import step_of
from agent_runs.client.base import PAGE_LIMIT
from agent_runs.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from agent_runs import AgentRunLog, CodegenClient


def logs(
    context: typer.Context,
    run_id: RunId,
    *,
    follow: Follow = False,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--type", help="Only entries of this type, such as ACTION; repeatable."),
    ] = None,
    tools: Annotated[
        list[str] | None, typer.Option("--tool", help="Only calls of this tool; repeatable.")
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only errors and failed tool calls.")
    ] = False,
    grep: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Only steps that contain this text, in any case."),
    ] = None,
    regex: Annotated[bool, typer.Option("--regex", help="TEXT is a regular expression.")] = False,
    around: Annotated[
        int,
        typer.Option(
            "--context",
            "-C",
            min=0,
            max=100,
            metavar="N",
            help="With --grep: also show N steps before and after each hit, despite other filters.",
        ),
    ] = 0,
    timeout: Timeout = None,
    as_json: AsJson = False,
) -> None:
    """Print what a run did, step by step.

    --json prints one array; with --follow it prints one line per entry and the run last. With
    --follow the exit code tells how the run ended: 0 complete, 1 in any other way, 124 timeout.
    """
    _check(follow=follow, timeout=timeout, grep=grep, narrows=regex or around > 0)
    kinds = [kind.upper() for kind in kinds or ()]
    with connect(context) as client:
        if follow:
            matches = _filter(kinds, tools, failed=failed)
            code = late.live.watch(
                client, run_id, -1, timeout=timeout, as_json=as_json, matches=matches
            )
            raise typer.Exit(code)
        query: dict[str, Any] = {"message_type": kinds, "tool_name": tools, "failed": failed}
        query = {name: value for name, value in query.items() if value}
        entries = client.iter_agent_run_logs(run_id, **query)  # reads nothing until it is iterated
        if grep is not None:
            hits = client.search_agent_run_logs(run_id, grep, regex=regex, context=around, **query)
            entries = _parts(client, run_id, hits.around)
        _print(entries, as_json=as_json)


def _print(entries: "Iterable[AgentRunLog]", *, as_json: bool) -> None:
    if as_json:
        say_json(list(entries))
    elif sys.stdout.isatty():
        late.live.print_steps(entries)
    else:
        for entry in entries:
            say(step_of(entry).line())


def _check(*, follow: bool, timeout: float | None, grep: str | None, narrows: bool) -> None:
    if timeout is not None and not follow:
        raise InvalidRequest("--timeout needs --follow.")
    if grep is None and narrows:
        raise InvalidRequest("--regex and --context need --grep.")
    if follow and grep is not None:
        raise InvalidRequest("--grep searches stored steps; use it without --follow.")


def _filter(
    kinds: "Sequence[str]", tools: "Sequence[str] | None", *, failed: bool
) -> "Callable[[AgentRunLog], bool]":
    def matches(log: "AgentRunLog") -> bool:
        has_kind = not kinds or log.message_type.upper() in kinds
        has_tool = not tools or log.tool_name in tools
        return has_kind and has_tool and (not failed or log.failed)

    return matches


def _parts(
    client: "CodegenClient", run_id: int, ranges: "Iterable[tuple[int, int]]"
) -> "Iterator[AgentRunLog]":
    """The entries of some ranges of `seq`, without a filter."""
    for first, last in ranges:
        for skip in range(first, last + 1, PAGE_LIMIT):
            yield from client.get_agent_run_logs(
                run_id, skip, min(PAGE_LIMIT, last + 1 - skip)
            ).logs
