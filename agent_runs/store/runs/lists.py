"""Lists of runs: pages under a filter, and how many there are.

If the filter has only organization, status and archived, the total comes from stored counters; a
count over all runs would cost twice as much as the page itself.
"""

from typing import Any, NamedTuple

from agent_runs.filters import RunFilter
from agent_runs.models import TERMINAL_STATUSES
from agent_runs.store.engine.database import Reader
from agent_runs.store.engine.dialect import Dialect
from agent_runs.store.engine.payloads import clean_text, milliseconds
from agent_runs.store.engine.terms import all_of, any_of, containing, contains
from agent_runs.store.figures.tallies import ERROR, TOOL
from agent_runs.store.runs.rows import served

_TALLIED = {
    "tool": (TOOL, "number"),
    "failed_tool": (TOOL, "failed"),
    "error": (ERROR, "number"),
}
"""Filters on what a run did: kind of the tally, and which of its amounts."""
_MEASURED = {
    "duration": ("worked_ms", "{} is not null"),
    "first_step": ("first_step_at", "{} is not null"),
    "waiting": ("waited_ms", "cast({} as bigint) > 0"),
}
"""Which runs `store/figures/figures.py` measures: a field of their payload, and its condition."""
_FIELD = {"sqlite": "json_extract(payload, '$.{}')", "postgresql": "cast(payload as json) ->> '{}'"}
_ENDED = f"status in ({', '.join(repr(str(status)) for status in sorted(TERMINAL_STATUSES))})"
_NEWEST_FIRST = " order by created_at desc, id desc"
# Page and total in one pass; an empty page has a total, too.
_FOUND = """
    with found as materialized (select id, created_at from run{where}),
    chosen as (
        select id from found order by created_at desc, id desc limit :limit offset :skip
    )
    select run.payload, run.id, total.number
    from (select count(*) as number from found) as total
    left join chosen on true
    left join run on run.id = chosen.id
    order by run.created_at desc, run.id desc
"""
# Index entries that a read on the event loop may visit. Measured with 100,000 runs on SQLite: a
# page after 5,000 entries takes 0.3 ms.
_SHORT = 5000


class RunCounts(NamedTuple):
    """How many runs there are.

    Attributes:
        by_status: official word → number, runs that are not archived.
        archived: number of archived runs.
    """

    by_status: dict[str, int]
    archived: int


async def page(
    reader: Reader, run_filter: RunFilter, *, skip: int, limit: int
) -> tuple[list[str], int]:
    """Return `(items, total)`: JSON texts as served, newest first, at most `limit`."""
    if _is_counted(run_filter):
        return await _counted_page(reader, run_filter, skip=skip, limit=limit)
    terms, params = terms_of(run_filter, reader.dialect)
    if run_filter.status:
        terms.append(any_of("status", run_filter.status, params))
    rows = await reader.read_heavy(
        _FOUND.format(where=all_of(terms)), params | {"limit": limit, "skip": skip}
    )
    items = [served(reader, payload, run_id) for payload, run_id, _ in rows if run_id is not None]
    return items, rows[0][2]


async def counts(reader: Reader, organization_id: int | None = None) -> RunCounts:
    """Return how many runs there are, of one organization or of all."""
    where = "" if organization_id is None else " where organization_id = :organization_id"
    rows = await reader.read(
        f"select status, archived, sum(total) from run_total{where} group by status, archived",
        {} if organization_id is None else {"organization_id": organization_id},
    )
    by_status = {status: int(total) for status, archived, total in rows if total and not archived}
    return RunCounts(by_status, sum(int(total) for _, archived, total in rows if archived))


