"""Commands about what runs can use: agents, templates."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent_runs.cli import late
from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import complain, say_fields, say_json
from agent_runs.errors import InvalidRequest

if TYPE_CHECKING:
    from agent_runs.cli.promises import Held


agents = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@agents.callback()
def list_agents(context: typer.Context, as_json: AsJson = False) -> None:
    """List the agents, their logins, and what the missing ones need."""
    if context.invoked_subcommand is not None:
        return
    with connect(context) as client:
        infos = client.list_agents()
    if as_json:
        say_json(infos)
    elif sys.stdout.isatty():
        late.tables.show_agents(infos)
    else:
        for agent in infos:
            state = "available" if agent.available else "missing"
            hint = None if agent.login == "logged in" else agent.login_hint
            needs = agent.version or agent.reason
            say_fields(agent.name, state, agent.title, needs, agent.login, hint)


@agents.command("test")
def try_agent(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Agent to test, see `agents`.")],
    seconds: Annotated[
        float, typer.Option("--timeout", min=1, metavar="SECONDS", help="Longest time of each run.")
    ] = 300,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what was found to a file, for a bug report."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Try with a few small prompts which promises hold with an agent of yours.

    It starts four short runs, which cost what the agent's model costs. The report has versions,
    results and error messages. Exit code 1: a promise does not hold.
    """
    with connect(context) as client:
        agent = next((each for each in client.list_agents() if each.name == name), None)
        if agent is None:
            raise InvalidRequest(f"There is no agent {name!r}; `agent-runs agents` lists them.")
        if not agent.available:
            raise InvalidRequest(f"The agent {name!r} cannot start: {agent.reason}.")
        results: list[Held] = []
        for result in late.promises.Trial(client, name, seconds).results():
            results.append(result)
            if not as_json:
                words = "holds" if result.holds else "fails"
                say_fields(words, result.promise, result.detail, f"run {result.run_id}")
    found = late.promises.report(agent, results)
    if report is not None:
        report.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    if as_json:
        say_json(found)
    elif report is None and not all(each.holds for each in results):
        complain("For a bug report, run it again with --report FILE and attach that file.")
    if not all(each.holds for each in results):
        raise typer.Exit(1)


def templates(context: typer.Context, as_json: AsJson = False) -> None:
    """List the prompt templates that `run --mode` takes."""
    with connect(context) as client:
        infos = client.list_templates()
    if as_json:
        say_json(infos)
        return
    for template in infos:
        say_fields(template.name, template.title, template.description)
