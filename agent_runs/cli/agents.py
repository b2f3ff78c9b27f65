"""Commands about what runs can use: agents, templates."""

import sys

import typer

from agent_runs.cli import late
from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import say_fields, say_json


def agents(context: typer.Context, as_json: AsJson = False) -> None:
    """List the agents, and say what the missing ones need."""
    with connect(context) as client:
        found = client.list_agents()
    if as_json:
        say_json(found)
    elif sys.stdout.isatty():
        late.tables.show_agents(found)
    else:
        for each in found:
            state = "available" if each.available else "missing"
            say_fields(each.name, state, each.title, each.version or each.reason)


def templates(context: typer.Context, as_json: AsJson = False) -> None:
    """List the prompt templates that `run --mode` takes."""
    with connect(context) as client:
        found = client.list_templates()
    if as_json:
        say_json(found)
        return
    for each in found:
        say_fields(each.name, each.title, each.description)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (agents, templates):
        app.command()(command)
