"""Requests of the search and of saved views, and their answers."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from agent_runs import errors
from agent_runs.client.base import Call
from agent_runs.client.calls import answers
from agent_runs.client.calls.runs import LogQuery, run_id_of, several
from agent_runs.models import JSON, Record, SavedView


class SearchHit(Record):
    """A step that matches, or the run itself."""

    seq: int | None = Field(default=None, description="step in the run; None for the run itself")
    url: str = Field(default="", description="the run's page at this step")
    created_at: datetime = Field(description="when the step happened, or the run was created")
    message_type: str | None = Field(default=None, description="kind of the step")
    tool_name: str | None = Field(default=None, description="tool that the step used")
    failed: bool = Field(default=False, description="whether the step failed")
    snippet: str = Field(default="", description="part of the text, on one line")
    highlights: tuple[tuple[int, int], ...] = Field(
        default=(), description="where the words are in the snippet: start, end, from 0"
    )


class LogHits(Record):
    """Where a text occurs in a run."""

    total: int = Field(default=0, description="number of entries that contain it")
    seqs: tuple[int, ...] = Field(default=(), description="the first 5,000 of them, ascending")
    around: tuple[tuple[int, int], ...] = Field(
        default=(), description="ranges to show, as first and last seq: hits with neighbours"
    )


class SearchRun(Record):
    """The run that hits are in."""

    id: int = Field(description="id of the run")
    title: str = Field(default="", description="what people call it, like `name` of a run")
    status: str = Field(default=answers.UNKNOWN, description="its status")
    status_word: str = Field(default="", description="status in words for people")
    status_tone: str = Field(default="neutral", description="its colour, as for a run")
    agent: str | None = Field(default=None, description="agent that worked")
    repo_id: int | None = Field(default=None, description="repository that it worked in")
    created_at: datetime = Field(description="when it was created")
    archived: bool = Field(default=False, description="whether it is archived")
    web_url: str = Field(default="", description="the run's page")


class SearchGroup(Record):
    """The hits of a page that are in one run."""

    run: SearchRun
    hits: tuple[SearchHit, ...] = ()


class SearchPage(Record):
    """One page of hits, grouped by run."""

    items: tuple[SearchGroup, ...] = ()
    total: int = Field(default=0, description="hits on all pages")
    total_is_capped: bool = Field(default=False, description="whether there are more")
    order: str = Field(default="newest", description="newest or best")
    next_cursor: str | None = Field(default=None, description="None on the last page")


class SearchField(Record):
    """A field of the query language."""

    name: str = Field(description="the part before the colon")
    about: str = Field(default="", description="what it compares")
    example: str = Field(default="", description="a value")
    values: tuple[str, ...] = Field(default=(), description="possible values")


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


def list_search_fields() -> Call[list[SearchField]]:
    """GET /search/fields."""
    return Call("GET", "/search/fields", answers.records(SearchField))
