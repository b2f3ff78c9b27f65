"""A search query as SQL for both engines; everything from the query is a parameter.

Words are searched in the full-text index. Without words, the newest entries are read in the order
of the index that narrows them down most.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_runs.search_query import FieldTerm, SearchQuery
from agent_runs.store.engine.database import Reader
from agent_runs.store.engine.payloads import clean_text, milliseconds
from agent_runs.store.engine.words import fold
from agent_runs.store.organization import repos

# Runs whose entries are located by id: for 200, SQLite takes 0.2 ms (data of `bench/search.py`).
_FEW_RUNS = 200
_MOST_REPOS = 10_000
_MOST_TOOLS = 1000
_BEYOND = 2**62
# Entries of a period that are read to find where it begins or ends: 20,000 take 1.4 ms.
_FEW_ENTRIES = 20_000
# All tools, each found with one step in the index.
_TOOLS = """
    with recursive tool (name) as (
        select min(tool_name) from log
        union all
        select (select min(tool_name) from log where tool_name > tool.name) from tool
        where tool.name is not null
    )
    select name from tool where name is not null limit :most
"""


@dataclass
class Terms:
    """The conditions of a query on entries and on runs.

    Attributes:
        words: the whole condition on the full-text index; None if the query has no words.
        unwanted: condition on the full-text index that must not hold; only without `words`.
        of_entry: conditions on table `log`.
        of_run: conditions on table `run`.
        run_ids: the only runs that can match, if they are few; `of_run` holds for them.
        tools: exact names of the tools in the query, if any.
        types: the kinds of entries in the query, if any.
        only_failed: the query is only about entries that failed.
        alone: by field, the condition of `of_entry` that holds for all rows from its index.
        floor: no entry with a smaller row id can match.
        ceiling: no entry with this row id or a larger one can match; None: unknown.
        params: of all of these.
    """

    words: str | None = None
    unwanted: str | None = None
    of_entry: list[str] = field(default_factory=list[str])
    of_run: list[str] = field(default_factory=list[str])
    run_ids: list[int] | None = None
    tools: list[str] | None = None
    types: list[str] | None = None
    only_failed: bool = False
    alone: dict[str, str] = field(default_factory=dict[str, str])
    floor: int = 0
    ceiling: int | None = None
    params: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def is_hopeless(self) -> bool:
        """Tell whether nothing can match."""
        return self.run_ids == [] or self.tools == []

    def any_of(self, column: str, name: str, values: Iterable[Any]) -> str:
        """Return the condition that `column` has one of `values`."""
        names = {f"{name}_{at}": value for at, value in enumerate(values)}
        self.params |= names
        # `in ()` is not SQL.
        return f"{column} in ({', '.join(f':{name}' for name in names)})" if names else "0 = 1"


async def terms_of(reader: Reader, query: SearchQuery) -> Terms:
    """Return a query's conditions; names of tools and repositories are looked up."""
    terms = Terms()
    _add_words(reader, query, terms)
    for at, term in enumerate(query.fields):
        await _add_field(reader, term, f"f{at}", terms)
    _add_times(query, terms)
    await _narrow_runs(reader, query, terms)
    if query.since is not None or query.until is not None:
        await _narrow_times(reader, query, terms)
    return terms


def _add_words(reader: Reader, query: SearchQuery, terms: Terms) -> None:
    if reader.dialect == "sqlite":
        words = " AND ".join(_fts(group) for group in query.all_of)
        unwanted = _fts(query.none_of)
        terms.params["words"] = (
            f"({words}) NOT {unwanted}" if words and query.none_of else words or unwanted
        )
        condition = ":words"
        terms.words = condition if words else None
        terms.unwanted = condition if query.none_of and not words else None
        return
    words = " && ".join(_tsquery(group, f"w{at}", terms) for at, group in enumerate(query.all_of))
    unwanted = _tsquery(query.none_of, "u", terms)
    if words:
        terms.words = f"({words} && !!{unwanted})" if query.none_of else f"({words})"
    elif query.none_of:
        terms.unwanted = unwanted


def _fts(phrases: Sequence[str]) -> str:
    """Any of the phrases, as an FTS5 query; double quotes make everything literal."""
    quoted = (f'"{clean_text(phrase).replace(chr(34), " ")}"' for phrase in phrases)
    return f"({' OR '.join(quoted)})"


def _tsquery(phrases: Sequence[str], name: str, terms: Terms) -> str:
    terms.params |= {f"{name}_{at}": fold(clean_text(phrase)) for at, phrase in enumerate(phrases)}
    parts = (f"phraseto_tsquery('agent_runs', :{name}_{at})" for at in range(len(phrases)))
    return f"({' || '.join(parts)})"


