"""Where the hits of a search lie: ids of log rows or of runs, newest first or by rank.

The newest rows that can fit are taken in parts that grow, and each part is filtered; a part of an
index is read in milliseconds, and between two parts others get their turn.
"""

import time
from enum import Enum
from typing import NamedTuple

from agent_runs.store.database import Reader
from agent_runs.store.search_terms import Terms

WINDOW = 1000
"""So many of the newest hits are ranked."""
# A part of what can fit: at first, and at most.
_PART, _LARGEST_PART = 200, 20_000
# A search that found little goes on with its next page after so long.
_SECONDS = 1.0
# So many rows of a table are looked at one by one, in place of asking PostgreSQL's index.
_SPAN = 20_000
# To look at a row costs about so many times what an entry of that index does.
_WALK_COST = 4
# It takes a word that it knows nothing of to be in half a per cent of all rows.
_FEW = 10_000


class Source(Enum):
    """What is searched: its table, its key there, its index on SQLite, its time."""

    ENTRIES = ("log", "id", "log_fts", "log.ts")
    RUNS = ("run_text", "run_id", "run_fts", "run.created_at")

    def __init__(self, table: str, key: str, index: str, time: str) -> None:
        self.table, self.key, self.index, self.time = table, key, index, time


class Row(NamedTuple):
    """A hit: its key, and its time (milliseconds since 1970) or its rank (the least is best)."""

    key: int
    order: float


class Part(NamedTuple):
    """Hits in order, and the key before which others may lie; 0 when there are none."""

    rows: list[Row]
    before: int


class Rows:
    """The hits in one source.

    Attributes:
        is_empty: nothing of this source is asked for.
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
        self._walks = False

    async def newest(self, before: int, limit: int) -> Part:
        """Return hits before a key, the newest ones first, at most `limit`."""
        before = min(before, self._ceiling)
        if self.is_empty or before <= max(self._floor, 1):
            return Part([], 0)
        reach = max(_PART, 4 * limit) if self._conditions else limit + 1
        await self._choose(reach)
        if self._walks:
            before = await self._below_the_top(before)
        deadline = time.monotonic() + _SECONDS
        found: list[Row] = []
        while True:
            rows, before = await self._part(before, reach, limit + 1 - len(found))
            found += rows
            if len(found) > limit:
                return Part(found[:limit], found[limit - 1].key)
            if before <= max(self._floor, 1):
                return Part(found, 0)
            if time.monotonic() > deadline:
                return Part(found, before)
            reach = min(reach * 8, _LARGEST_PART)

    async def best(self, before: int) -> list[Row]:
        """Return all hits among the newest ones before a key, with their ranks."""
        before = min(before, self._ceiling)
        if self.is_empty or before <= max(self._floor, 1):
            return []
        await self._choose(WINDOW)
        if self._walks:
            before = await self._below_the_top(before)
        rank = "c.rank"
        if self._reader.dialect == "postgresql":
            rank = f"-ts_rank({self._source.table}.search, {self._terms.words})"
        rows = await self._reader.read_heavy(
            f"with c as materialized ({self._candidates(ranked=True)})"
            f" select c.id, {rank} from {self._joined(with_text=True)}",
            self._params(before, WINDOW),
        )
        return [Row(key, order) for key, order in rows]

    async def count(self, most: int) -> tuple[int, bool]:
        """Return how many hits there are, and whether that is only what was counted so far.

        Where nothing is filtered the index alone is asked: while runs are brought in, their entries
        count already.
        """
        if self.is_empty or self._ceiling <= max(self._floor, 1):
            return 0, False
        self._walks = False
        if not self._conditions:
            ((total,),) = await self._reader.read_heavy(
                f"select count(*) from ({self._candidates(ordered=False)}) as c",
                self._params(self._ceiling, most + 1),
            )
            return min(total, most), total > most
        ((seen, total),) = await self._reader.read_heavy(
            f"with c as materialized ({self._candidates()})"
            f" select (select count(*) from c), (select count(*) from {self._joined()})",
            self._params(self._ceiling, _LARGEST_PART),
        )
        return min(total, most), total > most or seen == _LARGEST_PART

    async def top(self) -> int:
        """Return a key that all present ones are smaller than."""
        table, key = self._source.table, self._source.key
        ((newest,),) = await self._reader.read(f"select max({key}) from {table}")
        return min((newest or 0) + 1, self._ceiling)

    async def _below_the_top(self, before: int) -> int:
        return min(before, await self.top())

    async def _part(self, before: int, reach: int, limit: int) -> tuple[list[Row], int]:
        """Return hits of the next part, and where the one after it begins."""
        floor = max(self._floor, before - _SPAN) if self._walks else self._floor
        rows = await self._reader.read_heavy(
            f"with c as materialized ({self._candidates()}), f as ("
            f" select c.id, {self._source.time} as at from {self._joined()}"
            " order by c.id desc limit :limit)"
            " select t.seen, t.lowest, f.id, f.at"
            " from (select count(*) as seen, min(id) as lowest from c) as t"
            " left join f on true order by f.id desc",
            self._params(before, reach, floor) | {"limit": limit},
        )
        seen, lowest = rows[0][:2]
        found = [Row(key, at) for *_, key, at in rows if key is not None]
        if seen == reach:
            return found, lowest
        if self._walks:
            # What is left is found by the index.
            self._walks = False
            return found, floor
        return found, 0

    async def _choose(self, reach: int) -> None:
        """Decide how PostgreSQL finds common words: its index gives all of them or none."""
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
        self._walks = reach * max(total, 1) / expected * _WALK_COST < expected

    def _params(self, before: int, reach: int, floor: int | None = None) -> dict[str, object]:
        bounds = {"before": before, "floor": self._floor if floor is None else floor}
        return {**self._terms.params, **bounds, "reach": reach}

    def _candidates(self, *, ordered: bool = True, ranked: bool = False) -> str:
        """Select the ids of the newest rows that can fit."""
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
            # No index knows what `is true` says, so the rows are looked at in their order.
            return (
                f"select {key} as id from {table} where {key} < :before and {key} >= :floor"
                f" and (search @@ {words}) is true order by {key} desc limit :reach"
            )
        # And none knows sums: in the order of keys, rare words would take a minute.
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
        if self._terms.only_failed:
            return f"select id from log where failed = 1 and {span}{end}"
        for column, values in (
            ("tool_name", self._terms.tools), ("message_type", self._terms.types)
        ):  # fmt: skip
            if values:
                return self._of_each(column, values, span, end)
        return f"select id from log where {span}{end}"

    def _of_each(self, column: str, values: list[str], span: str, end: str) -> str:
        """The newest of each value on its own: no engine would see that it need not sort all."""
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
        if self._reader.dialect == "sqlite":
            index = self._source.index
            return (
                f"not exists (select 1 from {index} where {index} match {condition}"
                f" and rowid = {key})"
            )
        table = self._source.table
        return (
            f"not exists (select 1 from {table} as other where other.{self._source.key} = {key}"
            f" and other.search @@ {condition})"
        )

    def _joined(self, *, with_text: bool = False) -> str:
        """The candidates with what the filter and the order need of them."""
        if self._source is Source.ENTRIES:
            # Entries of a run that is still being brought in are nobody's business.
            joined = "c join log on log.id = c.id join run on run.id = log.run_id"
        else:
            joined = "c join run on run.id = c.id"
            if with_text:
                joined += " join run_text on run_text.run_id = c.id"
        return joined + (f" where {' and '.join(self._conditions)}" if self._conditions else "")
