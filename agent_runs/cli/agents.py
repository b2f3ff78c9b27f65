"""Commands about what runs can use: agents, templates."""

import sys

import typer

from agent_runs.cli import late
from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import say_fields, say_json


def agents(context: typer.Context, as_json: AsJson = False) -> None:
    """List the agents, and say what the missing ones need."""
    with connect(context) as client:
        infos = client.list_agents()
    if as_json:
        say_json(infos)
    elif sys.stdout.isatty():
        late.tables.show_agents(infos)
    else:
        for agent in infos:
            state = "available" if agent.available else "missing"
            say_fields(agent.name, state, agent.title, agent.version or agent.reason)


def templates(context: typer.Context, as_json: AsJson = False) -> None:
    """List the prompt templates that `run --mode` takes."""
    with connect(context) as client:
        infos = client.list_templates()
    if as_json:
        say_json(infos)
        return
    for template in infos:
        say_fields(template.name, template.title, template.description)
