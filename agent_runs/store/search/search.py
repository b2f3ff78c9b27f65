"""Search in everything that is stored: entries of all runs, and titles, prompts and results.

Newest first is the order of storing, read from the full-text index itself. Only the newest hits are
ranked, because ranking all hits of a common word would take seconds. A search with few hits among
many candidates stops after a while and says where to continue, so no search blocks the others. See
decision 0014.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from agent_runs.errors import InvalidRequest
from agent_runs.models import AgentRun
from agent_runs.search_query import SearchQuery
from agent_runs.store.engine.database import Reader
from agent_runs.store.engine.payloads import moment, search_text
from agent_runs.store.runs.rows import parse
from agent_runs.store.search.highlights import Snippet, Stems
from agent_runs.store.search.rows import Rows, Source
from agent_runs.store.search.terms import terms_of

Order = Literal["newest", "best"]

MOST_COUNTED = 10_000
"""Hits are counted up to this number; beyond it, the total is a lower bound."""

_CURSOR = re.compile(r"(newest|best)\.(\d{1,18})\.(\d{1,18})\.(\d{1,9})")
_ANY = 10**17
# To rank a phrase, SQLite reads all of its hits.
_MOST_RANKED = 12
# The words of a run say more about it than those of an entry.
_RUN_WEIGHT = 2.0


class Hit(NamedTuple):
    """An entry or a run that matches.

    Attributes:
        run_id: of the run.
        seq: of the entry; None: title, prompt or result of the run itself.
        created_at: of the entry, or of the run.
        message_type: kind of the entry, empty for a run.
        tool_name: tool of the entry, if it used one.
        is_failed: the entry failed.
        snippet: a piece of its text with the searched words marked.
    """

    run_id: int
    seq: int | None
    created_at: datetime
    message_type: str
    tool_name: str | None
    is_failed: bool
    snippet: Snippet


@dataclass(frozen=True)
class HitPage:
    """A page of hits.

    Attributes:
        hits: in the requested order.
        runs: the runs of the hits, by id; long texts are cut.
        total: hits on all pages.
        total_is_capped: there are more than `total`.
        order: that of the hits.
        next_cursor: where the next page begins; None on the last page. A page can be short, even
            empty, without being the last.
    """

    hits: list[Hit]
    runs: dict[int, AgentRun]
    total: int
    total_is_capped: bool
    order: Order
    next_cursor: str | None


async def find(
    reader: Reader,
    query: SearchQuery,
    *,
    order: Order = "newest",
    limit: int = 50,
    cursor: str | None = None,
    counted: bool = True,
) -> HitPage:
    """Return one page of hits.

    Args:
        reader: where to look.
        query: what to look for; an empty one finds all runs.
        order: `best` ranks the newest hits. Without words, or with more than twelve phrases, they
            always come newest first.
        limit: most hits.
        cursor: `next_cursor` of the page before.
        counted: False does not count: the total is the number of hits on this page.

    Raises:
        InvalidRequest: the cursor does not belong to this order.
    """
    if not 0 < sum(map(len, query.all_of)) <= _MOST_RANKED:
        order = "newest"
    bounds = _bounds(order, cursor)
    terms = await terms_of(reader, query)
    # A query with only fields of runs finds runs, one with fields of entries finds entries.
    asks_entries = query.has_words or query.is_about_entries

    # New ones for each use: a count may walk through rows where a page reads the index.
    def sources() -> tuple[Rows, Rows]:
        hopeless = terms.is_hopeless
        return (
            Rows(reader, Source.ENTRIES, terms, is_empty=hopeless or not asks_entries),
            Rows(reader, Source.RUNS, terms, is_empty=hopeless or query.is_about_entries),
        )

    if order == "best" and counted:
        page, (total, is_capped) = await asyncio.gather(
            _best(*sources(), bounds, limit), _count(*sources())
        )
        hits = await _read(reader, query, page.positions)
    else:
        page = await (_best if order == "best" else _newest)(*sources(), bounds, limit)
        # If a page has all hits, their number is known.
        is_whole = order == "newest" and cursor is None and page.next is None
        (total, is_capped), hits = await asyncio.gather(
            _count(*sources()) if counted and not is_whole else _count_page(page),
            _read(reader, query, page.positions),
        )
    runs_of_hits = await _runs(reader, {hit.run_id for hit in hits})
    return HitPage(
        [hit for hit in hits if hit.run_id in runs_of_hits],
        runs_of_hits,
        total,
        is_capped,
        order,
        None if page.next is None else ".".join([order, *map(str, page.next)]),
    )


async def every(reader: Reader, query: SearchQuery, *, part: int = 200) -> AsyncIterator[Hit]:
    """Yield all hits, newest first, a part at a time; hits that come meanwhile are left out."""
    cursor = None
    while True:
        page = await find(reader, query, limit=part, cursor=cursor, counted=False)
        for hit in page.hits:
            yield hit
        cursor = page.next_cursor
        if cursor is None:
            return


class _Bounds(NamedTuple):
    """Where a page begins: before these keys, and after `offset` ranked hits."""

    entries: int = _ANY
    runs: int = _ANY
    offset: int = 0


class _Position(NamedTuple):
    """A hit before it is read; `key` is the id of a log row or of a run."""

    is_run: bool
    key: int
    order: float


class _Page(NamedTuple):
    positions: list[_Position]
    next: _Bounds | None


def _bounds(order: Order, cursor: str | None) -> _Bounds:
    if cursor is None:
        return _Bounds()
    parts = _CURSOR.fullmatch(cursor)
    if parts is None or parts[1] != order:
        raise InvalidRequest(
            "cursor: use next_cursor of the page before, with the same query and order."
        )
    return _Bounds(*(int(part) for part in parts.groups()[1:]))


async def _newest(entries: Rows, runs: Rows, bounds: _Bounds, limit: int) -> _Page:
    """Merge the two by time; each keeps the order of storing, which is nearly the same."""
    parts = await asyncio.gather(
        entries.newest(bounds.entries, limit), runs.newest(bounds.runs, limit)
    )
    positions: list[_Position] = []
    at = [0, 0]
    while len(positions) < limit:
        heads = [
            (part.rows[at[which]].order, -which)
            for which, part in enumerate(parts)
            if at[which] < len(part.rows)
        ]
        if not heads:
            break
        which = -max(heads)[1]
        row = parts[which].rows[at[which]]
        positions.append(_Position(which == 1, row.key, row.order))
        at[which] += 1
    before = [
        part.before if at[which] == len(part.rows)
        else part.rows[at[which] - 1].key if at[which]
        else part.rows[0].key + 1
        for which, part in enumerate(parts)
    ]  # fmt: skip
    return _Page(positions, _Bounds(before[0], before[1]) if any(before) else None)


async def _best(entries: Rows, runs: Rows, bounds: _Bounds, limit: int) -> _Page:
    """Rank the newest hits; hits that come while somebody turns pages are left out."""
    tops = min(bounds.entries, await entries.top()), min(bounds.runs, await runs.top())
    ranked = await asyncio.gather(entries.best(tops[0]), runs.best(tops[1]))
    positions = [_Position(False, row.key, row.order) for row in ranked[0]]
    positions += [_Position(True, row.key, row.order * _RUN_WEIGHT) for row in ranked[1]]
    positions.sort(key=lambda position: (position.order, -position.key, position.is_run))
    end = bounds.offset + limit
    following = _Bounds(tops[0], tops[1], end) if end < len(positions) else None
    return _Page(positions[bounds.offset : end], following)


async def _count(entries: Rows, runs: Rows) -> tuple[int, bool]:
    # One after another: the first count begins before the page is read.
    total, is_more = await entries.count(MOST_COUNTED)
    if total < MOST_COUNTED:
        of_runs, are_more = await runs.count(MOST_COUNTED)
        total, is_more = total + of_runs, is_more or are_more
    return min(total, MOST_COUNTED), is_more or total > MOST_COUNTED


async def _count_page(page: _Page) -> tuple[int, bool]:
    return len(page.positions), page.next is not None


async def _read(reader: Reader, query: SearchQuery, positions: Sequence[_Position]) -> list[Hit]:
    stems = Stems(phrase for group in query.all_of for phrase in group)
    hits: dict[tuple[bool, int], Hit] = {}
    if keys := {
        f"key_{at}": position.key for at, position in enumerate(positions) if not position.is_run
    }:
        rows = await reader.read(
            "select id, run_id, seq, ts, message_type, tool_name, failed, payload from log"
            f" where id in ({', '.join(f':{name}' for name in keys)})",
            keys,
        )
        for key, run_id, seq, ts, kind, tool, failed, payload in rows:
            snippet = stems.snippet(search_text(payload))
            hits[False, key] = Hit(run_id, seq, moment(ts), kind, tool, bool(failed), snippet)
    if keys := {
        f"key_{at}": position.key for at, position in enumerate(positions) if position.is_run
    }:
        rows = await reader.read(
            "select run.id, run.created_at, body from run join run_text on run_text.run_id = run.id"
            f" where run.id in ({', '.join(f':{name}' for name in keys)})",
            keys,
        )
        for run_id, created_at, body in rows:
            snippet = stems.snippet(body)
            hits[True, run_id] = Hit(run_id, None, moment(created_at), "", None, False, snippet)
    return [hits[key] for position in positions if (key := (position.is_run, position.key)) in hits]


async def _runs(reader: Reader, run_ids: set[int]) -> dict[int, AgentRun]:
    if not run_ids:
        return {}
    keys = {f"id_{at}": run_id for at, run_id in enumerate(run_ids)}
    rows = await reader.read(
        f"select payload, id from run where id in ({', '.join(f':{name}' for name in keys)})", keys
    )
    return {run_id: parse(reader, payload, run_id) for payload, run_id in rows}
