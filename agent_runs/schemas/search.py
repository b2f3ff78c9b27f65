"""Answers of the search."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class SearchHit(BaseModel):
    """A step that matches, or the run itself."""

    seq: int | None = Field(
        description="Step in the run; null if its title, a prompt or a result matches."
    )
    url: str = Field(description="The run's page at this step.")
    created_at: datetime = Field(description="When the step happened, or the run was created.")
    message_type: str | None = Field(description="Kind of the step; null for the run itself.")
    tool_name: str | None = Field(description="Tool that the step used.")
    failed: bool = Field(description="Whether the step failed.")
    snippet: str = Field(description="Part of the text, on one line.")
    highlights: list[tuple[int, int]] = Field(
        description="Where the words are in the snippet: start and end, in characters from 0.",
        examples=[[[10, 16]]],
    )


class SearchRun(BaseModel):
    """The run that hits are in."""

    id: int = Field(description="Id of the run.")
    title: str = Field(description="What people call it, like `name` of a run.")
    status: str = Field(description="Its status.")
    status_word: str = Field(description="Its status in words for people.")
    status_tone: str = Field(description="The colour of its status, like `status_tone` of a run.")
    agent: str | None = Field(description="Agent that worked.")
    repo_id: int | None = Field(description="Repository that it worked in.")
    created_at: datetime = Field(description="When it was created.")
    archived: bool = Field(description="Whether it is archived.")
    web_url: str = Field(description="The run's page.")


class SearchGroup(BaseModel):
    """The hits of a page that are in one run."""

    run: SearchRun = Field(description="The run.")
    hits: list[SearchHit] = Field(description="Its hits, in the requested order.")


class SearchPage(BaseModel):
    """One page of hits."""

    items: list[SearchGroup] = Field(description="Grouped by run, in the order of the first hits.")
    total: int = Field(description="Hits on all pages.")
    total_is_capped: bool = Field(description="Whether there are more than `total`: 10 000+.")
    order: Literal["newest", "best"] = Field(
        description="Order of the hits; always `newest` for a query without words."
    )
    next_cursor: str | None = Field(
        description="`cursor` of the next page; null on the last one. A page can be short or even "
        "empty without being the last."
    )


class SearchFieldInfo(BaseModel):
    """A field of the query language."""

    name: str = Field(description="The part before the colon.")
    about: str = Field(description="What it compares.")
    example: str = Field(description="A value.")
    values: list[str] = Field(description="Possible values, if they can be listed.")


class SearchFields(BaseModel):
    """The fields of the query language, for completion."""

    items: list[SearchFieldInfo] = Field(description="The fields.")