async def _add_field(reader: Reader, term: FieldTerm, name: str, terms: Terms) -> None:
    values = [clean_text(value) for value in term.values]
    match term.name:
        case "tool":
            names = await tools(reader)
            folded = {value.casefold() for value in values}
            values = [tool for tool in names if tool.casefold() in folded]
            column, target = "coalesce(log.tool_name, '')", terms.of_entry
            if not term.is_excluded:
                terms.tools = values
                column = "log.tool_name"
        case "type":
            column, target = "log.message_type", terms.of_entry
            if not term.is_excluded:
                terms.types = values
        case "failed":
            column, target = "log.failed", terms.of_entry
            values = [int(value == "yes") for value in values]
            terms.only_failed |= values == [int(not term.is_excluded)]
        case "status":
            column, target = "run.status", terms.of_run
        case "agent":
            column, target = "lower(coalesce(run.agent, ''))", terms.of_run
            values = [value.lower() for value in values]
        case "repo":
            column, target = "coalesce(run.repo_id, 0)", terms.of_run
            values = await _repo_ids(reader, values)
        case "run":
            column, target = "run.id", terms.of_run
            values = [int(value) for value in values]
        case _:  # archived
            column, target = "(run.archived_at is not null)", terms.of_run
            values = [value == "yes" for value in values]
    condition = terms.any_of(column, name, values)
    target.append(f"not ({condition})" if term.is_excluded else condition)
    if target is terms.of_entry and not term.is_excluded:
        terms.alone[term.name] = condition


async def tools(reader: Reader) -> list[str]:
    """Return the names of all tools that were ever used, sorted; at most 1,000."""
    rows = await reader.read_heavy(_TOOLS, {"most": _MOST_TOOLS})
    return [name for (name,) in rows]


async def _repo_ids(reader: Reader, names: Sequence[str]) -> list[int]:
    folded = {name.casefold() for name in names}
    items, _ = await repos.page(reader, skip=0, limit=_MOST_REPOS)
    return [
        repo.id
        for repo in items
        if folded & {repo.name.casefold(), repo.full_name.casefold(), str(repo.id)}
    ]


def _add_times(query: SearchQuery, terms: Terms) -> None:
    for name, moment, sign in (("since", query.since, ">="), ("until", query.until, "<")):
        if moment is not None:
            terms.params[name] = milliseconds(moment)
            terms.of_entry.append(f"log.ts {sign} :{name}")


async def _narrow_runs(reader: Reader, query: SearchQuery, terms: Terms) -> None:
    """Find out which runs can match, if they are few, and where their entries are."""
    if all(term.is_excluded for term in query.fields if term.name != "archived"):
        return
    if not terms.of_run:
        return
    rows = await reader.read_heavy(
        f"select id from run where {' and '.join(terms.of_run)} limit {_FEW_RUNS + 1}",
        terms.params,
    )
    if len(rows) > _FEW_RUNS:
        return
    terms.run_ids = [run_id for (run_id,) in rows]
    listed = terms.any_of("run.id", "only", terms.run_ids)
    # Entries of a run are stored in order.
    ((first, last),) = await reader.read(
        "select min(first.id), max(last.id) from run"
        " left join log as first on first.run_id = run.id and first.seq = 0"
        " left join log as last on last.run_id = run.id and last.seq = run.log_count - 1"
        f" where {listed}",
        terms.params,
    )
    terms.floor = first or 0
    terms.ceiling = (last or 0) + 1


async def _narrow_times(reader: Reader, query: SearchQuery, terms: Terms) -> None:
    """Find out where the entries of a period are, if they are few."""
    few = {**terms.params, "few": _FEW_ENTRIES + 1}
    if query.since is not None:
        ((number, first),) = await reader.read_heavy(
            "select count(*), min(id) from"
            " (select id from log where ts >= :since order by ts limit :few) as nearest",
            few,
        )
        if number <= _FEW_ENTRIES:
            terms.floor = max(terms.floor, _BEYOND if first is None else first)
    if query.until is not None:
        ((number, last),) = await reader.read_heavy(
            "select count(*), max(id) from"
            " (select id from log where ts < :until order by ts desc limit :few) as nearest",
            few,
        )
        if number <= _FEW_ENTRIES:
            end = (last or 0) + 1
            terms.ceiling = end if terms.ceiling is None else min(terms.ceiling, end)
