# Generated from asynchronous/search.py by `make format`. Edit that file.
"""Search in everything that a server of this program stores, and saved views."""

from __future__ import annotations  # the types in the signatures are loaded late, too

from typing import TYPE_CHECKING

from agent_runs.client import late
from agent_runs.client.base import PAGE_LIMIT
from agent_runs.client.blocking.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Literal, Unpack

    from agent_runs.client.calls.runs import LogQuery
    from agent_runs.models import SavedView
    from agent_runs.schemas.answers import LogHits
    from agent_runs.schemas.search import SearchFieldInfo, SearchGroup, SearchPage

    Order = Literal["newest", "best"]
    Kind = Literal["search", "runs"]


class Search(Sender):
    """Finds steps and runs."""

    def search(
        self, query: str, *, order: Order = "newest", limit: int = 50, cursor: str | None = None
    ) -> SearchPage:
        """Return one page of matching steps and runs, grouped by run.

        Args:
            query: as in docs/search.md: `tool:bash status:error "exact words" -not`.
            order: `newest` first, or the `best` of the newest 1,000 hits.
            limit: maximum number of hits, 1 to 100.
            cursor: `next_cursor` of the previous page.

        Raises:
            InvalidQuery: the query cannot be understood; `position` says where.
        """
        return self._send(late.search.search(query, order, limit, cursor))

    def iter_search(self, query: str, *, order: Order = "newest") -> Generator[SearchGroup]:
        """Yield all hits, page by page; a run can appear again on a later page."""
        cursor = None
        while True:
            page = self.search(query, order=order, limit=PAGE_LIMIT, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def search_agent_run_logs(
        self,
        run_id: int | str,
        text: str,
        *,
        regex: bool = False,
        context: int = 0,
        **query: Unpack[LogQuery],
    ) -> LogHits:
        """Search all entries of a run for a text (in any case) or a pattern.

        Args:
            regex: `text` is a regular expression; it has a time limit.
            context: neighbours of each hit in `around`; they need not match the filters.
            query: filters for hits, as in `get_agent_run_logs`.

        Raises:
            InvalidQuery: the pattern is invalid or takes too long.
        """
        return self._send(late.search.search_logs(run_id, text, regex, context, query))

    def list_search_fields(self) -> list[SearchFieldInfo]:
        """Return the fields of the query language and their values."""
        return self._send(late.search.list_search_fields())

    def list_views(self, kind: Kind | None = None) -> list[SavedView]:
        """Return the saved views by name: of `search`, of `runs`, or all."""
        return self._send(late.search.list_views(kind))

    def save_view(self, name: str, query: str, *, kind: Kind = "search") -> SavedView:
        """Save a query under a name, for all users.

        Args:
            query: a search as in docs/search.md, or filters as in the address of the run list.

        Raises:
            InvalidRequest: the query cannot be understood.
            Conflict: the name is taken.
        """
        return self._send(late.search.save_view(name, query, kind))

    def change_view(
        self, view_id: int, *, name: str | None = None, query: str | None = None
    ) -> SavedView:
        """Change a saved view's name or query."""
        return self._send(late.search.change_view(view_id, name, query))

    def remove_view(self, view_id: int) -> None:
        """Delete a saved view."""
        self._send(late.search.remove_view(view_id))
