"""Commands about what agents ask for: permissions, answer."""

from typing import TYPE_CHECKING, Annotated

import typer

from agent_runs.cli.connection import AsJson, RunId, connect
from agent_runs.cli.output import say, say_done, say_json
from agent_runs.reading.text import one_line

if TYPE_CHECKING:
    from agent_runs.models import PermissionRequest


def permissions(context: typer.Context, run_id: RunId, as_json: AsJson = False) -> None:
    """List the open questions of a run's agent."""
    with connect(context) as client:
        questions = client.list_permissions(run_id)
    if as_json:
        say_json(questions)
        return
    for question in questions:
        say(f"{question.id}  {words_of(question)}")
        for option in question.options:
            say(f"    {one_line(option.option_id)}  {one_line(option.name)} ({option.kind})")
    if not questions:
        say(f"Run {run_id} has no open questions.")


def answer(
    context: typer.Context,
    run_id: RunId,
    permission_id: Annotated[
        int, typer.Argument(min=1, metavar="PERMISSION", help="Id of the question.")
    ],
    decision: Annotated[
        str, typer.Argument(metavar="ANSWER", help="allow, reject, or the id of an option.")
    ],
    as_json: AsJson = False,
) -> None:
    """Answer an agent's question, so that its run continues."""
    with connect(context) as client:
        answered = client.answer_permission(run_id, permission_id, decision)
    chosen = one_line(answered.option_id or decision)
    say_done(answered, f"Answered: {chosen}. Run {run_id} continues.", as_json=as_json)


def words_of(question: "PermissionRequest") -> str:
    """Return what the agent wants to do, on one line."""
    call = question.tool_call
    return one_line(str(call.get("title") or call.get("kind") or "permission"))
