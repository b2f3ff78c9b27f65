"""Answers of the search, as the server gives them and the SDK reads them."""

from datetime import datetime

from pydantic import Field

from agent_runs.record import Reply


class SearchHit(Reply):
    """A step that matches, or the run itself."""

    seq: int | None = Field(
        default=None,
        description="Step in the run; null if its title, a prompt or a result matches.",
    )
    url: str = Field(default="", description="The run's page at this step.")
    created_at: datetime = Field(description="When the step happened, or the run was created.")
    message_type: str | None = Field(
        default=None, description="Kind of the step; null for the run itself."
    )
    tool_name: str | None = Field(default=None, description="Tool that the step used.")
    failed: bool = Field(default=False, description="Whether the step failed.")
    snippet: str = Field(default="", description="Part of the text, on one line.")
    highlights: tuple[tuple[int, int], ...] = Field(
        default=(),
        description="Where the words are in the snippet: start and end, in characters from 0.",
        examples=[[[10, 16]]],
    )


class SearchRun(Reply):
    """The run that hits are in."""

    id: int = Field(description="Id of the run.")
    name: str = Field(default="", description="What people call it, like `name` of a run.")
    title: str = Field(default="", description="The same as `name`.")
    status: str = Field(default="UNKNOWN", description="Its status.")
    status_word: str = Field(default="", description="Its status in words for people.")
    status_tone: str = Field(default="neutral", description="Its colour, like that of a run.")
    agent: str | None = Field(default=None, description="Agent that worked.")
    repo_id: int | None = Field(default=None, description="Repository that it worked in.")
    created_at: datetime = Field(description="When it was created.")
    archived: bool = Field(default=False, description="Whether it is archived.")
    web_url: str = Field(default="", description="The run's page.")


class SearchGroup(Reply):
    """The hits of a page that are in one run."""

    run: SearchRun = Field(description="The run.")
    hits: tuple[SearchHit, ...] = Field(default=(), description="Its hits, in the requested order.")


class SearchPage(Reply):
    """One page of hits."""

    items: tuple[SearchGroup, ...] = Field(
        default=(), description="Grouped by run, in the order of the first hits."
    )
    total: int = Field(default=0, description="Hits on all pages.")
    total_is_capped: bool = Field(
        default=False, description="Whether there are more than `total`: 10 000+."
    )
    order: str = Field(
        default="newest",
        description="Order of the hits; always `newest` for a query without words.",
        json_schema_extra={"enum": ["newest", "best"]},
    )
    next_cursor: str | None = Field(
        default=None,
        description="`cursor` of the next page; null on the last one. A page can be short or even "
        "empty without being the last.",
    )


class SearchFieldInfo(Reply):
    """A field of the query language."""

    name: str = Field(description="The part before the colon.")
    about: str = Field(default="", description="What it compares.")
    example: str = Field(default="", description="A value.")
    values: tuple[str, ...] = Field(
        default=(), description="Possible values, if they can be listed."
    )


class SearchFields(Reply):
    """The fields of the query language, for completion."""

    items: tuple[SearchFieldInfo, ...] = Field(description="The fields.")
