"""Commands about what agents ask for: permissions, answer."""

from typing import TYPE_CHECKING, Annotated, cast

import typer

from agent_runs.cli.connection import AsJson, RunId, connect
from agent_runs.cli.output import say, say_done, say_json
from agent_runs.reading.text import one_line

if TYPE_CHECKING:
    from agent_runs.models import JSON
    from agent_runs.questions import FormChoice, PermissionRequest


def permissions(context: typer.Context, run_id: RunId, as_json: AsJson = False) -> None:
    """List the open questions of a run's agent."""
    with connect(context) as client:
        questions = client.list_permissions(run_id)
    if as_json:
        say_json(questions)
        return
    for question in questions:
        say(f"{question.id}  {words_of(question)}")
        for line in lines_of(question):
            say(f"    {line}")
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
        str | None, typer.Argument(metavar="ANSWER", help="allow, reject, or the id of an option.")
    ] = None,
    *,
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Fill a field of the form in; repeat it for more."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Answer an agent's question, so that its run continues."""
    content = _content(field or [])
    if decision is None and not content:
        raise typer.BadParameter("Give an answer, or --field for a form.", param_hint="ANSWER")
    decision = decision or "allow"
    with connect(context) as client:
        answered = client.answer_permission(run_id, permission_id, decision, content=content)
    chosen = one_line(answered.option_id or decision)
    say_done(answered, f"Answered: {chosen}. Run {run_id} continues.", as_json=as_json)


def lines_of(question: "PermissionRequest") -> list[str]:
    """Return the form of a question in lines: its address, its fields, their choices."""
    if question.form is None:
        return []
    lines = [one_line(question.form.url)] if question.form.url else []
    for field in question.form.fields:
        parts = [field.title, field.description, "(required)" if field.required else ""]
        words = one_line(" ".join(filter(None, parts)))
        lines.append(f"--field {one_line(field.name)}=...  {words}".rstrip())
        lines += [f"    {_choice(choice)}" for choice in field.choices]
    return lines


def _choice(choice: "FormChoice") -> str:
    title = choice.title if choice.title != choice.value else ""
    words = ": ".join(filter(None, (title, choice.description)))
    return one_line(f"{choice.value}  {words}".rstrip())


def _content(fields: list[str]) -> dict[str, "JSON"]:
    content: dict[str, JSON] = {}
    for field in fields:
        name, is_given, value = field.partition("=")
        if not is_given:
            raise typer.BadParameter(f"{field!r} is not NAME=VALUE", param_hint="--field")
        before = content.get(name)
        content[name] = value if before is None else [*_listed(before), value]
    return content


def _listed(value: "JSON") -> list["JSON"]:
    return cast("list[JSON]", value) if isinstance(value, list) else [value]


def words_of(question: "PermissionRequest") -> str:
    """Return what the agent wants to do or know, on one line."""
    if question.form is not None:
        return one_line(question.form.message)
    call = question.tool_call
    return one_line(str(call.get("title") or call.get("kind") or "permission"))