def terms_of(run_filter: RunFilter, dialect: Dialect) -> tuple[list[str], dict[str, Any]]:
    """Return the terms of a WHERE clause for a filter without its status."""
    terms: list[str] = []
    params: dict[str, Any] = {}
    if run_filter.organization_id is not None:
        # The plus keeps SQLite from using an index whose entries it would have to sort.
        terms.append("+organization_id = :organization_id")
        params["organization_id"] = run_filter.organization_id
    for name in ("agent", "source_type", "repo_id", "user_id", "mode"):
        value = getattr(run_filter, name)
        if value is not None:
            terms.append(f"{name} = :{name}")
            params[name] = value
    if run_filter.archived is not None:
        terms.append(f"archived_at is {'not ' if run_filter.archived else ''}null")
    if run_filter.since is not None:
        terms.append("created_at >= :since")
        params["since"] = milliseconds(run_filter.since)
    if run_filter.until is not None:
        terms.append("created_at < :until")
        params["until"] = milliseconds(run_filter.until)
    for name, (kind, more) in _TALLIED.items():
        value = getattr(run_filter, name)
        if value is not None:
            terms.append(
                "exists (select 1 from run_tally where run_tally.run_id = run.id"
                f" and kind = '{kind}' and name = :{name} and {more} > 0)"
            )
            params[name] = value
    if run_filter.measured is not None:
        terms.append(_ENDED)
        if run_filter.measured in _MEASURED:
            name, condition = _MEASURED[run_filter.measured]
            terms.append(condition.format(f"({_FIELD[dialect].format(name)})"))
    for at, word in enumerate((run_filter.text or "").split()):
        params[f"word_{at}"] = containing(clean_text(word).casefold())
        in_turns = (
            "exists (select 1 from turn where turn.run_id = run.id"
            f" and {contains('turn.folded', f'word_{at}')})"
        )
        terms.append(f"({contains('title_folded', f'word_{at}')} or {in_turns})")
    return terms, params


async def _counted_page(
    reader: Reader, run_filter: RunFilter, *, skip: int, limit: int
) -> tuple[list[str], int]:
    total, all_runs = await _kept_totals(reader, run_filter)
    if skip >= total:
        return [], total
    terms, params = terms_of(run_filter, reader.dialect)
    reach = skip + limit
    if run_filter.status:
        # The newest of each status separately: otherwise both engines would sort all runs.
        newest = " union all ".join(
            f"select id from (select id from run{all_of([*terms, f'status = :status_{at}'])}"
            f"{_NEWEST_FIRST} limit :reach) as status_{at}"
            for at in range(len(run_filter.status))
        )
        params |= {f"status_{at}": status for at, status in enumerate(run_filter.status)}
        params["reach"] = reach
        terms = [f"id in ({newest})"]
    # How many index entries are visited; archived runs and those of an organization may be sparse.
    visited = reach * max(len(run_filter.status), all_runs // total)
    read = reader.read if visited <= _SHORT else reader.read_heavy
    rows = await read(
        f"select payload, id from run{all_of(terms)}{_NEWEST_FIRST} limit :limit offset :skip",
        params | {"limit": limit, "skip": skip},
    )
    return [served(reader, payload, run_id) for payload, run_id in rows], total


async def _kept_totals(reader: Reader, run_filter: RunFilter) -> tuple[int, int]:
    """Return how many runs match and how many there are."""
    terms = ["0 = 0"]
    params: dict[str, Any] = {}
    if run_filter.organization_id is not None:
        terms.append("organization_id = :organization_id")
        params["organization_id"] = run_filter.organization_id
    if run_filter.status:
        terms.append(any_of("status", run_filter.status, params))
    if run_filter.archived is not None:
        terms.append("archived = :archived")
        params["archived"] = int(run_filter.archived)
    ((total, all_runs),) = await reader.read(
        f"select coalesce(sum(case when {' and '.join(terms)} then total else 0 end), 0),"
        " coalesce(sum(total), 0) from run_total",
        params,
    )
    return int(total), int(all_runs)


def _is_counted(run_filter: RunFilter) -> bool:
    return run_filter == RunFilter(
        organization_id=run_filter.organization_id,
        status=run_filter.status,
        archived=run_filter.archived,
    )
