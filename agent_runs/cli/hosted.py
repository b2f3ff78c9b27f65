"""The command about hosted accounts and how they are mirrored."""

import typer

from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import say, say_json
from agent_runs.reading.hosted import age_of


def hosted(context: typer.Context, as_json: AsJson = False) -> None:
    """Show how hosted accounts are mirrored: problems, age, history."""
    with connect(context) as client:
        mirror = client.list_hosted()
    if as_json:
        say_json(mirror)
        return
    if not mirror["items"] and not mirror["accounts"]:
        say("No hosted account is set. Set CODEGEN_API_TOKEN; see docs/hosted.md.")
    for account in mirror["accounts"]:
        say(f"{account['base_url']}: {account['message']}")
    for organization in mirror["items"]:
        name = f"{organization['name']} ({organization['organization_id']})"
        say(f"{name} at {organization['base_url']}: {organization['state']}")
        for trouble in organization["troubles"]:
            say(f"  {trouble['message']} Next try: {trouble['next_try']}")
        say(f"  {organization['history']['said']}")
        budget = organization["remaining"]
        say(
            f"  {age_of(organization['age_seconds'])}; {budget['total']} requests left, including"
            f" {budget['logs']} for entries and {budget['create']} for new runs"
        )
        if organization["waiting"]:
            say(f"  {organization['waiting']} new runs wait to be sent")
