"""The command about hosted accounts: how their mirror goes."""

import typer

from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import say, say_json


def hosted(context: typer.Context, as_json: AsJson = False) -> None:
    """Show how hosted accounts are mirrored: problems, age, history."""
    with connect(context) as client:
        found = client.list_hosted()
    if as_json:
        say_json(found)
        return
    if not found["items"] and not found["accounts"]:
        say("No hosted account is set. CODEGEN_API_TOKEN names one; see docs/hosted.md.")
    for account in found["accounts"]:
        say(f"{account['base_url']}: {account['message']}")
    for each in found["items"]:
        say(f"{each['name']} ({each['organization_id']}) at {each['base_url']}: {each['state']}")
        for trouble in each["troubles"]:
            say(f"  {trouble['message']} Next try: {trouble['next_try']}")
        say(f"  {each['history']['said']}")
        budget = each["remaining"]
        say(
            f"  {_age(each['age_seconds'])}; {budget['total']} requests left, of these"
            f" {budget['logs']} for entries, {budget['create']} for new runs"
        )
        if each["waiting"]:
            say(f"  {each['waiting']} new runs wait to be sent")


def _age(seconds: float | None) -> str:
    return "not reached yet" if seconds is None else f"as of {round(seconds)} s ago"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(hosted)
