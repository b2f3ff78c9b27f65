"""Commands about saved views: view list, save, remove."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import say_done, say_fields, say_json
from agent_runs.errors import InvalidRequest

if TYPE_CHECKING:
    from agent_runs import CodegenClient
    from agent_runs.models import SavedView

view = typer.Typer(
    help="Save searches and filters of the run list.", no_args_is_help=True, rich_markup_mode=None
)
Kind = Annotated[
    Literal["search", "runs"],
    typer.Option(help="Kind of query: a search, or filters of the run list."),
]


@view.command("list")
def list_views(context: typer.Context, as_json: AsJson = False) -> None:
    """List the saved views; all users share them."""
    with connect(context) as client:
        views = client.list_views()
    if as_json:
        say_json(views)
        return
    for item in views:
        say_fields(item.id, item.kind, item.name, item.query)


@view.command("save")
def save_view(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the view.")],
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY",
            help="Query as for `search`, or filters such as 'status=ERROR&since=7d'.",
        ),
    ],
    kind: Kind = "search",
    as_json: AsJson = False,
) -> None:
    """Save a query under a name; it replaces an older one of that name."""
    with connect(context) as client:
        old = next((item for item in client.list_views(kind) if item.name == name), None)
        if old is None:
            saved = client.save_view(name, query, kind=kind)
        else:
            saved = client.change_view(old.id, query=query)
    say_done(saved, f"View {saved.id} is {saved.name}: {saved.query}", as_json=as_json)


@view.command("remove")
def remove_view(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="VIEW", help="Id or name of the view.")],
    as_json: AsJson = False,
) -> None:
    """Delete a saved view."""
    with connect(context) as client:
        view_id = find_view(client, name).id
        client.remove_view(view_id)
    removed = {"id": view_id, "removed": True}
    say_done(removed, f"Removed view {view_id}.", as_json=as_json)


def find_view(
    client: "CodegenClient", name: str, kind: Literal["search", "runs"] | None = None
) -> "SavedView":
    """Return a saved view given by id or name.

    Raises:
        InvalidRequest: no view has that name, or one of each kind has.
    """
    matches = [item for item in client.list_views(kind) if name in {item.name, str(item.id)}]
    if len(matches) != 1:
        problem = "no" if not matches else "more than one"
        raise InvalidRequest(
            f"There is {problem} saved view {name!r}; `agent-runs view list` shows all ids."
        )
    return matches[0]
