"""Where the hits of a search are: ids of log rows or of runs, newest first or by rank.

The newest candidates are read in parts that grow, and each part is filtered. A part is short, and
between two parts other requests get their turn.
"""

import time
from enum import Enum
from typing import NamedTuple

from agent_runs.store.engine.database import Reader
from agent_runs.store.search.terms import Terms

WINDOW = 1000
"""How many of the newest hits are ranked."""
# Measured with 300,000 of the entries of `bench/search.py`; `python -m bench search` checks that a
# page stays within three times the bare query (docs/performance.md).
# Candidates per part, at first and at most: SQLite filters 200 in 0.2 ms and 20,000 in 46 ms.
_PART, _LARGEST_PART = 200, 20_000
# Candidates that are filtered to count hits.
_COUNTED = 10_001
# After this time, a search with few hits ends its page.
_SECONDS = 1.0
# Rows per walk through a table instead of PostgreSQL's index, which take 73 ms, and the number of
# walks after which a word is considered rare, whatever PostgreSQL estimated.
_SPAN, _SPANS = 20_000, 5
# How much more a row costs than an entry of that index: 3.6 against 1.4 µs in memory, more on disk.
_WALK_COST = 4
# Below this estimate the index is always read. For a word without statistics PostgreSQL estimates
# 0.5 % of all rows.
_FEW = 10_000


class Source(Enum):
    """What is searched: its table, key, index on SQLite, and time."""

    ENTRIES = ("log", "id", "log_fts", "select ts from log where id = c.id")
    RUNS = ("run_text", "run_id", "run_fts", "select created_at from run where id = c.id")

    def __init__(self, table: str, key: str, index: str, time: str) -> None:
        self.table, self.key, self.index, self.time = table, key, index, time


class Row(NamedTuple):
    """A hit: its key, and its time (milliseconds since 1970) or rank (the lowest is best)."""

    key: int
    order: float


class Part(NamedTuple):
    """Hits in order, and the key before which others may follow; 0 if there are none."""

    rows: list[Row]
    before: int


