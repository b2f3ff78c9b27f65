"""Requests of the search and of saved views."""

from typing import Literal

from agent_runs import errors
from agent_runs.client.base import Call
from agent_runs.client.calls import answers
from agent_runs.client.calls.runs import LogQuery, run_id_of, several
from agent_runs.models import JSON, SavedView
from agent_runs.schemas.answers import LogHits
from agent_runs.schemas.search import SearchFieldInfo, SearchPage


def list_views(kind: str | None) -> Call[list[SavedView]]:
    """GET /views."""
    return Call("GET", "/views", answers.records(SavedView), {"kind": kind})


def save_view(name: str, query: str, kind: str) -> Call[SavedView]:
    """POST /views."""
    body = {"name": name, "query": query, "kind": kind}
    return Call("POST", "/views", answers.record(SavedView), body=body)


def change_view(view_id: int, name: str | None, query: str | None) -> Call[SavedView]:
    """PUT /views/{id}."""
    return Call(
        "PUT",
        f"/views/{view_id}",
        answers.record(SavedView),
        body={"name": name, "query": query},
        missing=errors.ViewNotFound,
    )


def remove_view(view_id: int) -> Call[None]:
    """DELETE /views/{id}."""
    return Call("DELETE", f"/views/{view_id}", lambda _: None, missing=errors.ViewNotFound)


def search(
    query: str, order: Literal["newest", "best"], limit: int, cursor: str | None
) -> Call[SearchPage]:
    """GET /search."""
    params: dict[str, JSON] = {"q": query, "order": order, "limit": limit, "cursor": cursor}
    return Call("GET", "/search", answers.record(SearchPage), params)


def search_logs(
    run_id: int | str, text: str, is_regex: bool, context: int, query: LogQuery
) -> Call[LogHits]:
    """GET /agent_runs/{id}/logs/search."""
    params: dict[str, JSON] = {"q": text, "regex": is_regex or None, "context": context, **query}
    for name in ("message_type", "tool_name"):
        params[name] = several(query.get(name))
    path = f"/agent_runs/{run_id_of(run_id)}/logs/search"
    return Call("GET", path, answers.record(LogHits), params, missing=errors.RunNotFound)


def list_search_fields() -> Call[list[SearchFieldInfo]]:
    """GET /search/fields."""
    return Call("GET", "/search/fields", answers.records(SearchFieldInfo))
