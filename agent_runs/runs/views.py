"""What can be saved as a view: a valid search, or filters that the list has."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

from agent_runs.errors import InvalidRequest
from agent_runs.models import SavedView
from agent_runs.search_query import parse_query
from agent_runs.store.engine.database import Database
from agent_runs.store.organization import views

_ORGANIZATION = 1
_TRAITS = ("mode", "tool", "failed_tool", "error", "measured")
_LIST_FILTERS = ("status", "agent", "source", "repo", "q", "since", "until", "archived", *_TRAITS)


async def save(database: Database, *, name: str, kind: str, query: str) -> SavedView:
    """Keep a view.

    Args:
        database: where it is kept.
        name: for people; unique within its kind.
        kind: `search` or `runs`.
        query: of a search as in docs/search.md; of runs as in the address of the list.

    Raises:
        InvalidQuery: the search is not valid.
        InvalidRequest: the list does not have these filters.
        Conflict: the name is taken.
    """
    query = _checked(kind, query)
    async with database.begin() as transaction:
        return await views.insert(
            transaction, organization_id=_ORGANIZATION, name=name, kind=kind, query=query
        )


async def change(
    database: Database, view_id: int, *, name: str | None = None, query: str | None = None
) -> SavedView:
    """Set the name or query of a view; None keeps it.

    Raises:
        ViewNotFound: there is no such view.
        InvalidRequest, Conflict: as in `save`.
    """
    async with database.begin() as transaction:
        if query is not None:
            view = await views.get(transaction, view_id)
            query = _checked(view.kind, query)
        return await views.change(transaction, view_id, name=name, query=query)


async def remove(database: Database, view_id: int) -> None:
    """Delete a view.

    Raises:
        ViewNotFound: there is no such view.
    """
    async with database.begin() as transaction:
        await views.remove(transaction, view_id)


def _checked(kind: str, query: str) -> str:
    if kind == "search":
        parse_query(query, datetime.now(UTC))
        return query
    pairs = parse_qsl(query.removeprefix("?"))
    if query.strip("? ") and not pairs:
        raise InvalidRequest(
            "query: it has no filters. Write them as in the address of the list, such as "
            "status=ERROR&since=7d."
        )
    unknown = sorted({name for name, _ in pairs} - set(_LIST_FILTERS))
    if unknown:
        raise InvalidRequest(
            f"query: the list has no filter {', '.join(unknown)}. It has "
            f"{', '.join(_LIST_FILTERS)}."
        )
    return urlencode(pairs, safe=",")
