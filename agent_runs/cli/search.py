"""The command `search`: find any step of any run."""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from agent_runs.cli import exits, late
from agent_runs.cli.connection import AsJson, connect
from agent_runs.cli.output import complain, say, say_fields, say_json
from agent_runs.cli.steps import in_utc
from agent_runs.cli.views import find_view
from agent_runs.errors import InvalidQuery, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent_runs import CodegenClient
    from agent_runs.schemas.search import SearchGroup


def search(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUERY",
            help="Words and fields, such as 'tool:bash failed:yes \"exact words\" -not'; put -- "
            "before a query that begins with a minus.",
        ),
    ] = None,
    *,
    order: Annotated[
        Literal["newest", "best"], typer.Option(help="Hits to show first.")
    ] = "newest",
    limit: Annotated[int, typer.Option(min=1, max=100, help="Maximum number of hits.")] = 20,
    every: Annotated[bool, typer.Option("--all", help="Show all hits, page by page.")] = False,
    view: Annotated[
        str | None, typer.Option(metavar="VIEW", help="Start from a saved view (name or id).")
    ] = None,
    fields: Annotated[
        bool,
        typer.Option("--fields", help="List the fields and their values instead of searching."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Search steps, titles, prompts and results of all runs."""
    query = " ".join(words or ())
    with connect(context) as client:
        if fields:
            _list_fields(client, as_json=as_json)
            return
        if view is not None:
            query = f"{find_view(client, view, 'search').query} {query}".strip()
        if not query.strip():
            raise InvalidRequest("Give a query; --fields lists the fields that it can have.")
        try:
            if every:
                groups = client.iter_search(query, order=order)
                if as_json:
                    for group in groups:
                        say_json(group, lines=True)
                else:
                    _show(groups)
                return
            page = client.search(query, order=order, limit=limit)
        except InvalidQuery as error:
            if not sys.stderr.isatty():
                raise
            complain(error.message)
            late.tables.point_at(query, error.position)
            raise typer.Exit(exits.USAGE) from error
    if as_json:
        say_json(page)
        return
    _show(page.items)
    if sys.stdout.isatty():
        number = sum(len(group.hits) for group in page.items)
        plus = "+" if page.total_is_capped else ""
        more = "; --all shows the rest" if page.next_cursor else ""
        say(f"{number} of {page.total:,}{plus} hits{more}".replace(",", " "))


def _show(groups: "Iterable[SearchGroup]") -> None:
    for group in groups:
        if sys.stdout.isatty():
            late.tables.show_hits(group)
            continue
        for hit in group.hits:
            kind = hit.message_type or "RUN"
            say_fields(
                group.run.id, hit.seq, in_utc(hit.created_at), kind, hit.tool_name, hit.url,
                hit.snippet,
            )  # fmt: skip


def _list_fields(client: "CodegenClient", *, as_json: bool) -> None:
    fields = client.list_search_fields()
    if as_json:
        say_json(fields)
        return
    for field in fields:
        say_fields(f"{field.name}:{field.example}", field.about, ", ".join(field.values))
