"""The command about hosted accounts: how their mirror goes."""

from collections.abc import Mapping
from typing import Any

import typer

from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import say, say_json

_MINUTE = 60


def hosted(context: typer.Context, as_json: AsJson = False) -> None:
    """Tell how hosted accounts are mirrored: troubles, age, history."""
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
        say(f"  {history_line(each['history'])}")
        budget = each["remaining"]
        say(
            f"  {_age(each['age_seconds'])}; {budget['total']} requests left, of these"
            f" {budget['logs']} for entries, {budget['create']} for new runs"
        )
        if each["waiting"]:
            say(f"  {each['waiting']} new runs wait to be sent")


def history_line(history: Mapping[str, Any]) -> str:
    """Return how much is here, such as `1 200 of 8 431 runs, about 6 min left`."""
    total, whole = history["total"], history["whole"]
    if total is None:
        return "history: not asked for yet"
    if whole >= total and history["listed"]:
        return f"{_number(total)} runs, all here"
    line = f"{_number(whole)} of {_number(total)} runs"
    left = history["seconds_left"]
    if left is None:
        return line
    return f"{line}, about {max(1, round(left / _MINUTE))} min left"


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def _age(seconds: float | None) -> str:
    return "not reached yet" if seconds is None else f"as of {round(seconds)} s ago"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(hosted)