class Rows:
    """The hits in one source.

    Attributes:
        is_empty: the query does not concern this source.
    """

    def __init__(self, reader: Reader, source: Source, terms: Terms, *, is_empty: bool) -> None:
        self.is_empty = is_empty
        self._reader = reader
        self._source = source
        self._terms = terms
        self._floor, self._ceiling = 0, 10**17
        if source is Source.ENTRIES:
            self._floor, self._ceiling = terms.floor, terms.ceiling or self._ceiling
        self._conditions = self._filter()
        self._walks, self._spans = False, 0

    async def newest(self, before: int, limit: int) -> Part:
        """Return hits before a key, newest first, at most `limit`."""
        before = min(before, self._ceiling)
        if self.is_empty or before <= max(self._floor, 1):
            return Part([], 0)
        reach = max(_PART, 4 * limit) if self._conditions else limit + 1
        await self._choose(reach)
        if self._walks:
            before = min(before, await self.top())
        deadline = time.monotonic() + _SECONDS
        hits: list[Row] = []
        while True:
            rows, before = await self._part(before, reach, limit + 1 - len(hits))
            hits += rows
            if len(hits) > limit:
                return Part(hits[:limit], hits[limit - 1].key)
            if before <= max(self._floor, 1):
                return Part(hits, 0)
            if time.monotonic() > deadline:
                return Part(hits, before)
            reach = min(reach * 8, _LARGEST_PART)

    async def best(self, before: int) -> list[Row]:
        """Return all hits among the newest ones before a key, with their ranks."""
        before = min(before, self._ceiling)
        if self.is_empty or before <= max(self._floor, 1):
            return []
        await self._choose(WINDOW)
        floor = await self._walk_floor()
        rank = "c.rank"
        if self._reader.dialect == "postgresql":
            table, key = self._source.table, self._source.key
            text = f"(select search from {table} where {key} = c.id)"
            rank = f"-ts_rank({text}, {self._terms.words})"
        while True:
            rows = await self._reader.read_heavy(
                f"with c as materialized ({self._candidates(ranked=True)})"
                " select 0 as is_hit, count(*), null from c union all"
                f" select 1, c.id, {rank} from {self._fitting()}",
                self._params(before, WINDOW, floor),
            )
            number = next(number for is_hit, number, _ in rows if not is_hit)
            if number == WINDOW or floor <= self._floor:
                return [Row(key, order) for is_hit, key, order in rows if is_hit]
            self._walks, floor = False, self._floor

    async def count(self, most: int) -> tuple[int, bool]:
        """Return how many hits there are, and whether there may be more.

        Without a filter only the index is read, so entries of runs that are being imported already
        count.
        """
        if self.is_empty or self._ceiling <= max(self._floor, 1):
            return 0, False
        await self._choose(_COUNTED)
        floor = await self._walk_floor()
        if not self._beyond_the_index():
            ((total,),) = await self._reader.read_heavy(
                f"select count(*) from ({self._candidates(ordered=False)}) as c",
                self._params(self._ceiling, most + 1, floor),
            )
            return min(total, most), total > most or floor > self._floor
        ((number, total),) = await self._reader.read_heavy(
            f"with c as materialized ({self._candidates()})"
            f" select (select count(*) from c), (select count(*) from {self._fitting()})",
            self._params(self._ceiling, _COUNTED, floor),
        )
        is_part = total > most or number == _COUNTED or floor > self._floor
        return min(total, most), is_part

    async def top(self) -> int:
        """Return a key above all present ones."""
        table, key = self._source.table, self._source.key
        ((newest,),) = await self._reader.read(f"select max({key}) from {table}")
        return min((newest or 0) + 1, self._ceiling)

    async def _walk_floor(self) -> int:
        """How far a walk from the top goes; to the floor if there is no walk."""
        if not self._walks:
            return self._floor
        return max(self._floor, await self.top() - _SPAN * _SPANS)

    async def _part(self, before: int, reach: int, limit: int) -> tuple[list[Row], int]:
        """Return the hits of the next part, and where the one after it begins."""
        floor = max(self._floor, before - _SPAN) if self._walks else self._floor
        rows = await self._reader.read_heavy(
            f"with c as materialized ({self._candidates()})"
            " select 0 as is_hit, count(*), min(id) from c union all"
            f" select * from (select 1, c.id, ({self._source.time}) from {self._fitting()}"
            " order by c.id desc limit :limit) as f",
            self._params(before, reach, floor) | {"limit": limit},
        )
        ((_, number, lowest),) = (row for row in rows if not row[0])
        hits = sorted((Row(*row[1:]) for row in rows if row[0]), reverse=True)
        if number == reach:
            return hits, lowest
        if self._walks:
            self._spans -= 1
            self._walks = self._spans > 0
            return hits, floor
        return hits, 0

    async def _choose(self, reach: int) -> None:
        """Decide how PostgreSQL finds common words, because its index returns all hits at once."""
        self._walks = False
        if self._reader.dialect != "postgresql" or self._terms.words is None:
            return
        table = self._source.table
        ((plan,),) = await self._reader.read(
            f"explain (format json) select 1 from {table} where search @@ {self._terms.words}",
            self._terms.params,
        )
        expected = plan[0]["Plan"]["Plan Rows"]
        if expected < _FEW:
            return
        ((total,),) = await self._reader.read(
            "select reltuples from pg_class where oid = cast(:table as regclass)", {"table": table}
        )
        self._spans = _SPANS
        self._walks = reach * max(total, 1) / expected * _WALK_COST < expected

    def _params(self, before: int, reach: int, floor: int | None = None) -> dict[str, object]:
        bounds = {"before": before, "floor": self._floor if floor is None else floor}
        return {**self._terms.params, **bounds, "reach": reach}

    def _candidates(self, *, ordered: bool = True, ranked: bool = False) -> str:
        """Select the ids of the newest rows that can match."""
        key, table, words = self._source.key, self._source.table, self._terms.words
        end = " order by id desc limit :reach" if ordered else " limit :reach"
        if words is None:
            return self._without_words(end)
        if self._reader.dialect == "sqlite":
            index, rank = self._source.index, ", rank" if ranked else ""
            order = " order by rowid desc" if ordered else ""
            return (
                f"select rowid as id{rank} from {index} where {index} match {words}"
                f" and rowid < :before and rowid >= :floor{order} limit :reach"
            )
        if self._walks:
            # No index serves `is true`, so PostgreSQL reads the rows in order.
            return (
                f"select {key} as id from {table} where {key} < :before and {key} >= :floor"
                f" and (search @@ {words}) is true order by {key} desc limit :reach"
            )
        # And none serves sums: in the order of keys, rare words would take a minute.
        return (
            f"select {key} as id from {table} where search @@ {words}"
            f" and {key} + 0 < :before and {key} + 0 >= :floor"
            + (f" order by {key} + 0 desc" if ordered else "")
            + " limit :reach"
        )

    def _without_words(self, end: str) -> str:
        span = "id < :before and id >= :floor"
        if self._source is Source.RUNS:
            where = " and ".join([span, *self._conditions])
            return f"select id from run where {where}{end}"
        match self._driver():
            case "failed":
                return f"select id from log where failed = 1 and {span}{end}"
            case "tool":
                return self._of_each("tool_name", self._terms.tools or [], span, end)
            case "type":
                return self._of_each("message_type", self._terms.types or [], span, end)
            case _:
                return f"select id from log where {span}{end}"

    def _driver(self) -> str:
        """The field whose index is read if the query has no words."""
        terms = self._terms
        fields = {"failed": terms.only_failed, "tool": terms.tools, "type": terms.types}
        return next((name for name, is_given in fields.items() if is_given), "")

    def _beyond_the_index(self) -> list[str]:
        """The conditions that candidates may not fulfil yet."""
        if self._source is Source.RUNS and self._terms.words is None:
            return []
        driver = None if self._terms.words else self._terms.alone.get(self._driver())
        return [condition for condition in self._conditions if condition != driver]

    def _of_each(self, column: str, values: list[str], span: str, end: str) -> str:
        """The newest of each value separately: otherwise both engines would sort all rows."""
        self._terms.params |= {f"each_{at}": value for at, value in enumerate(values)}
        parts = (
            f"select id from (select id from log where {column} = :each_{at} and {span}{end})"
            f" as each_{at}"
            for at in range(len(values))
        )
        return f"select id from ({' union all '.join(parts)}) as each_one{end}"

    def _filter(self) -> list[str]:
        terms, is_entry = self._terms, self._source is Source.ENTRIES
        conditions = list(terms.of_entry) if is_entry else []
        if terms.run_ids is not None:
            column = "log.run_id" if is_entry else "run.id"
            conditions.append(terms.any_of(column, "only", terms.run_ids))
        else:
            conditions += terms.of_run
        if not is_entry:
            conditions += [
                f"run.created_at {sign} :{name}"
                for name, sign in (("since", ">="), ("until", "<"))
                if name in terms.params
            ]
        if terms.unwanted:
            conditions.append(self._unwanted(terms.unwanted, "log.id" if is_entry else "run.id"))
        return conditions

    def _unwanted(self, condition: str, key: str) -> str:
        index, table = self._source.index, self._source.table
        if self._reader.dialect == "sqlite" and self._source is Source.ENTRIES:
            # Once for all candidates: reading the index for each of them would take seconds.
            return (
                f"{key} not in (select rowid from {index} where {index} match {condition}"
                " and rowid >= (select min(id) from c) and rowid <= (select max(id) from c))"
            )
        if self._reader.dialect == "sqlite":
            return (
                f"not exists (select 1 from {index} where {index} match {condition}"
                f" and rowid = {key})"
            )
        if self._source is Source.ENTRIES:
            return f"not (log.search @@ {condition})"
        return (
            f"not exists (select 1 from {table} as other where other.{self._source.key} = {key}"
            f" and other.search @@ {condition})"
        )

    def _fitting(self) -> str:
        """The candidates that match.

        One by one: for a join, SQLite would first read the whole table for a Bloom filter, and
        PostgreSQL for a hash table, which the offset prevents.
        """
        offset = " offset 0" if self._reader.dialect == "postgresql" else ""
        tables, keys = "run", ["run.id = c.id"]
        if self._source is Source.ENTRIES:
            # Entries of a run that is still being imported are hidden.
            tables, keys = "log join run on run.id = log.run_id", ["log.id = c.id"]
        conditions = " and ".join([*keys, *self._conditions])
        return f"c where exists (select 1 from {tables} where {conditions}{offset})"
